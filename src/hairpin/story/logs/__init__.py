"""Makes entries from logs: ``boots``, ``units`` with ``unit_events``, ``own_units``, ``daemon_log``,
``kernel_log``.
"""
