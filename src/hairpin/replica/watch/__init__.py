"""Watches packets: ``tap`` (captures), ``counters`` (of rules), ``drops`` (of the kernel), ``proc_net`` (its other
counters, and half-open connections), ``departures`` (packets that left the hosts).  ``verdict`` draws the verdict from
all of them.
"""
