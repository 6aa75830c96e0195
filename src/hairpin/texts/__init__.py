"""The meanings of engines' error texts: patterns of texts, each with its meaning, its causes and its repair.

Causes look up an engine's error about a failed start here.  ``explain`` uses these entries, too, and adds entries for
the texts of all other programs.  Read ``strerror`` (errors in the words of other languages), ``pattern``, ``meaning``
(an entry), ``index`` (finds the entry for a line), ``engine_starts``, ``network_starts`` and ``container_starts``
(the entries), and ``told`` (the meaning of an engine's error about a start).
"""
