"""The answer about a host of which only a pasted text tells, or that a user without root has read.

Read ``supposed`` (the parts on which verdicts rest and which no text tells), ``likely`` (likely causes and the next
command) and ``hinted`` (what words and facts of the text point to)
with ``next_reading`` (what to run next); without root: ``without_root`` (which verdicts and
causes rest on what was read).
"""
