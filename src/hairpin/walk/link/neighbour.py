"""The neighbour that a packet is sent to: by its neighbour entry, or by ARP on the link.

Source: net/ipv4/ip_output.c ip_finish_output2(); net/core/neighbour.c neigh_resolve_output()
"""

from collections.abc import Iterator

import msgspec

from hairpin.door import ArpRequest
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import BROADCAST, LEARNED, Neighbour
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import TCP
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.address_type import address_type4, is_to_many
from hairpin.network.index import loops_back, takers
from hairpin.network.network import Network, Port, bridge_ports, is_bridge_port, neighbour_entries
from hairpin.network.own_frames import hands_up, said_of_forwarding
from hairpin.network.prefix import BROADCAST4, Version, address_text
from hairpin.network.source_address import source_address
from hairpin.network.stacked import routes_below
from hairpin.network.wires import wires_of
from hairpin.walk.decided import Assumed, LinkDecided
from hairpin.walk.link.arp import ARP_IS_OFF, arp_sender_address, is_mute, refusal, replies
from hairpin.walk.link.claimed_address import claiming_port
from hairpin.walk.link.device import link_down, without_carrier
from hairpin.walk.link.neighbour_room import without_room
from hairpin.walk.link.segment import Answer, who_answers, who_has
from hairpin.walk.link.solicitation import asked_for
from hairpin.walk.link.traffic_control import opaque
from hairpin.walk.link.unanswered import silence_of
from hairpin.walk.state import End, Outcome, Reason, State, Stop, stopped, stopped_by


