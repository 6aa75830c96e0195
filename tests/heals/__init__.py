"""Heals on a real host: how long until a real connection passes again, who wins a fight, what a deleted network leaves,
and what a kill leaves.  ``python -m tests.heals`` (root).

``breaks`` has the ways in which something breaks, ``site`` a lab host with a guard, ``client`` the real connections,
``times``, ``fight``, ``deleted`` and ``killed`` the trials.
"""
