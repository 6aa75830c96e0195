"""Sees what became of a packet: ``tap`` (captures), ``counters`` (of rules), ``snmp`` and ``drops`` (of the kernel),
``half_open``; ``verdict`` puts them together.
"""
