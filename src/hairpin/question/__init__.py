"""The user's question.  This package reads no file and no argument: its callers read files and arguments, and pass the
texts.

Read ``asked`` (what a question names), ``target`` (reads TARGET and WHERE), ``hosts`` (which of several hosts is
meant), ``suggest`` (the nearest of known words),
``standpoints`` (addresses of clients that the user did not name), ``seen_clients`` (the clients that a reading
shows), ``unread_ports`` (links to what was not read), ``namespaces`` (namespaces without a container, and guests of
virtual machines, that a name or an address means), ``starts`` (where flows start),
``flows`` with ``port_flows``, ``container_flows``, ``pinned_flows``, ``outside_names``,
``held`` and ``egress`` (which flows a question means), ``outside`` (the stated world), ``question`` (the
whole question in one value), ``reach`` (what a person expects), ``tables`` (the files that a person writes).

To add a form of TARGET or of ``--from``
----------------------------------------
``target.py`` parses it (its grammar stands at the top) into a ``Target`` or an ``Origin`` of ``asked.py``.  A name that
the host must resolve is looked up in ``starts.py`` (where the flow starts) or ``flows.py`` (where it goes); guests and
namespaces without a container in ``namespaces.py``.  No type checker names these places: the help text in
``cli/face/options.py``, the completion in ``cli/face/completion.py``, the description for agents in
``cli/tools/arguments.py``, and docs/asking.md.
"""
