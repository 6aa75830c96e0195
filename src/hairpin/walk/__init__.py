"""Walks a packet and its reply through a network as the kernel would carry them; the result is a trace of steps.

``own_entries``: the conntrack entries that the next datagram of a flow's sender matches.

Read ``walk`` (request, reply, first data), ``begin`` (where the request starts or enters a host), ``trace`` (the
result), ``state`` (a packet at a stage, and how its walk can end), ``decided`` (what decided a step) and
``packet_walk`` (the stages in the kernel's order).  The stages: ``link`` (layer 2), ``ip`` (routing), ``hooks``
(netfilter), ``sockets`` (socket lookup, and sockets that serve no client).  The edge: ``outside``, ``tunnelled``
(clients behind a tunnel), ``presumed`` (outside machines that are assumed to answer), ``granted/`` (what a careful
outside may refuse) and ``user_stack`` (a rootless engine's own network stack).  The answer: ``answer`` (its packet,
user and mark), ``reply`` (whether and where it starts), ``data`` (TCP's first data), ``open_connection`` (whether a
connection survives a change of the network), ``size/`` (full-sized segments), ``relay`` (docker-proxy's own
connection), ``naming`` (whether a name server knows a container), and ``verdicts`` (the verdict on the flow).
``unread`` ends a walk at readings that are missing.  ``walked`` caches a walk, ``alike`` takes the verdict of an alike
flow over, ``reads`` records the parts of the network that a walk read, ``deciders`` the routes and rules that decided
the walk.
"""
