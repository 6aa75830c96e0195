"""Watches packets: ``tap`` (captures), ``counters`` (of rules), ``drops`` (the kernel's drop reasons), ``proc_net``
(the kernel's other counters, and half-open connections), ``departures`` (packets that left the hosts).  ``verdict``
decides the verdict from all of these.
"""
