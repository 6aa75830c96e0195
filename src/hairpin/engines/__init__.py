"""Computes the rules that a container engine programs into a host, from the state of its containers and networks.

Read ``expected`` (the types), ``docker/`` and ``podman`` (the rules that they should have), ``sysctls``
beside them.  Compared with a host: ``found``, ``missing``, ``out_of_order``, ``surplus``, ``owned``.  As changes:
``repair/``.
"""
