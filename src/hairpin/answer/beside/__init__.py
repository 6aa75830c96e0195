"""What the answer says beside the flows.  Read ``copied_servers`` (containers whose copy of the host's name servers is
older than the host's present ones), ``silent_replicas`` (containers that do not listen where others of their name do),
``ended`` (containers on the host's network that ended with an error), ``unpublished`` (asked containers that publish no
port), ``private_ipv6`` (ways out over IPv6 that no program takes) and ``resting`` (flows that a decision closes and
nobody asked for)."""
