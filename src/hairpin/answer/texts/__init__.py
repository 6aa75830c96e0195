"""Whether an error text or a log line is true on this host now.  Pure.

A front end calls ``understand`` of ``hairpin.explain``, then ``explain_texts``.  Read ``sender`` (the host or container
that printed a text), ``named_flows`` (failing flows that a text is about, and
their senders' errors), ``as_far`` (the hosts' answer if the sender is unknown), ``here`` (whether a text is true) and
``explain`` (the entry point).
"""
