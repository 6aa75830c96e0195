"""The story of a host: the changes that its traces show, in order of time.  The changes concern boots, units, engines,
firewalls, packages, files and people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts) and ``traces`` (one host's logs, with ``clock`` and
``line``).  ``logs/``, ``commands/`` and ``containers`` with ``inspected`` make entries from the traces, and
``timeline`` makes those of changed files.  ``guarded`` has what a guard kept.  Then read ``actors`` (the actor of each
entry), ``missing`` (missing traces), ``narrowing`` (the part of a story after ``--since`` and about the asked targets)
and ``blame`` (finds, by walks, the entries that made a cause).

To teach the story an event
---------------------------
If the event is a program's own command (``ufw reload``), the command needs its words in ``story/commands/deeds.py``.
That file may know the command already. If the command is in ``_CHANGING``, or in a row of ``programs.py`` with its
words, its effect counts as unknown: move its words to a function of ``_PROGRAMS``. If ``named_units`` reads the
command as a restart of units, as for ``netplan apply``, change that function. In each case
``tests/story/commands/test_deeds.py`` has a row for the command.

- The event's ``units`` and ``verbs`` are the acts on units that the story reads as this event, and its ``packages``
  are the upgrades. Tests check the lists of ``collect/collect.sh`` against the events and against the rows of
  ``programs.py``. No test checks two further lists there: ``SYSLOG_WORDS`` (the program's own lines, on a host without
  a journal) and ``changed_files`` (its files).
- A new unit belongs to the row of its program in ``programs.py``.
- Upgrades are tested in ``tests/story/commands/test_packages.py``.
- If the event cannot happen twice on a host, as ``ufw-enable``, add a row to ``_AGAIN`` in ``story/blame.py``.
"""
