"""A table of the kernel is full, or an entry of one decides what becomes of the flow.

``_entries`` names the entries of a connection table by what most of them have in common.
"""
