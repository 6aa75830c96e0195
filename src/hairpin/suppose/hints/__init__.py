"""Hints: causes to which a text points, although no part of an ordinary host shows them.  Pure.

Read ``hint`` (finds the rows of ``hairpin.words.hints``) and ``deciding`` (commands). These modules find hints in
facts: ``told_facts`` and ``told_ways`` (told parts together with stated outcomes), ``told_names`` (containers that
have ended, and names that nobody has), ``told_reach`` (the asked port or name together with words), ``typed_settings``
(settings of services in Compose files and in command lines), ``typed_ports`` (numbers of port mappings),
``name_servers`` (their order, and localhost), ``bridge_asked`` (an address on a bridge that does not answer),
``captured`` (tcpdump), ``firewall_log`` (with quoted rules that have counted packets), ``quoted`` (several quoted
lines together), ``said_ranges`` (addresses of other networks), ``engine_ranges`` (such addresses inside a told range
of the engine), ``proxied`` (a proxy that forwards to localhost), ``known_versions`` (stated versions whose known
faults fit the text), ``two_moments`` (what differs between a working and a broken moment), ``routed_for_others``
(rules of FORWARD and packets of others) and ``asked_ways`` (the asked flow together with the text).
"""
