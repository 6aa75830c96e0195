"""Netfilter rules: one intermediate representation, its readers, its evaluation.

Read ``ir`` (the rules) with ``limit`` (limits whose state the kernel lists), ``packet`` (what rules can see) and
``evaluate`` (rules over a packet).  The readers: ``iptables``, ``nft``, ``ebtables``, ``ipset``, with ``address``,
``rule_address``, ``interface_name``, ``protocols`` and ``tool_version`` for the words that they share.  ``meaning``
says when two rules are the same, ``mss`` which segment size a rule sets, ``tracking`` which rules switch connection
tracking on.
"""
