"""What keeps a repair after the next boot, in the host's own way.

Read ``lasting`` (what keeps each kind of part), and then who keeps it: ``sysctl_file``, ``kept_rules``, ``kept_nft``,
``unit`` (of hairpin's own), ``firewalld``, ``engine``, ``container``, ``network_configuration``.  ``compose_file``
edits text for a person.
"""
