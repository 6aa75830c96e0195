"""A sysctl keeps the kernel from forwarding, or from accepting this packet's source.

``_by_sysctl`` makes the causes about a sysctl that is 0, ``_reverse_path`` those about strict reverse-path filtering.
"""
