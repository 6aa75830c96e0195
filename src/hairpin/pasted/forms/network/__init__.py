"""Links, addresses, routes, sockets and settings, as the kernel's tools print them.

Its modules: ``bridge_text``, ``control_text``, ``ip_json``, ``ip_text``, ``kernel_lists``, ``net_tools``,
``socket_tables``, ``sysctl_lines``.
"""
