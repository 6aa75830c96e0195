"""A sysctl keeps the kernel from forwarding, or from accepting this packet's source.

``_by_sysctl`` makes the cause of a sysctl that is 0, ``_reverse_path`` that of a link that filters strictly.
"""
