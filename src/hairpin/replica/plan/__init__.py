"""What to build, as data: ``blueprint`` (the form), ``plan`` (the entry), then links, addresses, routes, rules,
sysctls, services and connections of the snapshot, and ``world``: what stands for the outside.
"""
