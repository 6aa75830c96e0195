"""From a proven cause to what a person does about it: now, and for good the host's own way.

Read ``remedy`` (what it is), ``plan`` (makes it), ``lasting`` (what keeps each kind of part), and then who keeps it:
``sysctl_file``, ``kept_rules``, ``firewalld``, ``engine``, ``container``, ``network_configuration``.
"""
