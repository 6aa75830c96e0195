"""What programs and people write, and what it means: rows of data, one language of patterns, and one index.  Pure.

Read ``rows`` (the form of the files), ``pattern`` (the language; ``errors`` has the errors of the C library),
``meaning`` (an entry of a text), ``catalogue`` (makes the entries of the rows in ``texts/``), ``index`` (finds the
entry for a line), ``starts`` (the meaning of an engine's error about a start), ``hints`` (words of people that point
to a cause) and ``fitted`` (how likely each cause is by all words of a text).

``texts/``: the texts that programs print, one file for each kind of program, and ``refused`` for requests that any of
them refuses as they are written.  ``hints/``: words of people about
restarts and settings (``changes``), ``networks``, ``firewalls``, and where it works and fails (``clients``).
``fitted.tsv``: weights of words, which ``tools/fit_words.py`` writes.  ``errors.words`` and ``phrases.words``: what
patterns name, and sentences that several rows have in common.

To add words by which people describe a fault: they are a row of ``hints/`` (several patterns that must all match, and
the cause to which they point).  A row needs words that people seldom
write about another fault.  A text for each direction is a row of ``tests/suppose/hints/test_hint.py``.  The judge is
``python -m tests.pasted.threads``.
"""
