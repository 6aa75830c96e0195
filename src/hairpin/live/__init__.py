"""Reads facts of the live host that a snapshot does not contain.

Read ``connection`` (makes a real connection of an asked flow, at the place where the flow starts) and ``set_elements``
(asks the kernel for elements of sets that are too long to be listed).
"""
