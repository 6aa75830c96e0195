"""Grants: a grant is a thing that a walk assumes although a careful outside, or a service, may refuse it.

Each grant is an open question.

Read ``grants`` (all grants to a flow that succeeds; an answer that leaves by another uplink than the uplink of its
source address), ``masqueraded_source`` (the address that MASQUERADE chose), ``untranslated`` (whether another site
knows the way back to an address that somebody has exempted from masquerading), ``silence`` (connections to which
nothing came back), ``way_out`` (the route by which a packet left the host), ``far_end_hints`` (tunnels whose far end
may not take the packets), ``cloud_limits`` (what a cloud refuses to its machines), ``redirected`` (a router that an
ICMP redirect named), ``foreign_frames`` (frames of hardware addresses that the network may not take), ``address_found``
(whether a machine on the link finds the destination), ``private_way`` (whether the default router knows a private
address), ``way_of_host`` (a route that a policy rule keeps for the host's own address), ``own_source`` (whether the
outside knows the way to the address of a tunnel or a bridge), ``client_in_tunnel`` (whether a client comes in by the
tunnel into which its answers go), ``answer_source`` (from which address a UDP service answers) and ``needless_rules``
(deleted IPv6 policy rules that the kernel may not need). ``routed_address``: an address that no uplink has.
``capture``: tcpdump's filters, which show whether such packets come back.
"""
