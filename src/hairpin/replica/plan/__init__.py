"""What to build, as data: ``blueprint`` (the form), ``plan`` (the entry), then links, tunnels, addresses, routes,
rules, sysctls, services and connections of the snapshot.  ``world`` stands for the outside, ``segments`` and
``between`` for the network between hosts.
"""
