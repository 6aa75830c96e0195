"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no".

Read ``netns`` (the identity of a namespace), ``link``, ``traffic_control``, ``wireguard``, ``xfrm``, ``route``,
``socket``, ``sysctl``, ``docker``, ``idle`` (rootless containers for which no engine runs), ``contact``, ``cni``,
``swarm``, ``managers``, ``rule_tools`` (parts of a host) and ``host`` (the whole).
``engine_health`` tells whether an engine should answer, and whether it answers.  ``read`` parses evidence, ``boot``
finds the settings that persist over a reboot, and ``kernel_release`` lists differences between kernels.
``limit_state`` has the kernel's lists of limits, ``floating`` the addresses that move between machines, ``advertised``
the IPv6 routers that advertise themselves, and ``known_ports`` the usual ports of a host's own services.
``name_order`` sorts names, and ``plan_under_way`` has hairpin's own unfinished plans.
"""
