"""Finds the meaning of an error text or a log line, and tells whether it is true on this host now.  Pure.

A front end calls ``understand``, then ``explain_texts``.  Read ``line`` (a log's line as words, and the speaker in its
prefix), ``lookup`` (finds the entry of ``catalogue/`` for a line; ``hairpin.texts`` has the types), ``nearest`` (known
texts that share words with a line without an entry), ``named`` (ports and addresses in a line), ``understand`` (all
lines, equal lines once), ``sender`` (the host or container that printed a text), ``named_flows`` (failing flows that a
text is about, and their senders' errors), ``readings`` (states that no packet shows), ``as_far`` (intended isolation,
and the hosts' answer if the sender is unknown), ``here`` (whether a text is true) and ``explain`` (the entry point).
``told_errors`` is used after ``ask``: it names the causes of the errors that a pasted text quotes.  ``logged`` is used
after ``ask``, too: it adds to the causes what their containers' logs say.
"""
