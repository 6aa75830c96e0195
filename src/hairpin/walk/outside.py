"""The edge of the snapshot: how packets enter it, and what happens to packets that leave it.

Everything in this module is assumed (see network/world.py), and the steps that it records say so.
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import NAMED, Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import ACK, SYN, Packet
from hairpin.network.attachment import entered_netns
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.index import holders
from hairpin.network.lost_address import lost_by, named_for
from hairpin.network.network import (
    Network,
    addresses_of,
    free_address,
    is_bridge_port,
    is_uplink,
    neighbour_entries,
    outer_link,
    owns_address,
)  # fmt: skip
from hairpin.network.prefix import Version, address_text, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.stacked import lower_of, parents_of
from hairpin.network.strayed import is_absent, is_containers
from hairpin.network.uplinks import links_around
from hairpin.network.world import PublicAddress
from hairpin.question.unread_ports import leads_to_unread
from hairpin.walk.answer import answer_to
from hairpin.walk.decided import Assumed, LinkDecided
from hairpin.walk.link.arp import is_beside, refusal
from hairpin.walk.link.bridged_machine import frame_from_outside
from hairpin.walk.link.crossing import refused_by_peer
from hairpin.walk.link.neighbour import refused_request
from hairpin.walk.presumed import answers, of_standby, on_another_host, way_back, way_on
from hairpin.walk.state import End, Frame, Reason, State, stopped, stopped_by
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.tunnelled import inside_tunnel, is_known_in_tunnel, tunnel_to
from hairpin.walk.unread import behind_unread, may_be_containers, unmade_link


class OutsideAnswer(msgspec.Struct, frozen=True):
    """The answer of the outside to a packet that left: a packet that comes back, or the reason why none comes back.
    ``questions`` asks for facts that only the user knows.  The answer presumes that the user says yes."""

    decided_by: Assumed
    reply: State | None = None
    reason: Reason | None = None
    assumed: tuple[Message, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()


def enters_by(network: Network, flow: Flow) -> State | End:
    """Return the flow's first packet at the link by which it enters, translated by its 1:1 NAT gateway (if any); the
    packet's end if it does not enter."""
    start = flow.start
    assert isinstance(start, (Outside, Lan))
    packet = flow.packet(start.address)
    state = State("device-in", entered_netns(network, flow), packet)
    public = network.world.public(flow.version, flow.daddr)
    if public is not None:
        state = state.noted("outside", "", Assumed(_gateway(public.public, public.private, flow.version), "stated"))
        state = msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, daddr=public.private))
    else:
        state = state.noted("outside", "")
    denied = _upstream_denies(network, flow)
    if denied is not None:
        return stopped(state, "upstream-denies", stage="outside", decided_by=denied)
    link = incoming_link(network, state.netns, flow, start)
    if link is None and not state.netns.is_host:
        return unmade_link(state, start.link or "")
    tunnel = tunnel_to(network, state.netns, flow.version, start.address) if start.link is None else None
    if tunnel is not None and link is not None and link == tunnel[0] and link.up:
        through = inside_tunnel(network, state, *tunnel)
        if through is not None:
            return through
    if link is None:
        decided = LinkDecided("", message("no link of this host leads to the outside"))
        return stopped(state, "link-missing", stage="device-in", decided_by=decided)
    if not link.up or not link.carrier:
        said = message("is down" if not link.up else "has no carrier")
        return stopped_by(state, "link-down" if not link.up else "no-carrier", link, said, stage="device-in")
    sender = msgspec.structs.replace(
        state.packet, smac=_sender(network, state.netns, flow.version, start.address, link)
    )
    frame = frame_from_outside(network, state.netns, link, sender)
    return msgspec.structs.replace(state, iif=link.name, packet=sender, frame=frame)


def _sender(network: Network, netns: Netns, version: Version, address: int, link: Link) -> int | None:
    """Return the hardware address of the packet's sender, the client or its router; None without a neighbour entry."""
    namespace = network.namespace(netns)
    back = lookup(namespace, Query(version, address))
    way = next((hop.gateway for hop in back.next_hops if hop.link == link.name and hop.gateway is not None), address)
    entries = neighbour_entries(namespace, link.name, version, way)
    return entries[0].mac if entries else None


def asked_by_sender(network: Network, flow: Flow, state: State) -> State | End:
    """Return the client's first packet; its end if the host does not answer the ARP request of the packet's sender."""
    sender = sender_of(network, flow, state)
    if sender is None:
        return state
    stop = refusal(network, state.netns, _holder(network, state), state.packet.daddr, sender)
    return state if stop is None else refused_request(state, stop)


