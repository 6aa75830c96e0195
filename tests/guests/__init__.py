"""Virtual machines for tests: Debian's kernels, the first files that they boot with, and qemu.

Read in this order: ``packages`` (kernels and programs, fetched with apt), ``initramfs``, ``qemu``, ``booting`` (runs a
command in a guest); ``clocks`` is for hosts that are namespaces instead.  ``python -m tests.guests`` judges tables of
cases in a guest: ``below_ip``, ``neighbours``, ``mesh`` and its ``names``, and ``ipvlan`` of ``tests/tables``.  The
hunt on other kernels (``tests/fidelity/kernels``) boots this machine's own files; ``tests/reboot`` boots a whole host
with systemd.
"""
