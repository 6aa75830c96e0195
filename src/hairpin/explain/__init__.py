"""What an error text or a log line means, and whether it is true on this host now.  Pure.

A front end calls ``understand``, then ``explain_texts``.  Read ``line`` (a log's line as words), ``strerror`` (errors
in the words of other languages), ``pattern``, ``meaning`` (an entry of the ``catalogue/``), ``lookup`` (the entry of a
line), ``named`` (ports and addresses in it), ``understand`` (all lines, folded), ``here`` (whether it is true) and
``explain`` (the entry point).
"""
