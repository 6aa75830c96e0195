"""The command line: one file for each command, without logic.

Read ``main`` (starts the commands), ``face/`` (options and output), ``material`` (the evidence that a command reads),
``answering`` (from a question to its answer), ``living`` (the same with real packets), ``since`` (finds when and by
whom a cause was made), ``keeping`` (snapshots for ``diff --last-good``), ``plans/`` (plans of repairs), ``guarding/``
(a running guard), and then the commands: ``check``, ``walk``, ``prove``, ``events``, ``fix``, ``restore``, ``undo``,
``explain``, ``diff``, ``expect``, ``guard``, ``story``, ``snapshot``, ``ask``, ``mcp`` (its tools are in ``tools/``),
``plugin``, ``lab``, ``demo``. ``docker/``: hairpin as a plugin of the docker command.
"""
