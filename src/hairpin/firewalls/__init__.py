"""Computes the tables that firewalld makes from the files of its permanent configuration.

Read ``permanent`` (the types), ``permanent_files`` (reads the files) and ``firewalld_nft`` (the entry: the table that
the nftables back end makes).  ``firewalld_nft`` uses ``chain_sets`` (the chains of zones and policies),
``zone_dispatch`` (how firewalld 1.0 to 1.3 dispatches packets to these chains), ``pair_dispatch`` (how firewalld 2.0 to
2.4 does), ``stage_dispatch`` (how firewalld 2.5 does), ``rich_rules`` (the rules in these chains) with
``service_rules``, ``fragments`` (statements in libnftables' JSON), ``draft`` (the place of a rule).  ``chain_owner``
says which zone or policy a chain of a table belongs to, ``let_in`` to which clients alone a manager opens a port.
"""
