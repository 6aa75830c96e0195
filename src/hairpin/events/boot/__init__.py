"""The host starts anew, and the kernel's settings change.

Read ``sysctls`` (files are applied, a module brings its own), ``_boot`` (everything is gone, and comes back in the
units' order) and ``reboot`` (the events that boot the host).
"""
