"""The answer about a host of which only a pasted text tells.

Read ``supposed`` (the parts on which verdicts rest and which no text tells), ``likely`` (likely causes and the next
command) and ``hinted`` (what words and facts of the text point to).
"""
