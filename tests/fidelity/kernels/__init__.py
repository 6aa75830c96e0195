"""The hunt and the replicas on Debian's stock kernels, each booted under qemu with this machine's own files.

Read in this order: ``tests/guests`` (kernels and qemu), ``machine`` (the guest), ``exchange`` (files between the guest
and this machine), ``guest`` (asks its kernel case by case), ``hunt`` (judges the answers), ``replicas``, ``report``
(docs/reference/fidelity-kernels.md), ``__main__``.
"""
