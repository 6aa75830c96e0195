"""The blueprint of a replica, as plain data.

Read ``blueprint`` (the types of a blueprint) and ``plan`` (the entry, which makes the blueprint).  The parts of a
namespace: ``links`` and ``link_settings``, ``segments`` (wires that hosts share), ``tunnels``, ``addresses``,
``hardware_addresses``, ``routes``, ``sysctls``, ``rules`` with ``nft_input`` and ``long_sets``, ``connections``.
Around the hosts: ``world``, ``entry`` (the link by which a client's packet enters), ``replies`` (to which sources the
outside can send answers, and by which wire), ``routers``, ``far_ends`` (of tunnels) and ``between`` (the network
between hosts).
"""
