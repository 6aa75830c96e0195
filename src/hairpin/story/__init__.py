"""The events of a host in order of time, as far as its traces show them: boots, units, engines, firewalls, packages,
files, people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts), ``traces`` (one host's logs, by ``clock`` and ``line``).
Who tells what: ``logs/``, ``commands/``, ``files`` with ``file_times``, ``containers`` with ``inspected``.  Then
``actors`` (through whom), ``missing`` (what was not seen), ``narrowing`` (``--since`` and the asked targets), ``blame``
(which entries made a cause, told by walking).
"""
