"""The entries of a snapshot's conntrack tables that the packets of the flows may match."""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.packet import Connection, Packet, Tuple
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.begin import begin
from hairpin.walk.hooks.conntrack import tuple_of
from hairpin.walk.state import End
from hairpin.walk.walked import walked

Met = frozenset[tuple[int, Tuple]]
"""Conntrack tuples, each with its IP version."""


def met_by(networks: tuple[Network, ...], flows: tuple[Flow, ...]) -> Met:
    """Return the conntrack tuples of the flows' packets, and the tuples of entries that keep NAT from choosing a port.

    ``networks``: the networks without the change and with the change, because a packet may get further with the change.
    The result is empty if no conntrack table has an entry."""
    if not any(namespace.connections for _, namespace in networks[0].namespaces()):
        return frozenset()
    return frozenset(each for network in networks for flow in flows for each in _met(network, flow))


def concerning(namespace: Namespace, met: Met) -> tuple[Connection, ...]:
    """Return the namespace's conntrack entries that have one of the tuples as their original or reply tuple."""
    return tuple(
        each
        for each in namespace.connections
        if (each.version, each.original) in met or (each.version, each.reply) in met
    )


def _met(network: Network, flow: Flow) -> Iterator[tuple[int, Tuple]]:
    """Yield every tuple of the flow's packets at the steps of the walk, and the tuples of their answers.

    If another conntrack entry already has the reply tuple with the client's own port, NAT chooses another port.  The
    packets of the walk then have the other port.  So the reply tuple with the client's port is yielded, too.
    Source: net/netfilter/nf_nat_core.c nf_nat_used_tuple()"""
    branches = walked(network, flow).branches
    for stop in (each.stop for each in branches if each.stop is not None and each.stop.reason == "conntrack-clash"):
        yield from _towards(network.namespace(stop.netns), stop.seen.packet)
    kernel = network.host(flow.host).kernel
    for packet in packets_of(network, flow):
        wanted = tuple_of(packet, kernel)
        yield packet.version, wanted
        yield packet.version, wanted.reversed()
        yield packet.version, msgspec.structs.replace(wanted, sport=flow.sport).reversed()


def packets_of(network: Network, flow: Flow) -> Iterator[Packet]:
    """Yield the flow's first packet, and the packet at every step of the walk, in the direction of the request and of
    the answer."""
    started = begin(network, flow)
    yield (started.state if isinstance(started, End) else started).packet
    yield from (step.packet for branch in walked(network, flow).branches for step in branch.steps)


def _towards(namespace: Namespace, packet: Packet) -> Iterator[tuple[int, Tuple]]:
    """Yield the reply tuples of the conntrack entries that together occupy all source ports that NAT could choose
    towards the packet's destination."""
    wanted = (packet.version, packet.protocol, packet.daddr, packet.dport, packet.saddr)
    for each in namespace.connections:
        reply = each.reply
        if (each.version, reply.protocol, reply.saddr, reply.sport, reply.daddr) == wanted:
            yield each.version, reply
