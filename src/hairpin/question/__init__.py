"""The user's question.  Pure: the callers read files and arguments, and pass the texts.

Read ``asked`` (the parts of a question), ``target`` (reads TARGET and WHERE), ``hosts`` (which of several hosts is
meant), ``elsewhere`` (ports that another host publishes, too), ``suggest`` (the known words nearest to a word),
``standpoints`` (the clients that a host has), ``starts`` (where flows start), ``flows`` with ``port_flows``,
``container_flows``, ``held`` and ``egress`` (which flows a question means), ``outside`` (the stated world), and
``question`` (the whole question as one value).
"""
