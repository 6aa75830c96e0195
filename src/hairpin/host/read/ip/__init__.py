"""Formats of iproute2, /proc/net and /sys: a file for each document, with separate files for JSON and for text.

``address_text`` and ``route_tables`` read words that occur in several documents.  The documents:
``links_json`` and ``links_text``, ``bridge_json`` and ``bridge_text``, ``routes_json`` and ``routes_text``,
``rules_json`` and ``rules_text``, ``traffic_control`` with ``tc_filters``, ``sockets_text``, ``conntrack_text``,
``wireguard_text``, ``xfrm_text``, ``proc_text`` (sysctls, limits, counters, IPVS).
"""
