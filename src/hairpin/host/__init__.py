"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no".

Read ``netns`` (the identity of a namespace), ``link``, ``traffic_control``, ``wireguard``, ``xfrm``, ``route``,
``socket``, ``sysctl``, ``docker``, ``contact``, ``swarm``, ``managers``, ``rule_tools`` (parts of a host) and ``host``
(the whole).
``engine_health``: whether an engine should answer, and does.  ``read`` parses evidence, ``boot`` finds what persists
over a reboot, and ``kernel_release`` lists differences between kernels.  ``limit_state``: the kernel's lists of limits.
``floating``: addresses that move between machines; ``advertised``: IPv6 routers that advertise themselves.
``known_ports``: the usual ports of a host's own services;
``name_order``: the order of names.  ``plan_under_way``: hairpin's own unfinished plans.
"""
