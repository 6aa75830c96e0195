"""Documents of container engines: ``engines`` is the entry, then ``container_json``, ``network_json``,
``engine_options``, ``contact`` (and the daemons that were not asked), ``idle`` (containers for which no engine runs),
``quadlets`` (their files, and their units' states), ``compose`` (services of Compose's files),
``boot`` (how a stopped daemon is started); ``placement`` finds a container's namespace and its name servers,
``relays`` the processes that relay published ports.  ``swarm``: the services of a swarm, and the ports that a node
accepts for them.
"""
