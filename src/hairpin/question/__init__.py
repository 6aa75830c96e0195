"""The user's question.  This package reads no file and no argument: its callers read files and arguments, and pass the
texts.

Read ``asked`` (what a question names), ``target`` (reads TARGET and WHERE), ``hosts`` (which of several hosts is
meant), ``suggest`` (the nearest of known words),
``standpoints`` (addresses of clients that the user did not name), ``seen_clients`` (the clients that a reading
shows), ``unread_ports`` (links to what was not read), ``namespaces`` (namespaces without a container that a name or an
address means), ``one_network`` (``NAME.NETWORK``), ``starts`` (where flows start),
``flows`` with ``localhost``, ``port_flows``, ``container_flows``, ``pinned_flows``, ``outside_names``,
``held``, ``sharing`` and ``egress`` (which flows a question means), ``outside`` (the stated world), ``question`` (the
whole question in one value).
"""
