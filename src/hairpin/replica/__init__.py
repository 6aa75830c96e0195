"""The second judge: a snapshot's network in throw-away namespaces on the running kernel, and the real packet in it.

Read in this order: ``judgement`` (question and answer: the types that others read); ``blueprint`` (what is built, as
data); ``links``, ``segments``, ``tunnels``, ``addresses``, ``routes``, ``sysctls``, ``rules``, ``services``, ``world``,
``between`` (they make the blueprint of a network); ``netns`` (namespaces without names); ``build`` (carries a blueprint
out); ``tap``, ``drops``, ``counters`` (what is watched); ``serving`` and ``client`` (servers and the client of a flow);
``departures``, ``verdict`` (what became of the packet); ``worker`` (one replica's process); ``judge`` (what others
call).  ``judges/`` compares a replica's answer with the walk's.
"""
