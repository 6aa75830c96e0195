"""Virtual machines for tests: Debian's kernels, the first files that they boot with, and qemu.

Read in this order: ``packages`` (kernels and programs, fetched with apt), ``initramfs``, ``qemu``; ``clocks`` is for
hosts that are namespaces instead.  The hunt on other kernels (``tests/fidelity/kernels``) boots this machine's own
files; ``tests/reboot`` boots a whole host with systemd.
"""
