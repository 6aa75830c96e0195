"""The kernel forwards nothing, or not this packet: a sysctl decides.

``_by_sysctl`` makes the cause of a sysctl that is 0, ``_reverse_path`` that of a link that filters strictly.
"""
