"""The answer about a host that is known only from a pasted text, or that was read without root.

Read ``supposed`` (the supposed parts on which verdicts rest) with ``stated`` (the flows and verdicts that fit a stated
outcome), ``likely`` (likely causes and the next command) and
``hinted`` (causes to which words and facts of the text point) with ``next_reading`` (the commands to run next) and
``already_pasted`` (commands whose outputs the text has).
``told_errors``: the errors that a text quotes, as likely causes.  ``by_words``: the chances that words alone give to
each cause.  ``against``: the stated outcomes that speak against a cause.  ``without_root``: the verdicts and causes
that rest only on readings.
"""
