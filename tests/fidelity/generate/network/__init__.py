"""Random networks: ``topology`` with ``containers``, ``vlans``, ``vrf`` and ``arp`` (who asks for neighbours);
``outages`` (what is broken in it).
"""
