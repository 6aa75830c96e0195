"""Assumptions about machines outside: which machine answers, whether its answer is routed back, and whether it is
another host that was read."""

from hairpin.host.host import Namespace
from hairpin.host.route import NextHop, Route
from hairpin.message import Message, message
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.lost_address import floating_elsewhere
from hairpin.network.network import Network
from hairpin.network.prefix import LINK_LOCAL4, Version, address_text, is_for_many, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.wires import holder_of
from hairpin.walk.decided import Assumed
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import ask_neighbour, read_host, state_public, state_return_route, watch_packets


def answers(network: Network, state: State, *, is_next_hop_named: bool) -> Message:
    """Return the sentence that names the machine that is assumed to answer.  For a tunnel's far end, a neighbour, or a
    next hop other than the default route's, the sentence also tells how to read that machine."""
    address = address_text(state.packet.daddr, state.packet.version)
    if state.carried is not None:
        return message(
            "{address}, the far end of the tunnel, delivers the unpacked packets and sends the answer back ({reading} "
            "lets hairpin read it)",
            address=address,
            reading=read_host(address),
        )
    hop = state.next_hop
    if network.world.supposed_public(state.packet.version, state.packet.daddr) is not None:
        return message(
            "another machine has {address} and answers (if this host has it, say {statement})",
            address=address,
            statement=state_public(address),
        )
    if is_next_hop_named or hop is None or _is_of_default_route(network.namespace(state.netns), hop):
        return message("{address} answers", address=address)
    if hop.gateway is None:
        return message(
            "{address} answers (if it is a host, {reading} lets hairpin read it)",
            address=address,
            reading=read_host(address),
        )
    gateway = address_text(hop.gateway, hop.gateway_version or state.packet.version)
    return message(
        "{address} answers behind the next hop {gateway} (if the next hop is a host, {reading} lets hairpin read it)",
        address=address,
        gateway=gateway,
        reading=read_host(gateway),
    )


def heard_by(state: State) -> Message | None:
    """Return the sentence about the machines that get a broadcast or a multicast that leaves; None for any other
    packet.  Nobody has to answer such a packet."""
    packet = state.packet
    if packet.protocol == TCP or state.carried is not None:
        return None
    if not (state.to_many or is_for_many(packet.daddr, packet.version)):
        return None
    return message(
        "the machines behind {link} that listen for {address} get the packet; nobody has to answer it",
        link=state.oif,
        address=address_text(packet.daddr, packet.version),
    )


def of_standby(network: Network, host: str, version: Version, address: int) -> OpenQuestion | None:
    """Return the open question whether another machine has an address that a program moves between machines; None if a
    read host has it, or no program is known to move it."""
    moved = floating_elsewhere(network, version, address)
    if moved is None:
        return None
    facts = {"address": address_text(address, version), "program": moved.program, "path": moved.path}
    netns = network.host_netns(host)
    hops = lookup(network.namespace(netns), Query(version, address)).next_hops if netns in network else ()
    near = next((hop.link for hop in hops if hop.gateway is None and hop.link is not None), None)
    tells = (ask_neighbour(facts["address"], near),) if near is not None else ()
    return OpenQuestion(
        text=message(
            "Does another machine have {address} now? {program} moves this address between machines ({path}, line "
            "{line})",
            line=moved.line,
            **facts,
        )
        if moved.value is not None
        else message(
            "Does another machine have {address} now? {program} runs here and may move the address; hairpin did not "
            "read which addresses it moves",
            **facts,
        ),
        if_yes=message("This host is a standby for {address}, and the verdict above stands", **facts),
        if_no=message(
            "Nobody answers for {address}. Read in the log of {program} why no machine has the address, and do not add "
            "it by hand",
            **facts,
        ),
        wanted=(*tells, read_host(facts["address"])),
        breaks_if="no",
    )


def _is_of_default_route(namespace: Namespace, hop: NextHop) -> bool:
    ways = (each for route in namespace.routes if not route.prefix_length for each in route.next_hops)
    return any((each.link, each.gateway) == (hop.link, hop.gateway) for each in ways)


def _is_way_back_stated(network: Network, state: State) -> bool:
    """Return whether the user has stated a return route to the packet's source."""
    packet, host = state.packet, state.netns.of_host
    return any(
        network.host_netns(each.host) == host and each.holds(packet.saddr, packet.version)
        for each in network.world.return_routes
    )


