"""What the walks of the flows leave open.  Read ``further_questions`` (about further addresses), ``listed_clients``
(rules that let only listed clients in), ``stopped_clients`` (a rule against one network), ``excepted_networks`` (of a
container's VPN), ``narrow_ways`` (paths with a small MTU), ``nameless`` (containers that have no names for each other),
``copied_servers`` (containers whose copy of the host's name servers is older than the host's present ones),
``invented_fields`` (rules that compare a source port or a TTL), ``silent_replicas`` (containers that do not listen
where others of their name do), ``unpublished`` (asked containers that publish no port) and ``resting`` (flows that a
decision closes and nobody asked for)."""