def asked_by_gateway(network: Network, left: State, back: State) -> End | None:
    """Return the answer's end if this host has the gateway's address and therefore ignores the gateway's ARP request;
    else None."""
    gateway = left.next_hop.gateway if left.next_hop is not None and left.carried is None else None
    if back.packet.version == 6 or gateway is None or not owns_address(network.namespace(back.netns), 4, gateway):
        return None
    stop = refusal(network, back.netns, _holder(network, back), back.packet.daddr, gateway)
    return None if stop is None else refused_request(back, stop)


def sender_of(network: Network, flow: Flow, state: State) -> int | None:
    """Return the IPv4 address of the machine that sends the client's packet on the link: the client, or its router.
    Return None for IPv6, or if no network of the link has a free address for a router.  A client that the user named
    sends the packet itself if it is in the link's own network.  The router's address is the gateway of the route back
    to the client, or of a default route by that link.  Without such a gateway, any free address in the link's network
    is taken."""
    namespace, packet, receiver = network.namespace(state.netns), state.packet, _holder(network, state)
    if packet.version == 6:
        return None
    if isinstance(flow.start, Lan) and packet.daddr == flow.daddr:
        return packet.saddr
    if isinstance(flow.start, Outside) and not flow.invented and is_beside(namespace, receiver, packet.saddr):
        return packet.saddr
    back = lookup(namespace, Query(4, packet.saddr))
    defaults = (hop for route in namespace.routes if not route.prefix_length for hop in route.next_hops)
    by_link = (hop for hop in (*back.next_hops, *defaults) if hop.link == receiver and hop.gateway_version != 6)
    named = next((hop.gateway for hop in by_link if hop.gateway is not None), None)
    return named if named is not None else _neighbour(namespace, receiver)


def _neighbour(namespace: Namespace, link: str) -> int | None:
    """Return a free address in a network of the link, to which the namespace's route leads by that link; None if there
    is none.  Another link's route may cover a part of the link's network; an address in that part does not count."""
    own = (each for each in addresses_of(namespace, link, 4) if each.scope == "global")
    networks = ((each.prefix.first, each.prefix_length) for each in own)
    free = (free_address(namespace, base, length, 4) for base, length in networks)
    return next((each for each in free if each is not None and _leads_by(namespace, each, link)), None)


def _leads_by(namespace: Namespace, address: int, link: str) -> bool:
    return any(hop.link == link for hop in lookup(namespace, Query(4, address)).next_hops)


def _holder(network: Network, state: State) -> str:
    """Return the packet's input link as the IP layer sees it: the bridge, if the packet enters by a bridge port."""
    namespace = network.namespace(state.netns)
    link = namespace.link(state.iif)
    return link.master or state.iif if link is not None and is_bridge_port(namespace, link) else state.iif


def _gateway(public: int, private: int, version: Version) -> Message:
    return message(
        "a gateway maps {public} to {private}",
        public=address_text(public, version),
        private=address_text(private, version),
    )


def _upstream_denies(network: Network, flow: Flow) -> Assumed | None:
    host = network.host_netns(flow.host)
    for rule in network.world.upstream:
        if network.host_netns(rule.host) != host:
            continue
        if rule.protocol == flow.protocol and rule.ports[0] <= flow.dport <= rule.ports[1]:
            denied = Assumed(message("a machine upstream keeps this port closed"), "stated")
            return denied if rule.action == "deny" else None
    return None


def incoming_link(network: Network, netns: Netns, flow: Flow, start: Outside | Lan) -> Link | None:
    """Return the link by which a packet from the outside client ``start`` enters the host.  If ``start`` names a link,
    it is that link.  Otherwise it is a tunnel device, if a route to the client leads into it.  A LAN client's packet
    enters by the link that has the asked address, or by the parent of the macvlan that has it.  Any other client's
    packet enters by such a link, too, if possible by the link of the route back to the client.  Without such a link it
    enters by the link of the route back, or else by any uplink."""
    namespace = network.namespace(netns)
    if start.link is not None:
        return namespace.link(start.link)
    tunnel = tunnel_to(network, netns, flow.version, start.address)
    if tunnel is not None:
        return tunnel[0]
    public = network.world.public(flow.version, flow.daddr)
    daddr = flow.daddr if public is None else public.private
    holders = [each.link for each in namespace.addresses if each.version == flow.version and each.value == daddr]
    holders += parents_of(network, netns, flow.version, daddr)
    if holders and all((link := namespace.link(name)) is None or not link.up for name in holders):
        holders = [*links_around(network, netns, flow.version, daddr), *holders]
    back = lookup(namespace, Query(flow.version, start.address))
    ways = [hop.link for hop in back.next_hops if hop.link] if back.type == "unicast" else []
    first = holders if isinstance(start, Lan) else [name for name in holders if name in ways] or holders
    candidates = [*first, *ways]
    for name in candidates:
        link = namespace.link(name)
        if link is not None and name != "lo":
            found = outer_link(network, netns, link)
            if found is not None:
                return found
    physical = [each for each in namespace.links if is_uplink(network, netns, each)]
    return min(physical, key=lambda each: each.master is not None, default=None)


