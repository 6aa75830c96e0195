"""The command line: one file a command, no logic.

Read ``main`` (starts the commands), ``face/`` (what is asked and how it is shown), ``material`` (what a command works
on), ``answering`` (from a question to its answer), ``abreast`` (work on all processors), ``since`` (asks the traces
about a cause), ``keeping`` (snapshots for ``diff --last-good``), ``plans/`` (carried out and taken back), and then the
commands: ``check``, ``walk``, ``prove``, ``events``, ``fix``, ``restore``, ``undo``, ``explain``, ``diff``, ``story``,
``snapshot``, ``lab``, ``demo``.
"""
