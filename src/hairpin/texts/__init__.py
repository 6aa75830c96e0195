"""The meanings of engines' error texts: patterns of texts, each with its meaning, its causes and its repair.

Causes look up an engine's error about a failed start here.  ``explain`` uses these entries, too, and adds entries for
the texts of all other programs.  Read ``pattern``, ``meaning`` (an entry), ``index`` (finds the entry for a line) and
``starts`` (the entries, and the meaning of an engine's error about a start).
"""
