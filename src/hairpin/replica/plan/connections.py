"""Which entries of a snapshot's conntrack tables matter to a flow: those that one of its packets can meet."""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.hooks.conntrack import tuple_of
from hairpin.walk.state import End
from hairpin.walk.walk import begin, walk_flow

Met = frozenset[tuple[int, Tuple]]
"""IP versions and tuples."""


def met_by(networks: tuple[Network, ...], flows: tuple[Flow, ...]) -> Met:
    """Return the tuples of entries that the flows' packets would match, or that would be in their way.

    ``networks``: as it is, and as a change makes it: a packet comes further there.  Empty when no table has an
    entry."""
    if not any(namespace.connections for _, namespace in networks[0].namespaces()):
        return frozenset()
    return frozenset(each for network in networks for flow in flows for each in _met(network, flow))


def concerning(namespace: Namespace, met: Met) -> tuple[Connection, ...]:
    """Return the namespace's entries that have one of the tuples, in either direction."""
    return tuple(
        each
        for each in namespace.connections
        if (each.version, each.original) in met or (each.version, each.reply) in met
    )


def _met(network: Network, flow: Flow) -> Iterator[tuple[int, Tuple]]:
    """Yield every tuple that the flow's packets have on their way, and those of the answers.

    An entry whose answers come to the client's own port makes NAT choose another, so that the walk does not show it.
    Source: net/netfilter/nf_nat_core.c nf_nat_used_tuple()"""
    started = begin(network, flow)
    first = (started.state if isinstance(started, End) else started).packet
    steps = (
        step for branch in walk_flow(network, flow).branches for step in (*branch.request, *branch.reply, *branch.data)
    )
    kernel = network.host(flow.host).kernel
    for packet in (first, *(step.packet for step in steps)):
        wanted = tuple_of(packet, kernel)
        yield packet.version, wanted
        yield packet.version, wanted.reversed()
        yield packet.version, msgspec.structs.replace(wanted, sport=flow.sport).reversed()
