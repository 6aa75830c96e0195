"""The host boots, and sysctls change.

Read ``sysctls`` (files are applied, a kernel module adds its own sysctls), ``_power_off`` (the kernel's state is lost),
``_boot`` (units restore the kernel's state in their order), ``_namespaces`` (namespaces that no engine lists, and the
rules that programs make again for their guests) and ``reboot`` (the events that boot the host).
"""
