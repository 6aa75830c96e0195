"""What keeps a repair after the next boot, in the host's own way.

Read ``lasting`` (what keeps each kind of part), ``at_boot`` and ``of_today`` (what no file may hold), and then who
keeps it: ``sysctl_file``, ``kept_rules``, ``kept_nft``, ``unit`` (of hairpin's own; ``loopback`` is the one for public
addresses), ``firewalld``, ``engine``, ``container``, ``network_configuration`` (``networkd_file``).  ``owned_files``
leaves to their owners what other programs write, ``compose_file`` edits text for a person.
"""
