"""What holds after a reboot, as files and units say it.

Read ``sysctl_files`` (which file sets a sysctl), ``rule_keeper`` (who keeps the rules), ``saved_rules`` (edits of the
texts that they keep), ``generated`` (which files another program writes), ``daemon_json`` (edits of dockerd's),
``configured_gateway`` (which router its files name), ``configured_address`` (which addresses), ``unit_lines`` (what a
unit of systemd says), ``ifupdown``, ``ifcfg`` (RHEL's), ``systemd_network`` and ``keyfile`` (NetworkManager's) with
``link_settings`` (what the files of each manager give to a link), ``daemon_sysctls`` (which daemon sets a sysctl at its
start), ``configured`` (whether a setting is written down, and where).
"""
