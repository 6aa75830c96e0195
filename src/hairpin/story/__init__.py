"""The events of a host in order of time, as far as its traces show them: boots, units, engines, firewalls, packages,
files, people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts), ``traces`` (one host's logs, by ``clock`` and ``line``).
The sources: ``logs/``, ``commands/``, ``files`` with ``file_times``, ``containers`` with ``inspected``.  Then
``actors`` (the actor of each entry), ``missing`` (missing traces), ``narrowing`` (``--since`` and the asked targets),
``blame`` (the entries that made a cause, decided by walks).
"""
