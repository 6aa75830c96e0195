"""The command line: one file a command, no logic.

Read ``main`` (starts the commands), ``later`` (what is not there yet), ``asked`` (what options say, as values),
``groups`` (of options, in the help), ``completion`` (values that a shell completes), ``options`` (what several commands
share), ``environment`` and ``material`` (what a command works on), ``output`` (where results and errors go),
``present`` (an answer in the form that was asked for), ``progress`` (what takes so long), ``abreast`` (work on all
processors), ``disputes`` (disagreements kept as files), ``answering`` (from a question to its answer), ``since`` (asks
the traces about a cause), ``telling`` (how a plan stands), ``applying`` (a plan carried out), ``elsewhere`` (on other
hosts), ``way_in`` (the user's own connection while that is done), ``compose_files`` (of its containers), ``keeping``
(snapshots for ``diff --last-good``), ``half_done`` (one that was interrupted), and then the commands: ``check``,
``walk``, ``prove``, ``events``, ``fix``, ``restore``, ``undo``, ``explain``, ``diff``, ``story``, ``snapshot``,
``lab``, ``demo``.
"""
