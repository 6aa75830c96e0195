"""Reads network namespaces of this host by netlink and /proc, without starting a program in them.

The readings have the same keys, and texts of the same form, as those that ``collect.sh`` makes there.  A namespace, or
a part of it, for which a tool knows more is left to ``collect.sh``: see :class:`channel.NotOrdinaryError` and ADR 0049.

Read ``channel`` (messages and dumps), ``interfaces`` (links and addresses), ``routing`` (routes, rules, neighbours),
``files`` (sysctls and files of /proc/net) and ``insides`` (all
readings of each namespace, in a thread that enters it).
"""
