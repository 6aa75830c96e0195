"""Formats of iproute2, /proc/net and /sys: a file for each document, JSON and text apart.

``address_text``, ``dsfield`` and ``route_tables`` read words that several documents have.  Then the documents:
``links_json`` and ``links_text``, ``bridge_json``, ``bridge_text`` and ``bridge_ports`` (joined to the links),
``routes_json`` and ``routes_text``, ``kernel_neighbours`` (entries that are left out), ``rules_json`` and
``rules_text``, ``sysctl_text``, ``traffic_control`` with ``tc_filters``, ``sockets_text`` and ``proc_net`` (where there
is no ss), ``conntrack_text``, ``wireguard_text``, ``ipvs_text``, ``limits_text``, ``counters_text``.
"""
