"""Settings that persist over a reboot, from files and units.

Read ``sysctl_files`` (which file sets a sysctl), ``rule_keeper`` (the program that keeps the rules, and its files that
the next boot cannot load), ``saved_rules`` (edits of that program's files), ``generated`` (files that another program
writes), ``daemon_json`` (edits of dockerd's file), ``containers_conf`` (lines of Podman's files),
``configured_address`` (the addresses and the router in the host's files),
``ifupdown``, ``ifcfg`` (RHEL's files), ``systemd_network`` and ``keyfile`` (NetworkManager's files) with
``link_settings`` (each manager's settings of a link), ``daemon_start`` (how a stopped engine is started),
``daemon_sysctls`` (which daemon sets a sysctl at its start), ``configured`` (the file or option that has a setting).
"""
