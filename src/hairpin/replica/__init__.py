"""The second judge: a snapshot's network in throw-away namespaces on the running kernel, and the real packet in it.

Read in this order: ``judgement`` (what is asked and what is said: types that others read), ``blueprint`` (what is to be
built, as data), ``links``, ``addresses``, ``routes``, ``sysctls``, ``rules``, ``services``, ``world`` (which make it of
a network), ``netns`` (namespaces without names), ``build`` (carries a blueprint out), ``tap``, ``drops``, ``counters``
(what is watched), ``serving`` and ``client`` (who answers, who asks), ``verdict`` (what became of the packet),
``worker`` (one replica's process), ``judge`` (what others call).  ``judges/`` compares its word with the walk's.
"""