def outside_takes(network: Network, flow: Flow, end: End) -> OutsideAnswer:
    """Return what happens to a packet that left the snapshot."""
    state, packet = end.state, end.state.packet
    public = network.world.public(packet.version, packet.daddr)
    if public is not None:
        return _at_gateway(network, state, public)
    lost = _lost_in_tunnel(network, state) or _lost_on_host(network, flow, state)
    if lost is not None:
        return lost
    if isinstance(flow.start, (Outside, Lan)):
        namespace = network.namespace(state.netns)
        link = namespace.link(state.oif)
        beside = link is not None and leads_to_unread(namespace, link)
        far = address_text(packet.daddr, packet.version)
        said = message("this host forwards the packet to {target}, and {target} answers", target=far)
        decided = Assumed(behind_unread(namespace, link, state) if link is not None and beside else said)
        onward = way_on(network, state) if not beside else None
        forwarding = (onward,) if onward is not None else ()
        return OutsideAnswer(decided, _reply(network, state, packet), assumed=(decided.said,), questions=forwarding)
    unknown = None if is_known_in_tunnel(network, state) else _unknown_source(network, state.netns.of_host, packet)
    if unknown is not None and not _is_exempted(network, state):
        return OutsideAnswer(unknown, reason="source-not-translated", assumed=(unknown.said,))
    refused = refused_by_peer(network, state)
    if refused is not None:
        return OutsideAnswer(refused, reason="peer-drops")
    question = way_back(network, state)
    decided = Assumed(answers(network, state, is_next_hop_named=question is not None))
    asked = (question, way_on(network, state), of_standby(network, state.netns.host, packet.version, packet.daddr))
    questions = tuple(each for each in asked if each is not None)
    return OutsideAnswer(decided, _reply(network, state, packet), None, (decided.said,), questions)


def _at_gateway(network: Network, state: State, public: PublicAddress) -> OutsideAnswer:
    """Return what a 1:1 NAT gateway does with a packet to the public address."""
    gateway = _gateway(public.public, public.private, state.packet.version)
    if not public.hairpins and network.host_netns(public.host) == state.netns.of_host:
        said = message("{gateway} and does not send this host's own packets back to this host", gateway=gateway)
        decided = Assumed(said, "stated")
        return OutsideAnswer(decided, reason="gateway-does-not-hairpin")
    decided = Assumed(message("{gateway} and hairpins", gateway=gateway), "stated")
    return OutsideAnswer(decided, reply=_reply(network, state, state.packet))


def _lost_in_tunnel(network: Network, state: State) -> OutsideAnswer | None:
    """Return why a tunnel's outer packet is lost if it went to another host than the inner packet's receiver; else
    None."""
    if state.carried is None:
        return None
    from hairpin.walk.link.far_end import wrong_end
    from hairpin.walk.link.wireguard import elsewhere

    wrong = wrong_end(network, state)
    if wrong is not None:
        return OutsideAnswer(wrong, reason="tunnel-elsewhere")
    needed = elsewhere(network, state)
    return OutsideAnswer(Assumed(needed), reason="endpoint-elsewhere") if needed is not None else None


