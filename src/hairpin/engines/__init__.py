"""What a container engine programs into a host: state of its containers and networks in, expected rules out.

Read ``expected`` (the types), ``docker/`` and ``podman`` (the rules that they should have), ``sysctls``
beside them.  Held against a host: ``found``, ``missing``, ``out_of_order``, ``surplus``, ``owned``.  As
changes: ``repair/``.
"""
