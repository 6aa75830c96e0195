"""The links of a host, and the programs that configure them.

Read ``link`` (a link is bounced, or a card is replaced), ``dhcp`` (leases of a link), ``router_advertisement``
(advertised lifetimes end) and ``managers`` (the programs that configure links restart).  The managers' models:
``_ifupdown``, ``_ifcfg`` (RHEL's scripts), ``_networkd`` and ``_networkmanager``; ``_ip`` models ip(8).
"""
