"""Flowtables: which connections ``flow add`` offloads, and which packets then bypass the rules.

A packet of an offloaded connection bypasses PREROUTING, FORWARD and POSTROUTING if it comes in by a link of the
flowtable.  The rest of the packet's path is not modelled.  Few walks have a packet of an offloaded connection, because
only the first data packet (TCP) or the reply offloads it.

Source: net/netfilter/nft_flow_offload.c nft_flow_offload_eval(), nft_flow_route(); nf_flow_table_ip.c
"""

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_DNAT, STATUS_OFFLOAD, STATUS_SNAT
from hairpin.netfilter.packet import FIN, GRE, RST, TCP, UDP, Connection, Seen
from hairpin.network.prefix import LINK_LOCAL6
from hairpin.network.query import NO_WAY, Query, Scope
from hairpin.network.routing import lookup
from hairpin.walk.hooks.connection_index import connections_of
from hairpin.walk.hooks.conntrack import tuple_of
from hairpin.walk.state import State


def offloads(namespace: Namespace, seen: Seen) -> bool:
    """Return whether ``flow add`` offloads the packet's connection.

    Conntrack helpers and adjusted sequence numbers prevent offloading, but no reading shows them, so they are ignored.
    In an ICMP error about a TCP connection, the kernel reads bytes of the error as TCP flags.  hairpin assumes that
    such an error causes no offloading.
    """
    connection = seen.connection
    if connection is None or not connection.status & STATUS_CONFIRMED or connection.status & STATUS_OFFLOAD:
        return False
    if Novelty.FLOWTABLES_ASK_FOR_LINKS.known_to(namespace.kernel) and not _goes_by_its_links(namespace, seen):
        return False
    return _is_of_a_kind(namespace, seen, connection) and _leads_back(namespace, seen, connection)


def _goes_by_its_links(namespace: Namespace, seen: Seen) -> bool:
    """Return whether a flowtable has the packet's input and output links.  In place of a bridge, the flowtable may have
    a port of the bridge."""
    declared = [each for table in namespace.ruleset.tables for each in table.objects]
    ways = [
        [name, *(each.name for each in namespace.links if name and each.master == name)]
        for name in (seen.iif, seen.oif)
    ]
    return any(all(any(_is_of(each, link) for link in way) for way in ways) for each in declared)


def _is_of_a_kind(namespace: Namespace, seen: Seen, connection: Connection) -> bool:
    protocol = connection.original.protocol
    if protocol == TCP:
        established = connection.tcp is None or connection.tcp.state == "ESTABLISHED"
        stands = established and bool(connection.status & STATUS_ASSURED)
        goes_on = seen.packet.protocol == TCP and not seen.packet.tcp_flags & (FIN | RST)
        return goes_on and (stands or not Novelty.FLOWTABLES_AWAIT_ESTABLISHMENT.known_to(namespace.kernel))
    if protocol == GRE:
        translated = connection.status & (STATUS_SNAT | STATUS_DNAT)
        return not translated and Novelty.FLOWTABLES_TAKE_GRE.known_to(namespace.kernel)
    return protocol == UDP


def _leads_back(namespace: Namespace, seen: Seen, connection: Connection) -> bool:
    """Return whether a route leads back to the packet's sender.  IPv4 needs no such route, because it takes the sender
    to be on the input link."""
    if connection.version == 4:
        return True
    forth, back = connection.original, connection.reply
    if seen.ct_direction:
        forth, back = back, forth
    packet = seen.packet
    if not Novelty.LOOKS_BACK_AS_THE_ANSWER.known_to(namespace.kernel):
        query = Query(6, forth.saddr, scope=Scope(oif=seen.iif))
    else:
        strictly = LINK_LOCAL6.holds(forth.saddr, 6)
        scope = Scope(oif=seen.iif) if strictly else Scope(prefers=seen.iif, weakly=True)
        query = Query(6, forth.saddr, back.saddr, mark=packet.mark, tos=packet.dscp << 2, scope=scope)
    return lookup(namespace, query).type not in NO_WAY


def carries_past(namespace: Namespace, state: State, link: str) -> bool:
    """Return whether a flowtable of the link forwards the packet.  A packet that a flowtable forwards bypasses the
    rules."""
    packet = state.packet
    if packet.protocol not in (TCP, UDP) or packet.ttl <= 1 or state.fragments.largest is not None:
        return False
    if packet.protocol == TCP and packet.tcp_flags & (FIN | RST):
        return False
    if not any(_is_of(each, link) for table in namespace.ruleset.tables for each in table.objects):
        return False
    wanted = tuple_of(packet, namespace.kernel)
    made = [
        each for netns, each in state.history.connections if netns == state.netns and each.version == packet.version
    ]
    live = connections_of(namespace).find(packet.version, 0, wanted)
    known = next((each for each in made if wanted in (each.original, each.reply)), live[0] if live else None)
    return known is not None and bool(known.status & STATUS_OFFLOAD)


def _is_of(declared: str, link: str) -> bool:
    """Return whether the text declares a flowtable of that link: see netfilter/nft/objects.py."""
    return declared.startswith("flowtable ") and f'"{link}"' in declared
