"""From a proven cause to its remedy: steps that repair now, and steps that keep the repair in the host's own way.

Read ``remedy`` (what it is), ``plan`` (makes it), ``lasting`` (what keeps each kind of part), and then who keeps it:
``sysctl_file``, ``kept_rules``, ``firewalld``, ``engine``, ``container``, ``network_configuration``.  ``effects``
holds a remedy against the ``other_flows`` of its host.
"""
