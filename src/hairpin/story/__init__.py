"""The story of a host: the changes that its traces show, in order of time.  The changes concern boots, units, engines,
firewalls, packages, files and people.  Pure: the traces are readings of the evidence.

Read ``entry`` (the types), ``timeline`` (the story of hosts) and ``traces`` (one host's logs, with ``clock`` and
``line``). ``logs/``, ``commands/``, ``files`` with ``file_times``, ``containers`` with ``inspected``, and ``networks``
make entries from the traces. Then read ``actors`` (the actor of each entry), ``missing`` (missing traces),
``narrowing`` (the part of a story after ``--since`` and about the asked targets) and ``blame`` (finds, by walks, the
entries that made a cause).

To teach the story an event
---------------------------
If the event is a program's own command (``ufw reload``), the command needs its words in ``story/commands/deeds.py``.
That file may know the command already. If the command is in ``_CHANGING``, it counts as unknown: move its words to a
function of ``_PROGRAMS``. If ``named_units`` reads the command as a restart of units, as for ``netplan apply``, change
that function. In each case ``tests/story/commands/test_deeds.py`` has a row for the command.

- The event's ``units`` and ``verbs`` are the acts on units that the story reads as this event, and its ``packages``
  are the upgrades. ``tests/events/test_events.py`` checks the lists ``TRACE_PACKAGES``, ``TRACE_COMMANDS``,
  ``TRACE_UNITS`` and ``units`` in ``collect/collect.sh``. No test checks these further lists there:
  ``trace_firewalls`` (the errors of a unit), ``SYSLOG_WORDS`` (the program's own lines, on a host without a journal),
  ``changed_files`` (the program's files), and ``packages`` if code needs the program's version.
- A new unit needs a row in ``_DESCRIBED`` of ``story/logs/units.py``: its description, because older systemd logs the
  description instead of the name. If the unit programs rules, add it to ``_FIREWALLS`` in the same file. Also add it
  to ``_PACKAGES`` of ``unit_events.py`` in the same folder. Add its name to ``evidence/redact_own.py``, or
  ``--redact`` renames the unit. No test names these places.
- Upgrades are tested in ``tests/story/commands/test_packages.py``.
- If the event cannot happen twice on a host, as ``ufw-enable``, add a row to ``_AGAIN`` in ``story/blame.py``.
"""
