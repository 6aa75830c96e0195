"""The links of a host, and what configures them.

Read ``link`` (one is bounced, or another card comes in its place), ``dhcp`` (what the network gives to a link),
``router_advertisement`` (what a router gave ends) and ``managers`` (the programs that configure links restart).  The
managers' models: ``_ifupdown``, ``_ifcfg`` (RHEL's scripts), ``_networkd`` and ``_networkmanager``; ``_ip`` says what
ip(8) does.
"""
