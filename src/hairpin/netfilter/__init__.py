"""Netfilter rules: one intermediate representation, its readers, its evaluation.

Read ``ir`` (the rules) with ``limit`` (limits whose state the kernel lists), ``packet`` (the properties of a packet
that rules can match) and ``evaluate`` (rules applied to a packet) first.  Rules are read by ``iptables``, ``nft``,
``ebtables`` and ``ipset``.  The words that these readers share are in ``address``, ``rule_address``,
``interface_name``, ``protocols`` and ``tool_version``.  ``meaning`` tells whether two rules mean the same, ``mss``
which segment size a rule sets, ``sources`` which sources a rule compares, and ``tracking`` which rules switch
connection tracking on.  ``collection`` switches Python's garbage collector off while rules are read.
"""
