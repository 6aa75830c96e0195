"""Keeps a repair over the next boot, in the host's own way.  Read ``lasting`` (how each kind of part is kept), and then
the keepers: ``sysctl_file``, ``kept_rules``, ``kept_nft``, ``unit`` (hairpin's own), ``firewalld``, ``engine``,
``container``, ``network_configuration``.  ``compose_file`` edits text for a person.
"""
