"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no".

Read ``netns`` (the identity of a namespace), ``link``, ``traffic_control``, ``wireguard``, ``route``, ``socket``,
``sysctl``, ``docker``, ``swarm``, ``managers``, ``rule_tools`` (the parts of a host) and ``host`` (the whole host).
``engine_health``: whether an engine should answer, and whether it does.  ``read`` parses evidence, ``boot`` finds the
settings that persist over a reboot, and ``kernel_release`` lists differences between kernels.  ``limit_state``: the
present state of rate limits, which the kernel lists.  ``known_ports``: the usual ports of a host's own services;
``name_order``: the order in which names are sorted.  ``plan_under_way``: plans of hairpin that are not finished.
"""
