"""The command line: one file a command, no logic.

Read ``main`` (starts the commands), ``options`` (what several commands share), ``environment`` and ``material`` (what a
command works on), ``output`` (where results and errors go), ``disputes`` (disagreements kept as files), ``not_yet``
(what is promised), and then the commands: ``check``, ``walk``, ``prove``, ``snapshot``, ``lab``, ``demo``.
"""
