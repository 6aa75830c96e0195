"""The meaning of an error text or a log line, and whether it is true on this host now.  Pure.

A front end calls ``understand``, then ``explain_texts``.  Read ``line`` (a log's line as words, and who its prefix says
printed it), ``lookup`` (the entry of the ``catalogue/`` that a line means; patterns and entries are of
``hairpin.texts``), ``named`` (ports and addresses in it), ``understand`` (all lines, folded), ``sender`` (the host or
the container that printed a text), ``separation`` (what is kept apart on purpose), ``named_flows`` (those that a text
is about and that fail, and the error that their sender sees), ``readings`` (states that no packet shows), ``as_far``
(what the hosts say if the sender is not known), ``here`` (whether it is true) and ``explain`` (the entry point).
"""
