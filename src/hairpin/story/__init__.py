"""What happened to a host, in order of time, as far as its own traces tell: boots, units, engines, firewalls, packages,
files, people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts), ``traces`` (one host's logs, by ``clock`` and ``line``).
Who tells what: ``boots``, ``clock_jumps``, ``units`` with ``unit_events``, ``own_units`` and ``transient_units``,
``engine_log``, ``firewall_log``, ``kernel_log``, ``packages`` with ``package_scripts`` and ``apt_hooks``, ``files``
with ``file_times``, ``containers`` with ``inspected``, ``people``, ``cron`` and ``audit`` with ``deeds`` (what a
command does) and ``simple_commands`` (of which it consists).  Then ``actors`` (through whom), ``missing`` (what was not
seen), ``window`` (``--since``), ``narrowing`` (the asked targets), ``blame`` (which entries made a cause, told by
walking).
"""
