"""What error texts of engines mean: patterns, and the meaning, the causes and the repair that belong to them.

Causes read it where an engine says why something did not start.  ``explain`` reads it, too, and adds the texts of all
other programs.  Read ``strerror`` (errors in the words of other languages), ``pattern``, ``meaning`` (an entry),
``index`` (the entry of a line), ``engine_starts`` and ``container_starts`` (the entries), and ``told`` (what an
engine's own words about a start mean).
"""