def neighbour(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the packet addressed to its neighbour on ``state.oif``, or the packet's end if no neighbour replies."""
    link = network.namespace(state.netns).link(state.oif)
    if link is None:
        yield stopped(state, "link-missing", link=state.oif)
        return
    if loops_back(link):
        if not link.up:
            yield link_down(state, link)
            return
        yield without_room(network, state, link.name, state.packet.daddr) or state.to("device-out")
        return
    if not link.up:
        yield stopped_by(state, "bridge-down" if link.kind == "bridge" else "link-down", link, message("is down"))
        return
    hop = state.next_hop
    if hop is not None and hop.encap:
        what = message("a route that encapsulates ({encap})", encap=hop.encap)
        state = state.given(Condition(message("{what} delivers the packet at its target", what=what), holds=True))
        yield opaque(state, link, what)
    address = next_address(state)
    entry = permanent(network, state, link, address)
    if entry is not None and entry.mac is not None:
        yield _as_entered(network, state, link, entry, entry.mac)
        return
    if routes_below(link):  # an ipvlan in mode l3 resolves no neighbours (IFF_NOARP): arp_constructor()
        yield state.with_frame(target=None, dmac=link.mac).to("device-out")
        return
    own = state.packet.protocol == TCP and state.packet.version == 4 and not state.iif
    if own and _is_broadcast(network, state, link, address):
        yield stopped_by(state, "martian-destination", link, _TO_ALL)
        return
    if link.tunnel is not None and "NOARP" in link.flags:
        yield state.with_frame(target=None).to("device-out")
        return
    if is_mute(link):
        yield stopped_by(state, "no-neighbour", link, ARP_IS_OFF, address=address)
        return
    full = without_room(network, state, link.name, address)
    if full is not None:
        yield full
        return
    for outcome in asked_for(network.namespace(state.netns), state, link, address):
        yield outcome if isinstance(outcome, End) else _resolution(network, outcome, link, address)


_TO_ALL = message(
    "sends to all machines here, because the address is a broadcast address, and TCP accepts no broadcast"
)


def _is_broadcast(network: Network, state: State, link: Link, address: int) -> bool:
    """Return whether the kernel sends packets to the address as broadcasts.  A translated packet of the host itself can
    have such a destination; net/ipv4/tcp_ipv4.c tcp_v4_connect() refuses any other.  A neighbour entry that is older
    than the broadcast route keeps its hardware address.

    Source: net/ipv4/arp.c arp_constructor(), tcp_ipv4.c tcp_v4_rcv(): PACKET_HOST"""
    namespace = network.namespace(state.netns)
    direct = state.next_hop is None or state.next_hop.gateway is None
    return (
        direct
        and address != BROADCAST4
        and address_type4(namespace, address) == "broadcast"
        and not is_known(namespace, link, 4, address)
    )


def _resolution(network: Network, state: State, link: Link, address: int) -> Outcome:
    """Return the packet addressed to the neighbour that answers, or the packet's end if no neighbour answers."""
    namespace = network.namespace(state.netns)
    if is_bridge_port(namespace, link):
        # Packets that a bridge port receives belong to the bridge, so an answer by the port resolves nothing
        # (br_input.c br_handle_frame()).
        said = message(
            "answers enter the host at {bridge}, because this link is one of its ports", bridge=link.master or ""
        )
        return stopped_by(state, "no-neighbour", link, said, address=address)
    if link.kind == "bridge" and not hands_up(namespace, link):
        # A neighbour's answer is not delivered locally, so even a resolved entry fails when the kernel confirms it.
        return stopped_by(state, "no-neighbour", link, said_of_forwarding(namespace, link), address=address)
    claimed = _stop_of_claim(network, state, link, address)
    if claimed is not None:
        return claimed
    answer = answer_on_link(network, state, link, address)
    refused = _refused(network, state, link, address) if answer.kind in ("nobody", "outside") else None
    if answer.kind == "owner" and answer.port is not None:
        state = _introduced(network.namespace(state.netns), state, link, address, answer.port)
    if answer.kind == "outside" and (open_fact := silence_of(network.namespace(state.netns), state, link, address)):
        state = state.noted("neighbour", link.name, open_fact)
    return refused or _addressed(network, state, link, address, answer)


def _stop_of_claim(network: Network, state: State, link: Link, address: int) -> End | None:
    """Return the packet's end if a machine that was not read claims the address, and the kernel sends there; else
    None."""
    namespace = network.namespace(state.netns)
    entry = known_entry(namespace, link, 4, address) if state.packet.version == 4 else None
    port = claiming_port(network, state.netns, link, entry) if entry is not None else None
    if entry is None or entry.mac is None or port is None:
        return None
    said = message(
        "sends {address} to {mac}, which is behind port {port} and was not read (neighbour entry: {state})",
        address=address_text(address, 4),
        mac=write_mac(entry.mac),
        port=port.link,
        state=entry.state,
    )
    decided = LinkDecided(link.name, said, entry.evidence, entry)
    return stopped(state, "neighbour-wrong", link=link.name, decided_by=decided, address=address)


def _refused(network: Network, state: State, link: Link, address: int) -> End | None:
    """Return the packet's end if the host that has the address does not answer the ARP request for the address, else
    None."""
    if state.packet.version == 6:
        return None
    owner = who_answers(network, state.netns, link, 4, address).port
    if owner is None:
        return None
    sender = arp_sender(network.namespace(state.netns), state, link, address)
    stop = refusal(network, owner.netns, owner.link, address, sender)
    return refused_request(state, stop) if stop is not None else None


def refused_request(state: State, stop: Stop) -> End:
    """Return the end of a packet whose receiver does not answer the ARP request; ``stop`` is the ARP request's stop."""
    there = msgspec.structs.replace(state, netns=stop.netns)
    return End("dropped", there.noted(stop.stage, stop.link, stop.decided_by, note=stop.reason), stop)


def next_address(state: State) -> int:
    """Return the address of the neighbour that receives the packet: the gateway's, or the packet's destination."""
    hop = state.next_hop
    return hop.gateway if hop is not None and hop.gateway is not None else state.packet.daddr


def frame_receiver(network: Network, state: State, link: Link, address: int) -> Answer | End:
    """Return the link that receives frames to the neighbour ``address``; the packet's end if a permanent entry is
    wrong."""
    entry = permanent(network, state, link, address)
    if entry is not None and entry.mac is not None:
        addressed = _as_entered(network, state, link, entry, entry.mac)
        return addressed if isinstance(addressed, End) else Answer("owner", addressed.frame.target)
    return answer_on_link(network, state, link, address)


def answer_on_link(network: Network, state: State, link: Link, address: int) -> Answer:
    """Return the link that receives packets to the neighbour ``address``, by neighbour entries or ARP.

    Without a usable neighbour entry the kernel sends an ARP request, whose sender address may decide which host
    replies.  The kernel uses a stale entry until it is resolved again.
    """
    packet, namespace = state.packet, network.namespace(state.netns)
    known = known_entry(namespace, link, 4, address) if packet.version == 4 else None
    rival = named_rival(network, state.netns, link, known) if known is not None else None
    if rival is not None:
        return Answer("owner", rival)
    if packet.version == 6 or _is_resolved(namespace, state, link, address):
        return who_answers(network, state.netns, link, packet.version, address)
    sender = arp_sender(namespace, state, link, address)
    return who_answers(network, state.netns, link, packet.version, address, sender)


def named_rival(network: Network, netns: Netns, link: Link, entry: Neighbour) -> Port | None:
    """Return the link to which a learned IPv4 entry leads, if several namespaces answer for the address; else None.

    The kernel confirms the entry by unicast requests to that link as long as the link answers: net/ipv4/arp.c
    arp_solicit()"""
    rivals = takers(network.host(netns.host), 4, entry.value) - {netns.name}
    if len(rivals) <= 1 or entry.mac is None:
        return None
    port = who_has(network, netns, link, entry.mac).port
    sender = source_address(network.namespace(netns), 4, link.name, entry.value) or 0
    answers = port is not None and replies(network, port.netns, port.link, entry.value, sender)
    return port if answers else None


def _is_resolved(namespace: Namespace, state: State, link: Link, address: int) -> bool:
    """Return whether the kernel needs no ARP request: it has an entry for the neighbour, or it learned an entry in this
    walk."""
    learned = (state.netns, link.name, address) in state.history.neighbours
    return learned or is_known(namespace, link, 4, address)


def _introduced(namespace: Namespace, state: State, link: Link, address: int, owner: Port) -> State:
    """Return the state after the ARP request: the namespace that has the address has learned the request's sender.

    Source: net/ipv4/arp.c arp_process(): neigh_event_ns()
    """
    if state.packet.version == 6 or _is_resolved(namespace, state, link, address):
        return state
    sender = arp_sender(namespace, state, link, address)
    known = state.history.neighbours
    return state.with_history(neighbours=(*known, (owner.netns, owner.link, sender))) if sender else state


def arp_sender(namespace: Namespace, state: State, link: Link, address: int) -> int:
    """Return the sender address of the ARP request for ``address``."""
    sender = arp_sender_address(namespace, link.name, state.packet, address)
    request = ArpRequest(state.netns.host, state.netns.name, link.name, address, sender)
    return namespace.door.choices.arp_sender(request)


def is_known(namespace: Namespace, link: Link, version: Version, address: int) -> bool:
    """Return whether the kernel has an entry for the neighbour that it uses without resolving the neighbour first."""
    return known_entry(namespace, link, version, address) is not None


def known_entry(namespace: Namespace, link: Link, version: Version, address: int) -> Neighbour | None:
    """Return the neighbour entry that the kernel uses without resolving the neighbour first, or None."""
    entries = neighbour_entries(namespace, link.name, version, address)
    return next((each for each in entries if each.state in LEARNED), None)


def permanent(network: Network, state: State, link: Link, address: int) -> Neighbour | None:
    """Return the neighbour's static entry, or None.  All entries that are not static expire and are resolved again."""
    entries = neighbour_entries(network.namespace(state.netns), link.name, state.packet.version, address)
    return next((each for each in entries if each.static), None)


def _as_entered(network: Network, state: State, link: Link, entry: Neighbour, mac: int) -> Outcome:
    """Return the packet addressed to the permanent entry's hardware address; its end if the neighbour does not receive
    it."""
    if not link.carrier:
        return state.with_frame(target=None, dmac=mac).to("device-out")
    found = who_has(network, state.netns, link, mac)
    by_address = who_answers(network, state.netns, link, entry.version, entry.value)
    to_all = mac == BROADCAST and state.packet.protocol == TCP  # tcp_v4_rcv() accepts only PACKET_HOST
    another = found.port is None and _has_another(network, state.netns, link, by_address, mac)
    if found.kind != "nobody" and not to_all and not another:
        # A program writes a tunnel's entries.  Links of bridges and containers were read, so nothing is assumed about
        # them.
        unread = found.kind == "outside" and link.tunnel is None
        noted = (
            state.noted("neighbour", link.name, _by_hand(network.namespace(state.netns), entry, mac))
            if unread
            else state
        )
        return noted.with_frame(target=found.port, dmac=mac).to("device-out")
    if by_address.port is not None and _mac(network, by_address.port) is None:
        return _addressed(network, state, link, entry.value, by_address)  # the owner's hardware address was not read
    said = message(
        "a permanent neighbour entry sends {address} to {mac}",
        address=address_text(entry.value, entry.version),
        mac=write_mac(mac),
    )
    decided = LinkDecided(link.name, said, entry.evidence, entry)
    return stopped(state, "neighbour-wrong", link=link.name, decided_by=decided, address=entry.value)


def _by_hand(namespace: Namespace, entry: Neighbour, mac: int) -> Assumed:
    """Return the assumption that a machine which was not read has the hardware address of its permanent neighbour
    entry.  A reading confirms the hardware address only if the kernel has learned it, too."""
    learned = any((each.link, each.mac) == (entry.link, mac) and each.state in LEARNED for each in namespace.neighbours)
    return Assumed(
        message(
            "{address} has the hardware address {mac}, as a permanent neighbour entry says",
            address=address_text(entry.value, entry.version),
            mac=write_mac(mac),
        ),
        entry=None if learned else entry,
    )


def _has_another(network: Network, netns: Netns, link: Link, owner: Answer, mac: int) -> bool:
    """Return whether another host that was read has the neighbour's address, and no machine that this host knows has
    ``mac``: a router may pass the packets on.

    If one host has learned an entry of another machine for the other host, a cloud's fabric between them answers ARP
    for them, and the entry may be the fabric's.
    """
    if owner.kind != "owner" or owner.port is None or owner.port.netns.host == netns.host:
        return False
    namespace, host = network.namespace(netns), owner.port.netns.host
    uplinks = (link, *bridge_ports(namespace, link.name)) if link.kind == "bridge" else (link,)
    wires = [
        wire
        for each in uplinks
        for wire in wires_of(network, Port(netns, each.name))
        if wire.far.netns.host == host and wire.reason != "fabric"
    ]
    learned = any(each.mac == mac and each.state in LEARNED for each in namespace.neighbours)
    return any(not wire.assumed for wire in wires) or (bool(wires) and not learned)


def _mac(network: Network, port: Port) -> int | None:
    link = network.namespace(port.netns).link(port.link)
    return link.mac if link is not None else None


def unresolved_end(state: State, lost: End) -> End:
    """Return the end of a packet whose neighbour stays unresolved.  ``lost``: the end of the ARP or neighbour discovery
    message that was dropped: the request or its answer.

    No socket gets an ICMP error about such a message.
    """
    assert lost.stop is not None
    last = msgspec.structs.replace(lost.state.history.steps[-1], packet=state.packet)
    waiting = state.with_history(steps=(*state.history.steps, last))
    return End("dropped", waiting, msgspec.structs.replace(lost.stop, reject=None))


def _addressed(network: Network, state: State, link: Link, address: int, answer: Answer) -> Outcome:
    text = address_text(address, state.packet.version)
    match answer.kind:
        case "owner":
            return state.with_frame(target=answer.port, dmac=None).to("device-out")
        case "outside":
            asked = not link.carrier and not is_to_many(network.namespace(state.netns), state.packet.version, address)
            mac = answer.mac if answer.mac is not None else _entered(network, state, link, address)
            told = state if mac is None else state.with_frame(dmac=mac)
            # The bridge at the other end of a container's veth does not take the frame for its own.
            foreign = mac is None and link.kind == "veth" and not state.netns.is_host
            sent = told.with_frame(target=None, foreign=foreign).to("device-out")
            return without_carrier(state, link) if asked else sent
        case "down" | "closed" | "isolated":
            assert answer.blocked is not None
            blocked = answer.blocked
            reason, what = _BLOCKED[answer.kind]
            decided = LinkDecided(
                blocked.link,
                message(
                    "in {netns} {what}, so nothing answers for {address}",
                    netns=network.netns_text(blocked.netns),
                    what=what,
                    address=text,
                ),
            )
            end = stopped(state, reason, stage="neighbour", link=blocked.link, decided_by=decided, address=address)
            assert end.stop is not None
            return msgspec.structs.replace(end, stop=msgspec.structs.replace(end.stop, netns=blocked.netns))
        case "nobody" if is_to_many(network.namespace(state.netns), state.packet.version, address):
            return End("left", state)  # the bridge floods it, and whoever listens gets it
        case "nobody":
            return stopped_by(
                state,
                "no-neighbour",
                link,
                message("nobody on this link answers for {address}", address=text),
                address=address,
            )


def _entered(network: Network, state: State, link: Link, address: int) -> int | None:
    """Return the hardware address in the neighbour's entry if the link is a bridge.  The hardware address determines
    the bridge port."""
    if link.kind != "bridge":
        return None
    entries = neighbour_entries(network.namespace(state.netns), link.name, state.packet.version, address)
    return entries[0].mac if entries else None


_BLOCKED: dict[str, tuple[Reason, Message]] = {
    "down": ("link-down", message("is down")),
    "closed": ("bridge-port-state", message("does not forward")),
    "isolated": ("bridge-port-isolated", message("is isolated, and so is the port by which the request came in")),
}
"""Why an ARP request does not reach the link that has the address, by the kind of :class:`Answer`."""
