"""The edge of the snapshot: how packets enter it, and what happens to packets that leave it.

Everything here is assumed (see network/world.py) and says so.
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import ACK, SYN, Packet
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import (
    Network,
    addresses_of,
    is_bridge_port,
    is_uplink,
    outer_link,
    owns_address,
)
from hairpin.network.prefix import Version, address_text, inside, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.stacked import lower_of
from hairpin.network.unmasqueraded import is_unmasqueraded
from hairpin.network.wires import holder_of
from hairpin.walk.answer import answer_to
from hairpin.walk.link import wireguard
from hairpin.walk.link.crossing import refused_by_peer
from hairpin.walk.link.tunnel import carried_back, outer_answer
from hairpin.walk.presumed import answers, way_back
from hairpin.walk.state import Assumed, Carried, End, Frame, LinkDecided, OpenQuestion, Reason, State, stopped


class OutsideAnswer(msgspec.Struct, frozen=True):
    """The answer of the outside to a packet that left: a packet that comes back, or the reason for none.

    ``questions``: what only the user can tell.  The answer presumes the user's yes.
    """

    decided_by: Assumed
    reply: State | None = None
    reason: Reason | None = None
    assumed: tuple[Message, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()


def enters_by(network: Network, flow: Flow) -> State | End:
    """Return the flow's first packet at the link by which it enters, after a 1:1 NAT gateway (if any) has translated
    it."""
    start = flow.start
    assert isinstance(start, (Outside, Lan))
    packet = flow.packet(start.address)
    state = State("device-in", network.host_netns(flow.host), packet)
    public = network.world.public(flow.version, flow.daddr)
    if public is not None:
        state = state.noted("outside", "", Assumed(_gateway(public.public, public.private, flow.version)))
        state = msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, daddr=public.private))
    else:
        state = state.noted("outside", "")
    denied = _upstream_denies(network, flow)
    if denied is not None:
        return stopped(state, "upstream-denies", stage="outside", decided_by=denied)
    link = _incoming_link(network, state.netns, flow, start)
    if link is None:
        decided = LinkDecided("", message("no link of this host leads to the outside"))
        return stopped(state, "link-missing", stage="device-in", decided_by=decided)
    if not link.up or not link.carrier:
        said = message("is down" if not link.up else "has no carrier")
        decided = LinkDecided(link.name, said, link.evidence)
        reason: Reason = "link-down" if not link.up else "no-carrier"
        return stopped(state, reason, stage="device-in", link=link.name, decided_by=decided)
    sender = msgspec.structs.replace(
        state.packet, smac=_sender(network, state.netns, flow.version, start.address, link)
    )
    return msgspec.structs.replace(state, iif=link.name, packet=sender)


def _sender(network: Network, netns: Netns, version: Version, address: int, link: Link) -> int | None:
    """Return the hardware address that the packet comes from: the client's or its router's.  None if no neighbour entry
    tells."""
    namespace = network.namespace(netns)
    back = lookup(namespace, Query(version, address))
    way = next((hop.gateway for hop in back.next_hops if hop.link == link.name and hop.gateway is not None), address)
    for each in namespace.neighbours:
        if (each.link, each.version, each.value) == (link.name, version, way):
            return each.mac
    return None


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
            return Assumed(message("something upstream keeps this port out")) if rule.action == "deny" else None
    return None


def _incoming_link(network: Network, netns: Netns, flow: Flow, start: Outside | Lan) -> Link | None:
    """Return the link by which a packet from that start enters.

    The link that the start names comes first.  A client on the LAN enters by the link that holds the asked address, any
    other client by a link whose route leads back to it.
    """
    namespace = network.namespace(netns)
    if start.link is not None:
        return namespace.link(start.link)
    daddr = flow.daddr
    public = network.world.public(flow.version, flow.daddr)
    if public is not None:
        daddr = public.private
    holders = [each.link for each in namespace.addresses if each.version == flow.version and each.value == daddr]
    back = lookup(namespace, Query(flow.version, start.address))
    ways = [hop.link for hop in back.next_hops if hop.link] if back.type == "unicast" else []
    candidates = [*holders, *ways] if isinstance(start, Lan) else [*_default_first(holders, ways), *ways]
    for name in candidates:
        link = namespace.link(name)
        if link is not None and name != "lo":
            found = outer_link(network, netns, link)
            if found is not None:
                return found
    physical = [each for each in namespace.links if is_uplink(network, netns, each) and each.master is None]
    return physical[0] if physical else None


def _default_first(holders: list[str], ways: list[str]) -> list[str]:
    """Return the links that hold the asked address and are a way back to the client, or else all that hold it.

    A multi-homed host is asked on the address's own link.
    """
    return [name for name in holders if name in ways] or holders


def outside_takes(network: Network, flow: Flow, end: End) -> OutsideAnswer:
    """Return what happens to a packet that left the snapshot."""
    packet = end.state.packet
    public = network.world.public(packet.version, packet.daddr)
    if public is not None:
        gateway = _gateway(public.public, public.private, packet.version)
        if not public.hairpins and network.host_netns(public.host) == end.state.netns.of_host:
            decided = Assumed(
                message("{gateway} and does not send this host's own packets back to it", gateway=gateway)
            )
            return OutsideAnswer(decided, reason="gateway-does-not-hairpin", assumed=(decided.said,))
        decided = Assumed(message("{gateway} and hairpins", gateway=gateway))
        return OutsideAnswer(decided, reply=_reply(network, end.state, packet), assumed=(decided.said,))
    wrong = _wrong_tunnel_end(network, end.state)
    if wrong is not None:
        return OutsideAnswer(wrong, reason="tunnel-elsewhere")
    gateway_needed = wireguard.elsewhere(network, end.state)
    if gateway_needed is not None:
        return OutsideAnswer(Assumed(gateway_needed), reason="endpoint-elsewhere")
    link = network.namespace(end.state.netns).link(end.state.oif)
    if link is not None and _leads_to_unread(network.namespace(end.state.netns), link):
        target = address_text(packet.daddr, packet.version)
        decided = Assumed(
            message(
                "{address} answers, behind {link}, in a namespace that was not read", address=target, link=link.name
            )
        )
        return OutsideAnswer(decided, reason="namespace-unread")
    parent = lower_of(network, end.state.netns, link) if link is not None and not end.state.netns.is_host else None
    if parent is not None and owns_address(network.namespace(end.state.netns.of_host), packet.version, packet.daddr):
        kind = link.kind if link is not None else ""
        decided = Assumed(message("a {kind} never reaches the host that it stands on", kind=kind))
        return OutsideAnswer(decided, reason="left-instead", assumed=())
    if _is_containers(network, end.state.netns, flow, packet):
        target = address_text(packet.daddr, packet.version)
        decided = Assumed(
            message("{address} is a container network's address, and the packet has left the host", address=target)
        )
        return OutsideAnswer(decided, reason="left-instead", assumed=())
    elsewhere = _on_another_host(network, end.state)
    if elsewhere is not None and link is not None and link.kind == "tun":
        program = message("the program that has {link} open brings it to {address}",
                       link=link.name, address=address_text(packet.daddr, packet.version))  # fmt: skip
        return OutsideAnswer(Assumed(program), reason="opaque-device")
    if elsewhere is not None:
        return OutsideAnswer(elsewhere, reason="left-instead")
    if isinstance(flow.start, (Outside, Lan)):
        decided = Assumed(message("forwarded through this host to somebody else"))
        return OutsideAnswer(decided, reply=_reply(network, end.state, packet), assumed=(decided.said,))
    unknown = _unknown_source(network, end.state.netns.of_host, packet)
    if unknown is not None:
        return OutsideAnswer(unknown, reason="source-not-translated", assumed=(unknown.said,))
    refused = refused_by_peer(network, end.state)
    if refused is not None:
        return OutsideAnswer(refused, reason="peer-drops", assumed=(refused.said,))
    question = way_back(network, end.state)
    questions = (question,) if question is not None else ()
    decided = Assumed(answers(network, end.state, is_next_hop_named=bool(questions)))
    return OutsideAnswer(decided, _reply(network, end.state, packet), assumed=(decided.said,), questions=questions)


def _wrong_tunnel_end(network: Network, state: State) -> Assumed | None:
    """Return the reason if a tunnel's outer packet goes to another address than that of the host that has the receiver.

    None: the address is right, or the receiver's host was not read.
    """
    carried = state.carried
    if carried is None:
        return None
    if carried.frame.packet.dmac is None:
        return _wrong_end_of_bridges(network, state, carried)
    for netns, namespace in network.namespaces():
        for link in namespace.links:
            same = link.tunnel is not None and (link.tunnel.kind, link.tunnel.key) == (
                carried.tunnel.kind,
                carried.tunnel.key,
            )
            if same and link.mac == carried.frame.packet.dmac and netns != carried.frame.netns:
                target = address_text(state.packet.daddr, state.packet.version)
                return Assumed(
                    message(
                        "{link} of {host} has the frame's hardware address, and {address} is not its",
                        link=link.name,
                        host=netns.host,
                        address=target,
                    )
                )
    return None


def _wrong_end_of_bridges(network: Network, state: State, carried: Carried) -> Assumed | None:
    """Return the reason if a tunnelled frame without a hardware address is for an address behind a tunnel device that
    was read."""
    frame = carried.frame
    holder = holder_of(network, frame.packet.version, frame.packet.daddr, besides=frame.netns.host)
    if holder is None:
        return None
    for link in network.namespace(holder.of_host).links:
        if link.tunnel is not None and link.tunnel.kind == carried.tunnel.kind and link.master is not None:
            return Assumed(
                message(
                    "{address} is behind {link} of {host}, which does not have {target}",
                    address=address_text(frame.packet.daddr, frame.packet.version),
                    link=link.name,
                    host=holder.host,
                    target=address_text(state.packet.daddr, state.packet.version),
                )
            )
    return None


def _on_another_host(network: Network, state: State) -> Assumed | None:
    """Return the reason if the destination is an address of another host that was read, which the packet does not
    reach.

    A stated route to it (``return_route``) leads there through gateways that were not read.
    """
    packet = state.packet
    holder = holder_of(network, packet.version, packet.daddr, besides=state.netns.host)
    if state.carried is not None or holder is None:
        return None
    for each in network.world.return_routes:
        if each.version == packet.version and inside(packet.daddr, each.network, each.prefix_length, each.version):
            return None
    target = address_text(packet.daddr, packet.version)
    return Assumed(
        message(
            "{address} is on {far}, and the packet has left {host} for another machine",
            address=target,
            far=holder.host,
            host=state.netns.host,
        )
    )


def _leads_to_unread(namespace: Namespace, link: Link) -> bool:
    """Return whether the link's other end is in a namespace that was not read: a bridge's veth without its peer.

    An uplink that is a bridge port looks alike; the bridge then has the default route.
    """
    if link.kind != "veth" or not is_bridge_port(namespace, link):
        return False
    defaults = (hop.link for route in namespace.routes if route.prefix_length == 0 for hop in route.next_hops)
    return link.master not in set(defaults)


def _is_containers(network: Network, netns: Netns, flow: Flow, packet: Packet) -> bool:
    """Return whether the packet should have entered a bridge network here.

    Its destination is a container's own address, or an address that it was translated to in such a network.
    """
    version, address = packet.version, packet.daddr
    for engine in network.host(netns.host).engines:
        for container in engine.containers:
            if any(address == (each.ipv4 if version == 4 else each.ipv6) for each in container.endpoints):
                return True
    return address != flow.daddr and any(
        subnet.version == version and inside(address, subnet.network, subnet.prefix_length, version)
        for engine in network.host(netns.host).engines
        for each in engine.networks
        if each.driver == "bridge"
        for subnet in each.subnets
    )


def _unknown_source(network: Network, netns: Netns, packet: Packet) -> Assumed | None:
    """Return whether no host outside can route a reply to the packet's source address.

    It is none of this host's, on none of the uplink's networks, has no stated return route, and its network
    masquerades.
    """
    namespace = network.namespace(netns)
    version, source = packet.version, packet.saddr
    if owns_address(namespace, version, source):
        return None
    for each in network.world.return_routes:
        if network.host_netns(each.host) != netns:
            continue
        if each.version == version and inside(source, each.network, each.prefix_length, version):
            return None
    for address in addresses_of(namespace, None, version):
        link = namespace.link(address.link)
        on_link = inside(source, address.value, address.prefix_length, version)
        if on_link and link is not None and is_uplink(network, netns, link):
            if any(owns_address(each, version, source) for each in network.host(netns.host).namespaces):
                return None  # a macvlan's or a bridged container's: it answers for itself
            return Assumed(
                message(
                    "nobody here answers for {address} on {link}",
                    address=address_text(source, version),
                    link=link.name,
                )
            )
    if version == 6 and not is_private(source, 6):
        return None  # a routed IPv6 prefix needs no translation
    if is_unmasqueraded(network, netns, version, source):
        return None
    return Assumed(message("nobody outside knows a way back to {address}", address=address_text(source, version)))


def _reply(network: Network, state: State, packet: Packet) -> State:
    """Return the answer of the outside.  It enters by the link, and in the VLAN, by which the request left."""
    sent, carried = state.carried, None
    if sent is None:
        back = answer_to(packet, SYN | ACK)
    else:
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
        frame=Frame(vid=state.frame.vid),
        history=state.history.for_answer(),
        carried=carried,
    )
