"""The rules of a host are flushed and loaded.

Read ``iptables`` (how a flush, a restore and an added rule change the tables), ``nftables`` (nft loads a script, or
flushes the ruleset), ``ufw``, ``firewalld`` with its model ``_firewalld`` (firewalld stops and starts) and ``_zones``
(links are bound to firewalld's zones), and ``fail2ban``.
"""
