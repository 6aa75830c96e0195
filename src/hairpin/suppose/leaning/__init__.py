"""Points for and against each frequent cause, from the features of a text.

Read ``features`` (the features: which failure, where it fails and where it works, which programs the text names),
``table`` (for each cause, the features that speak for it and against it) and ``leaning`` (the sums of points).
"""
