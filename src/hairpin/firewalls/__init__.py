"""What a manager of the firewall makes of its permanent configuration: files in, tables out.

firewalld: ``permanent`` (the types), ``permanent_files`` (reads them), ``firewalld_nft`` (the entry: the table that the
nftables back end makes), ``opened`` (a zone's or a policy's rules) with ``rich_rules`` and ``service_rules``,
``ipset_text``, ``fragments`` (libnftables' words), ``rule_line`` and ``draft`` (where a rule goes), ``bindings`` (links
that are bound at run time), ``direct_rules`` (those of iptables).
"""
