"""Netfilter rules: one intermediate representation, its readers, its evaluation.

Read ``ir`` (the rules) with ``limit`` (limits whose state the kernel lists), ``packet`` (what rules can see) and
``evaluate`` (rules over a packet).  The readers: ``iptables``, ``nft``, ``ebtables``, ``ipset``, with ``address``,
``rule_address``, ``interface_name``, ``protocols`` and ``tool_version`` for the words that they share.  ``meaning``:
whether two rules mean the same.  ``mss``: the segment size that a rule sets.  ``tracking``: the rules that switch
connection tracking on.  ``collection``: Python's garbage collector while rules are read.
"""
