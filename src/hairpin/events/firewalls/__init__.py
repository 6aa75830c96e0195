"""The rules of a host are flushed and loaded.

Read ``iptables`` (what a flush, a restore and an added rule do to tables), ``nftables`` (nft loads a script, or flushes
the ruleset), ``ufw``, ``firewalld`` with its model ``_firewalld`` (it stops and starts) and ``_zones`` (links are bound
to its zones), and ``fail2ban``.
"""
