"""A firewall manager's permanent configuration as tables: files in, tables out.

firewalld: ``permanent`` (the types), ``permanent_files`` (reads them), ``firewalld_nft`` (the entry: the table that the
nftables back end makes).  Behind it: ``chain_sets`` (the chains of zones and policies), ``zone_dispatch`` (what leads
to them in 1.0 to 1.3), ``pair_dispatch`` (since 2.0), ``opened`` (their rules) with ``rich_rules`` and
``service_rules``, ``fragments`` (libnftables' words), ``rule_line`` and ``draft`` (where a rule goes).
Beside it: ``bindings`` (links that are bound at run time), ``direct_rules`` (those of iptables).
"""
