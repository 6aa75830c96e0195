"""What logs tell: ``boots``, ``clock_jumps``, ``units`` with ``unit_events``, ``own_units`` and ``transient_units``,
``engine_log``, ``firewall_log``, ``kernel_log``.
"""
