"""The existing conntrack entries of a flow's sender.  TCP connections and DNS queries use a new source port each time.
Other programs mostly send their datagrams from one port.  The next datagram from one port matches the conntrack entry
of the previous datagram, and this entry decides where the next datagram goes.  Each datagram renews the entry, so an
entry shows that its sender is still sending.

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
"""The greatest number of one sender's conntrack entries that are walked."""


def met_by_sender(network: Network, flow: Flow, walk: Callable[[Network, Flow], Trace]) -> Trace:
    """Return the flow's trace.  If an older conntrack entry misdirects a datagram of the sender, return that datagram's
    trace."""
    trace = walk(network, flow)
    if flow.protocol != "udp" or flow.dport == _DNS or flow.invented or not trace.succeeds:
        return trace
    for port in islice(_ports(network, trace), _MOST):
        met = walk(network, msgspec.structs.replace(flow, sport=port))
        if not met.succeeds and met.verdict != "depends":
            return met
    return trace


def _ports(network: Network, trace: Trace) -> Iterator[int]:
    """Yield the source ports of the sender's conntrack entries whose NAT differs from the NAT of a new connection."""
    known: set[int] = {trace.flow.sport}
    for netns, before, after in passages(trace):
        for entry in other_translations(network, netns, before, after):
            if entry.original.sport not in known:
                known.add(entry.original.sport)
                yield entry.original.sport


def passages(trace: Trace) -> Iterator[tuple[Netns, Packet, Packet]]:
    """Yield each namespace on the request's path, with the packet as it enters and as it leaves the namespace."""
    passed: dict[Netns, tuple[Packet, Packet]] = {}
    for step in trace.usual.request:
        if step.stage == "relay":
            break
        if step.packet.saddr and step.packet.inner is None:
            first, _ = passed.get(step.netns, (step.packet, step.packet))
            passed[step.netns] = (first, step.packet)
    yield from ((netns, before, after) for netns, (before, after) in passed.items())


def other_translations(network: Network, netns: Netns, before: Packet, after: Packet) -> Iterator[Connection]:
    """Yield the conntrack entries from the packet's sender to its destination that have another NAT result than the
    packet."""
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
    """Return the NAT result of an entry, without the source port, which differs for each connection."""
    return found.saddr, found.daddr, found.dport
