"""Reads facts of the live host that a snapshot does not contain.

Read ``connection`` (makes a real connection of an asked flow, at the place where the flow starts) and ``set_elements``
(asks the kernel for elements of sets that are too long to be listed).

Real probes of asked flows (``--live``, docs/live.md): ``observing`` (the entry), ``standpoint`` (where a flow can be
sent from), ``worker`` (the process that sends and watches), ``probing`` (sends), ``remote`` (sends from another
machine), ``taps`` (captures), ``nft_trace``, ``tracked`` (connection tracking) and ``moved`` (counters).
"""
