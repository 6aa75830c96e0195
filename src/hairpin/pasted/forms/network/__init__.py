"""Links, addresses, routes, sockets and settings, as the kernel's tools print them."""
