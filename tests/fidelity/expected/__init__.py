"""The walk's side of a case.

Read in this order: ``expectations`` (the ways that the walk says a packet can go; it opens the walk's door, door.py),
``branches`` (one such way), ``rule_hits`` (the rules that a packet satisfied, and the kernel's counters),
``drawn_ports`` (ports that the kernel drew, of which only some are seen).
"""
