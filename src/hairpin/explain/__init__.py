"""The meaning of an error text or a log line, and whether it is true on this host now.  Pure.

A front end calls ``understand``, then ``explain_texts``.  Read ``line`` (a log's line as words, and the printer in its
prefix), ``lookup`` (finds a line's entry of the ``catalogue/``; ``hairpin.texts`` has the types), ``named`` (ports and
addresses in it), ``understand`` (all lines, folded), ``sender`` (the host or the container that printed a text),
``separation`` (intended isolation), ``named_flows`` (failing flows that a text is about, and their senders' errors),
``readings`` (states that no packet shows), ``as_far`` (the hosts' answer if the sender is unknown), ``here`` (whether a
text is true) and ``explain`` (the entry point).
"""
