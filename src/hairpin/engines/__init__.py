"""Computes the rules that a container engine programs into a host, from the state of its containers and networks.

Read ``expected`` (the types), ``docker/`` and ``podman`` (the rules that these engines should have), and ``sysctls``.
The modules ``found``, ``missing``, ``out_of_order``, ``surplus`` and ``owned`` compare these rules with a host's.
``repair/`` makes changes that repair the differences.
"""