def way_back(network: Network, state: State) -> OpenQuestion | None:
    """Return the question whether answers to an unmasqueraded source address come back.  Return None if the address is
    masqueraded, or if the user has stated a return route."""
    from hairpin.network.unmasqueraded import is_of_routed_prefix, is_unmasqueraded

    packet, hop = state.packet, state.next_hop
    asked = packet.version, packet.saddr
    left = is_unmasqueraded(network, state.netns.of_host, *asked) or is_of_routed_prefix(
        network, state.netns.of_host, *asked
    )
    namespace = network.namespace(state.netns.of_host)
    if not left or _is_way_back_stated(network, state):
        return None
    source, target = address_text(packet.saddr, packet.version), address_text(packet.daddr, packet.version)
    back = lookup(namespace, Query(packet.version, packet.saddr)).route
    subnet = str(back.prefix) if back is not None else source
    by = address_text(hop.gateway, hop.gateway_version or packet.version) if hop and hop.gateway is not None else None
    in_doubt = packet.version == 4 and is_private(packet.saddr, 4) and _has_another_gateway(namespace, packet, hop)
    return OpenQuestion(
        text=message("Does the next hop, {gateway}, know the way back to {source}?", gateway=by, source=source)
        if by is not None
        else message("Does {target} know the way back to {source}?", target=target, source=source),
        if_yes=message("{target} answers {source}", target=target, source=source),
        if_no=message(
            "The answers to {source} are lost: give the next hop a route to {subnet}, or masquerade {subnet}",
            source=source,
            subnet=subnet,
        ),
        wanted=(read_host(by or target), state_return_route(subnet)),
        # A global IPv6 prefix is usually routed; a private IPv4 subnet hardly ever is.
        breaks_if="no" if packet.version == 4 else "",
        undecided=in_doubt and not _was_answered(namespace, packet, back, hop),
    )


def _has_another_gateway(namespace: Namespace, packet: Packet, hop: NextHop | None) -> bool:
    """Return whether the next machine is the default route's gateway, or is a neighbour of this gateway: neither sends
    packets for unknown networks to this host."""
    if hop is None:
        return False
    if hop.gateway is not None:
        onward = lookup(namespace, Query(packet.version, packet.daddr)).route
        return onward is not None and not onward.prefix_length
    defaults = (each for each in namespace.routes if each.version == 4 and not each.prefix_length)
    ways = (way for each in defaults for way in each.next_hops)
    return any(each.link == hop.link and each.gateway is not None for each in ways)


def _was_answered(namespace: Namespace, packet: Packet, back: Route | None, hop: NextHop | None) -> bool:
    """Return whether conntrack shows an answered connection of the packet's network, with its own source address, to a
    machine behind the same next hop.  ``back``: the route to the packet's source."""
    if back is None or not back.prefix_length or hop is None:
        return False
    for each in namespace.connections:
        sent, answer = each.original, each.reply
        if each.version != packet.version or not each.status & STATUS_SEEN_REPLY or answer.daddr != sent.saddr:
            continue
        if back.holds(sent.saddr, packet.version):
            ways = lookup(namespace, Query(packet.version, answer.saddr)).next_hops
            if any((way.link, way.gateway) == (hop.link, hop.gateway) for way in ways):
                return True
    return False


def way_on(network: Network, state: State) -> OpenQuestion | None:
    """Return the question whether the default route's gateway forwards a packet to a private address, if the packet
    leaves with a public source address.  Return None if a more special route leads to the address, or if conntrack
    shows an answer of the address.

    A host with a private address itself is inside of a private network, whose routers may know all of it."""
    packet, hop, namespace = state.packet, state.next_hop, network.namespace(state.netns.of_host)
    inside = is_private(packet.daddr, 4) and not LINK_LOCAL4.holds(packet.daddr, 4)
    if packet.version == 6 or not inside or is_private(packet.saddr, 4) or state.carried is not None:
        return None
    if network.host(state.netns.host).cloud is not None:
        return None  # a cloud's own router knows the private networks of its customer
    route = lookup(namespace, Query(4, packet.daddr)).route
    if hop is None or hop.gateway is None or route is None or route.prefix_length or is_private(hop.gateway, 4):
        return None
    if any(each.reply.saddr == packet.daddr and each.status & STATUS_SEEN_REPLY for each in namespace.connections):
        return None
    target, by = address_text(packet.daddr, 4), address_text(hop.gateway, hop.gateway_version or 4)
    return OpenQuestion(
        text=message(
            "Does {gateway} forward packets to {target}? They leave by the default route, because no other route leads "
            "to this private address, and no router of the Internet forwards them",
            gateway=by,
            target=target,
        ),
        if_yes=message("{target} gets the packets", target=target),
        if_no=message(
            "The packets are lost: give this host a route to {target}, or correct the address, if the machine has "
            "another one",
            target=target,
        ),
        wanted=(watch_packets(state.oif, f"host {target}"), read_host(by)),
        breaks_if="no",
        undecided=True,
    )


def on_another_host(network: Network, state: State) -> Assumed | None:
    """Return the fact that another read host has the destination address, but the packet does not reach that host; else
    None.  If the user has stated a return route to the address, the packet reaches it through gateways that were not
    read."""
    packet = state.packet
    holder = holder_of(network, packet.version, packet.daddr, besides=state.netns.host)
    if state.carried is not None or holder is None:
        return None
    for each in network.world.return_routes:
        if each.holds(packet.daddr, packet.version):
            return None
    target = address_text(packet.daddr, packet.version)
    return Assumed(
        message(
            "{address} is on {far}, but the packet has left {host} for another machine",
            address=target,
            far=holder.host,
            host=state.netns.host,
        ),
        "read",
    )
