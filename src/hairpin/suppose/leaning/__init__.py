"""Points for and against each frequent cause, from the features of a text.

Read ``features`` (the features: which failure, where it fails and where it works, which programs the text names) and
``leaning`` (the sums of points).  ``hairpin.words.leans`` has the rows of both.
"""