def _lost_on_host(network: Network, flow: Flow, state: State) -> OutsideAnswer | None:
    """Return why a packet that left is lost although its receiver is on a read host; None if the packet is not lost."""
    namespace, packet = network.namespace(state.netns), state.packet
    link = namespace.link(state.oif)
    target = address_text(packet.daddr, packet.version)
    if link is not None and leads_to_unread(namespace, link) and may_be_containers(network, state, link):
        return OutsideAnswer(Assumed(behind_unread(namespace, link, state)), reason="namespace-unread")
    parent = lower_of(network, state.netns, link) if link is not None and not state.netns.is_host else None
    if parent is not None and owns_address(network.namespace(state.netns.of_host), packet.version, packet.daddr):
        kind = link.kind if link is not None else ""
        said = message("a {kind} never reaches the host on which it runs", kind=kind)
        return OutsideAnswer(Assumed(said, "read"), reason="left-instead")
    if is_containers(network, state.netns, flow, packet):
        held = holders(network.host(state.netns.host), packet.version, packet.daddr)
        inside = next((each for each in held if each.startswith(NAMED)), None)
        said = (
            message("{address} is an address of {name}, but the packet has left the host", address=target, name=inside)
            if inside is not None
            else message(
                "{address} is an address of a container network, but the packet has left the host", address=target
            )
        )
        return OutsideAnswer(Assumed(said, "read"), reason="left-instead")
    if state.netns.is_host and network.host(state.netns.host).guest_networks:
        from hairpin.network.unmade import unmade_network  # few hosts have such networks

        unmade = unmade_network(network, state.netns, packet.version, packet.daddr)
        if unmade is not None:
            said = message(
                "{address} is an address of {program}'s network {name}, which is not started, but the packet has left "
                "the host",
                address=target,
                program=unmade.program,
                name=unmade.name,
            )
            return OutsideAnswer(Assumed(said, "read"), reason="left-instead")
    asked = (packet.version, packet.daddr) == (flow.version, flow.daddr)
    gone = asked and (lost_by(network, flow) is not None or is_absent(network, flow))
    if gone or named_for(network, packet.version, packet.daddr) is not None:
        said = message(
            "no host that hairpin read has {address}, so the packet reaches none of these hosts", address=target
        )
        return OutsideAnswer(Assumed(said, "read"), reason="address-lost")
    other = on_another_host(network, state)
    if other is not None and link is not None and link.kind == "tun":
        said = message("the program that opened {link} carries the packet to {address}", link=link.name, address=target)
        return OutsideAnswer(Assumed(said), reason="opaque-device")
    return OutsideAnswer(other, reason="left-instead") if other is not None else None


def _unknown_source(network: Network, netns: Netns, packet: Packet) -> Assumed | None:
    """Return the fact that no outside host can send a reply to the packet's source address; None if a host may.  An
    address of this host gets no reply if is_hidden() is true.  Without a stated return route, an address in an uplink's
    network gets no reply if no namespace of the host has it; any other address, if its network is masqueraded."""
    namespace = network.namespace(netns)
    version, source = packet.version, packet.saddr
    if owns_address(namespace, version, source):
        from hairpin.network.unmasqueraded import is_hidden

        return _no_way_back(packet) if is_hidden(network, netns, version, source) else None
    for each in network.world.return_routes:
        if network.host_netns(each.host) != netns:
            continue
        if each.holds(source, version):
            return None
    for address in addresses_of(namespace, None, version):
        link = namespace.link(address.link)
        on_link = address.holds(source, version)
        if on_link and link is not None and is_uplink(network, netns, link):
            if any(owns_address(each, version, source) for each in network.host(netns.host).namespaces):
                return None  # a macvlan or a bridged container has the address, and answers ARP itself
            said = message(
                "nobody here answers for {address} on {link}", address=address_text(source, version), link=link.name
            )
            return Assumed(said, "read")
    if any(not addresses_of(namespace, each, version) for each in parents_of(network, netns, version, source)):
        return None  # the network of a macvlan's parent without an address is not known
    if version == 6 and not is_private(source, 6):
        return None  # an address of a routed IPv6 prefix needs no NAT
    from hairpin.network.unmasqueraded import is_unmasqueraded

    if is_unmasqueraded(network, netns, version, source):
        return None
    return _no_way_back(packet)


def _is_exempted(network: Network, state: State) -> bool:
    """Return whether somebody has exempted the packet from masquerading on its way to another site."""
    if state.carried is not None:
        return False
    from hairpin.walk.granted.untranslated import exemption

    return exemption(state.history.steps, state.netns, network.namespace(state.netns).ruleset) is not None


def _no_way_back(packet: Packet) -> Assumed:
    address = address_text(packet.saddr, packet.version)
    return Assumed(message("no host outside has a route back to {address}", address=address), "read")


def _reply(network: Network, state: State, packet: Packet) -> State:
    """Return an outside machine's answer.  The answer enters by the request's link and in the request's VLAN."""
    sent, carried = state.carried, None
    if sent is None:
        back = answer_to(packet, SYN | ACK)
    else:
        from hairpin.walk.link.far_end import carried_back, outer_answer

        carried = carried_back(sent, answer_to(sent.frame.packet, SYN | ACK))
        back = outer_answer(network, carried, packet)
    link = network.namespace(state.netns).link(state.oif)
    if link is not None:
        back = msgspec.structs.replace(
            back, smac=_sender(network, state.netns.of_host, packet.version, packet.daddr, link)
        )
    return State(
        "device-in",
        state.netns,
        back,
        iif=state.oif,
        frame=Frame(vid=state.frame.vid, foreign=state.frame.foreign),
        history=state.history.for_answer(),
        carried=carried,
    )
