"""Typed, immutable state of one host, parsed from evidence.  ``None`` means "the host did not say", never "no".

Read ``netns`` (the identity of a namespace), ``link``, ``traffic_control``, ``wireguard``, ``route``, ``socket``,
``sysctl``, ``docker``, ``swarm``, ``managers``, ``rule_tools`` (parts of a host) and ``host`` (the whole).
``engine_health`` tells whether an engine should answer and does.  ``read`` makes it from evidence, ``boot`` says what
holds after a reboot, and ``kernel_release`` how kernels differ.  ``limit_state``: the kernel's lists of limits.
``known_ports``: what a host itself usually serves; ``name_order``: the order of names.  ``plan_under_way``: hairpin's
own plans that have not ended.
"""
