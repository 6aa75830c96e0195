"""Makes entries from logs: ``boots``, ``units`` with ``unit_events``, ``daemon_log``,
``kernel_log``.
"""
