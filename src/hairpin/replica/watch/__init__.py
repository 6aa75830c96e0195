"""Watches packets: ``tap`` (captures), ``counters`` (of rules), ``snmp`` and ``drops`` (of the kernel), ``half_open``
(connections), ``departures`` (packets that left the hosts).  ``verdict`` puts them together.
"""
