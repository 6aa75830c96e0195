"""Which flows a question means after all.  Read ``inward_only`` (ports that the host serves for others),
``private_ipv6`` (ways out over IPv6 that no program takes), ``unanswered_senders`` (servers that leave a container's
SYNs without an answer), ``next_addresses`` (addresses of a name that clients pass over), ``further_addresses`` (of an
uplink), ``outside_names`` (names that hairpin does not look up), ``sharers`` (ports that the owner of a network does
not publish), ``own_links`` (addresses that a host does not reach by design) and ``desktop`` (hosts that are virtual
machines of desktop engines)."""
