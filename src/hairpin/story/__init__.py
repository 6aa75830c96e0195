"""The story of a host: the changes that its traces show, in order of time.  The changes concern boots, units, engines,
firewalls, packages, files and people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts) and ``traces`` (one host's logs, with ``clock`` and
``line``). ``logs/``, ``commands/``, ``files`` with ``file_times``, ``containers`` with ``inspected``, and ``networks``
make entries from the traces. Then read ``actors`` (the actor of each entry), ``missing`` (missing traces),
``narrowing`` (the part of a story after ``--since`` and about the asked targets) and ``blame`` (finds, by walks, the
entries that made a cause).
"""
