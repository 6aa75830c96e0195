"""Outputs about links, addresses, routes, sockets and settings, in the forms of the kernel's tools.

Its modules: ``bridge_text``, ``ip_json``, ``ip_text``, ``kernel_lists``, ``net_tools``,
``socket_tables``, ``sysctl_lines``.
"""
