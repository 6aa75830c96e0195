"""Walks a packet and its reply through a network as the kernel would carry them; the result is a trace of steps.

``own_entries`` finds the conntrack entries of a flow's sender, which the sender's next datagram may match.

Read ``walk`` (request, reply, first data), ``trace`` (the result), ``state`` (a packet at a stage, and how its walk can
end) and ``packet_walk`` (the stages in the kernel's order) first.  The stages are in ``link`` (layer 2), ``ip``
(routing), ``hooks`` (netfilter) and ``sockets`` (socket lookup, and sockets that serve no client).  Packets cross the
edge of the snapshot in ``outside``, ``tunnelled`` (clients behind a tunnel), ``passing`` (packets that enter no host)
and ``presumed`` (outside machines that are assumed to answer).  After the request come ``answer`` (the answer's
packet), ``reply`` (whether and where the reply starts), ``data`` (TCP's first data), ``open_connection`` (whether a
connection survives a change of the network), ``size/`` (full-sized segments), ``relay`` (docker-proxy's own
connection), ``naming`` (whether a name server knows a container), and ``verdicts`` (the verdict on the flow).
``unread`` ends a walk at missing readings.  ``walked`` caches a walk, ``alike`` gives a flow the verdict of an alike
flow, ``reads`` records the parts of the network that a walk read, and ``deciders`` records the routes and rules that
decided a walk.
"""
