"""Finds the meaning of an error text or a log line.  Pure.

Read ``line`` (a log's line as words, and the speaker in its prefix), ``lookup`` (finds the entry of ``catalogue/`` for
a line; ``hairpin.words`` has the types), ``nearest`` (known texts that share words with a line without an entry),
``named`` (ports and addresses in a line), ``understand`` (all lines, equal lines once) and ``readings`` (states that no
packet shows).  ``hairpin.answer.texts`` tells whether a text is true on a host.
"""
