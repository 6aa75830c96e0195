"""The host boots, and sysctls change.

Read ``sysctls`` (files are applied, a module brings its own), ``_power_off`` (everything is gone), ``_boot`` (it comes
back in the units' order) and ``reboot`` (the events that boot the host).
"""
