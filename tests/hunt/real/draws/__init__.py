"""The commands of the real hunt, by kind.  Each draw returns a shell command for its place, or nothing.

``entries`` (addresses, routes, ``ip rule``, neighbours, forwarding entries), ``rules`` (iptables, nft, ebtables, ufw,
firewalld), ``values`` (sysctls), ``links`` (flags, sizes, bridge ports, queueing disciplines), ``programs`` (processes,
connection tracking, the engine's options, re-creation).
"""
