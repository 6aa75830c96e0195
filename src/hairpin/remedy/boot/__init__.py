"""Keeps a repair after the next boot, in the host's own way.  Read ``lasting`` first, which decides how each kind of
part is kept.  Then read the modules that keep the parts: ``sysctl_file``, ``kept_rules``, ``kept_nft``, ``unit`` (makes
hairpin's own systemd unit), ``firewalld``, ``engine``, ``container``, ``network_configuration``.  ``compose_file``
edits a compose file's text for a person.
"""
