"""What programs and people write, and what it means: rows of data, one language of patterns, and one index.  Pure.

Read ``rows`` (the form of the files), ``pattern`` (the language; ``errors`` has the errors of the C library),
``meaning`` (an entry of a text), ``catalogue`` (makes the entries of the rows in ``texts/``), ``index`` (finds the
entry for a line) and ``starts`` (the meaning of an engine's error about a start).

``texts/``: the texts that programs print, one file for each kind of program.  ``errors.words`` and ``phrases.words``:
what patterns name.
"""
