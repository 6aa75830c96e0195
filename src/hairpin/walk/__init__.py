"""Walks a packet and its reply through a network as the kernel would carry them; the result is a trace of steps.

``own_entries`` has the conntrack entries of a flow's sender, which its next datagram matches.

Read ``walk`` (request, reply, first data), ``trace`` (what it results in), ``state`` (where a packet stands, how a way
can end) and ``packet_walk`` (the stages in the kernel's order).  The stages: ``link`` (layer 2), ``ip`` (routing),
``hooks`` (netfilter), ``sockets`` (also those that serve nobody).  The edge: ``outside``, ``tunnelled`` (clients behind
a tunnel), ``passing`` (what comes to no host) and ``presumed`` (who is taken to answer there).  Back: ``answer`` (the
packet that answers), ``reply`` (whether and where it starts), ``data`` (what TCP sends then), ``open_connection`` (what
becomes of a connection while the network changes), ``size/`` (full-sized segments), ``relay`` (docker-proxy's own
connection), ``naming`` (whether a name server knows a container), and ``verdicts`` (what became of the flow).
``unread`` ends a walk where the host did not say.  ``walked`` keeps a walk for several who ask for it, ``reads`` tells
what it has read, ``deciders`` what decided it.
"""
