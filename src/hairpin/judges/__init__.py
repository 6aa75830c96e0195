"""Who confirmed what: the walk's verdicts held against a replica's (``agreement``, ``this_kernel``), a disagreement
kept as a file (``disagreement``), one flow for ``prove`` (``proof``), a whole answer for ``check``
(``replicated``).
"""
