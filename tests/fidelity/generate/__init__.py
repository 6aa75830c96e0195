"""Random cases, each a function of its seed alone.

Read in this order: ``plan`` (addresses, links, numbers, and the dice), ``swarm`` (dice with habits), ``network/``,
``rules/``, ``packets`` (flows), ``case`` (all of it, from the seed).
"""
