"""Looks at the live host beyond what a snapshot reads.

Read ``connection`` (a real connection of an asked flow, from where it starts) and ``set_elements`` (asks the kernel for
elements of sets that are too long to be listed).
"""
