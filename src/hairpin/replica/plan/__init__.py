"""The blueprint, as data.

Read ``blueprint`` (the form) and ``plan`` (the entry), with ``thinned`` (omits irrelevant ports).  Of a namespace:
``links`` and ``link_settings``, ``segments`` (wires that hosts share), ``tunnels``, ``addresses``,
``hardware_addresses``, ``routes``, ``sysctls``, ``rules`` with ``nft_input`` and ``long_sets``, ``services``,
``connections``.  Around the hosts: ``world``, ``entry`` (by which link a client comes in), ``replies`` (by which wire
they come), ``routers``, ``far_ends`` (of tunnels) and ``between`` (the network between hosts).
"""
