"""Layer 2: ``device`` (in and out), ``bridge``, ``vlan``, ``segment`` (who is on a wire), ``neighbour`` with
``arp`` and ``neighbour_discovery``.
"""
