"""Computes the tables that firewalld makes from the files of its permanent configuration.

Read ``permanent`` (the types), ``permanent_files`` (reads the files) and ``firewalld_nft`` (the entry: the table that
the nftables back end makes).  ``firewalld_nft`` uses ``chain_sets`` (the chains of zones and policies),
``zone_dispatch`` (how firewalld 1.0 to 1.3 dispatches packets to these chains), ``pair_dispatch`` (how firewalld 2.0
to 2.4 does), ``stage_dispatch`` (how firewalld 2.5 does), ``opened`` (the rules in these chains) with ``rich_rules``
and ``service_rules``, ``fragments`` (statements in libnftables' JSON), ``rule_line`` and ``draft`` (the place of a
rule).  ``chain_owner`` says which zone or policy a chain of a table belongs to.  ``bindings`` is about links that are
bound at run time, and ``direct_rules`` about direct rules, which firewalld adds with iptables.
"""
