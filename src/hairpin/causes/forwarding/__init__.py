"""A sysctl keeps the kernel from forwarding the packet, or from accepting the packet's source address.

``_by_sysctl`` makes the causes about a sysctl that is 0.  ``_reverse_path`` makes the causes about strict reverse-path
filtering.
"""
