"""The conntrack entries that the sender of a flow has already.

A new connection has a source port of its own, and so has each DNS query.  Another program that sends datagrams mostly
keeps its port, so its next datagram meets the entry of the last one, and the entry decides where it goes.  Each
datagram renews the entry: while there is one, its sender sends.

Source: RFC 5452 section 9.2 (DNS)
"""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.ir import STATUS_DYING
from hairpin.netfilter.packet import UDP, Connection, Packet, Tuple
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.hooks.connection_index import connections_of
from hairpin.walk.hooks.conntrack import tuple_of
from hairpin.walk.trace import Trace

_DNS = 53
_MOST = 8
"""So many entries of one sender are walked."""


def met_by_sender(network: Network, flow: Flow, walk: Callable[[Network, Flow], Trace]) -> Trace:
    """Return the flow's trace: that of a sender's datagram which an older entry of it leads astray, if there is one."""
    trace = walk(network, flow)
    if flow.protocol != "udp" or flow.dport == _DNS or flow.invented or not trace.succeeds:
        return trace
    for port in islice(_ports(network, trace), _MOST):
        met = walk(network, msgspec.structs.replace(flow, sport=port))
        if not met.succeeds and met.verdict != "depends":
            return met
    return trace


def _ports(network: Network, trace: Trace) -> Iterator[int]:
    """Yield the source ports of the sender's entries that translate otherwise than a new one."""
    known: set[int] = {trace.flow.sport}
    for netns, before, after in passages(trace):
        for entry in other_translations(network, netns, before, after):
            if entry.original.sport not in known:
                known.add(entry.original.sport)
                yield entry.original.sport


def passages(trace: Trace) -> Iterator[tuple[Netns, Packet, Packet]]:
    """Yield each namespace that the request passes, with the packet as it comes in and as it goes on."""
    passed: dict[Netns, tuple[Packet, Packet]] = {}
    for step in trace.usual.request:
        if step.stage == "relay":
            break
        if step.packet.saddr and step.packet.inner is None:
            first, _ = passed.get(step.netns, (step.packet, step.packet))
            passed[step.netns] = (first, step.packet)
    yield from ((netns, before, after) for netns, (before, after) in passed.items())


def other_translations(network: Network, netns: Netns, before: Packet, after: Packet) -> Iterator[Connection]:
    """Yield the entries of the packet's sender for its destination with another translation than the packet has got."""
    namespace = network.namespace(netns)
    if before.protocol != UDP or not namespace.connections:
        return
    wanted = tuple_of(before, namespace.kernel)
    for entry in connections_of(namespace).of_sender(before.version, wanted):
        if not entry.status & STATUS_DYING and translation(entry.reply.reversed()) != translation(
            tuple_of(after, namespace.kernel)
        ):
            yield entry


def translation(found: Tuple) -> tuple[int, int, int]:
    """Return what NAT makes of a packet, but for its source port, which is chosen anew for each connection."""
    return found.saddr, found.daddr, found.dport
