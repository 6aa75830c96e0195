"""Documents of container engines: ``engines`` is the entry, then ``container_json``, ``network_json``,
``engine_options``, ``contact``; ``resolvers`` their name servers; ``placement`` finds a container's namespace,
``relays`` the processes that relay published ports.
"""
