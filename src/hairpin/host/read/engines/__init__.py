"""Documents of container engines: ``engines`` is the entry, then ``container_json``, ``network_json``,
``engine_options``, ``contact``, ``boot`` (of a daemon that does not run), ``resolvers`` (name servers);
``placement`` finds a container's namespace,
``relays`` the processes that relay published ports, ``mesh`` the ports of a swarm's services that a node
takes, ``service_json`` those services as a manager tells them.
"""
