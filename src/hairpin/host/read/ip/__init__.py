"""Formats of iproute2, /proc/net and /sys: a file for each document, JSON and text apart.

``address_text``, ``dsfield`` and ``route_tables`` read words that several documents share.  The documents:
``links_json`` and ``links_text``, ``bridge_json`` and ``bridge_text``, ``routes_json`` and ``routes_text``,
``rules_json`` and ``rules_text``, ``traffic_control`` with ``tc_filters``, ``sockets_text``, ``conntrack_text``,
``wireguard_text``, ``proc_text`` (sysctls, limits, counters, IPVS).
"""
