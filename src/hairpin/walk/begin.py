"""Where a flow's first packet starts, or enters the hosts that were read; and packets that enter no such host."""

from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.attachment import attachment_of, entered_netns, sender_netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.lost_address import lost_by
from hairpin.network.network import Network, addresses_of, is_held, outer_link
from hairpin.network.prefix import Version, address_text, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.strayed import is_absent
from hairpin.question.unread_ports import bridges_of_guests
from hairpin.walk.decided import Assumed
from hairpin.walk.outside import OutsideAnswer, asked_by_sender, enters_by, incoming_link
from hairpin.walk.presumed import of_standby
from hairpin.walk.sockets import is_filtered, unit_of_container
from hairpin.walk.state import End, Sender, State, stopped
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.unread import unread_end
from hairpin.walk.user_stack import sent_in
from hairpin.wanted import read_host, watch_packets


def begin(network: Network, flow: Flow) -> State | End:
    """Return the flow's first packet where it starts or enters the snapshot, or the packet's end there."""
    match flow.start:
        case FromHost(address=address, uid=uid):
            return _local(flow, network.host_netns(flow.host), address or 0, uid)
        case FromContainer(address=address):
            netns = sender_netns(network, flow.start)
            if netns not in network:
                packet = flow.packet(0)
                return stopped(State("output-route", netns, packet), "no-container")
            return _kept_in(network, flow, netns) or _local(flow, netns, address or 0)
        case Outside(address=address) | Lan(address=address):
            at = State("device-in", entered_netns(network, flow), flow.packet(address))
            if at.netns not in network:
                return stopped(at, "no-container")
            sent = sent_in(network, flow)
            if sent is not None:
                return sent if isinstance(sent, End) else unread_end(network, sent) or sent
            started = unread_end(network, at) or enters_by(network, flow)
            return started if isinstance(started, End) else asked_by_sender(network, flow, started)


def _kept_in(network: Network, flow: Flow, netns: Netns) -> End | None:
    """Return the packet's end if the systemd unit of the sender's container filters the destination's address."""
    unit = unit_of_container(network, netns)
    if unit is None or not is_filtered(unit, flow.version, flow.daddr):
        return None
    said = message("IPAddressDeny= of {unit} covers {address}", unit=unit.name,
                   address=address_text(flow.daddr, flow.version))  # fmt: skip
    return stopped(_local(flow, netns, 0), "unit-filter", stage="output", decided_by=Assumed(said, grounds="read"))


def _local(flow: Flow, netns: Netns, saddr: int, uid: int = 0) -> State:
    return State("output-route", netns, flow.packet(saddr), sender=Sender(uid=uid))


def passes_by(network: Network, flow: Flow) -> OutsideAnswer | None:
    """Return the result of an outside client's packet that enters no host that was read; None if it enters such a host.

    There are five cases.  First, a program moves the address between machines, and no read host has the address now.
    Second, the address is outside, like the client, and is not stated to be a host's: the packet touches nothing that
    was read, so the verdict is open.  Third, the host publishes the
    port on the address but has lost the address, so it answers no ARP request.  Fourth, the address is the address of a
    stopped container on the link.  Fifth, the client is in a network of which only namespaces of this host have an
    address: it is a guest that was not read."""
    start = flow.start
    if isinstance(start, Outside) and start.behind is not None:
        return None
    guests = _among_guests(network, flow, start) if isinstance(start, Outside) and not start.link else ""
    if guests and isinstance(start, Outside):
        said = message("no link that hairpin read is on the packet's way")
        asked = _whether_it_passes(network, flow, start, guests)
        return OutsideAnswer(Assumed(said), reason="namespace-unread", questions=(asked,))
    question = of_standby(network, flow.host, flow.version, flow.daddr) if isinstance(start, (Outside, Lan)) else None
    if question is not None:
        said = message("another machine has {address} now", address=address_text(flow.daddr, flow.version))
        return OutsideAnswer(Assumed(said), assumed=(said,), questions=(question,))
    bare = lost_by(network, flow)
    lost = bare is not None or _is_lost(network, flow) or is_absent(network, flow)
    foreign = (flow.version, flow.daddr) in network.world.foreign and not _is_known(network, flow.version, flow.daddr)
    if not isinstance(start, (Outside, Lan)) or not (lost or foreign):
        return None
    netns = network.host_netns(flow.host)
    incoming = incoming_link(network, netns, flow, start)
    namespace = network.namespace(netns)
    onward = lookup(namespace, Query(flow.version, flow.daddr)).next_hops
    links = (namespace.link(hop.link) for hop in onward if hop.link is not None)
    outer = (outer_link(network, netns, link) for link in links if link is not None)
    if bare is None and (incoming is None or incoming not in outer):
        return None
    address = address_text(flow.daddr, flow.version)
    if lost:
        said = message(
            "no host that hairpin read has {address}, so the packet reaches none of these hosts", address=address
        )
        return OutsideAnswer(Assumed(said, "read"), reason="address-lost")
    said = message("no link that hairpin read is on the packet's way")
    return OutsideAnswer(
        Assumed(said), reason="namespace-unread", questions=(_whether_it_passes(network, flow, start),)
    )


def _among_guests(network: Network, flow: Flow, start: Outside) -> str:
    """Return the name of a namespace of the host whose own network has the client's address, if no namespace has this
    address, and the host itself has no route to it except a default route; empty if there is none."""
    netns, version = network.host_netns(flow.host), flow.version
    if netns not in network or is_held(network, version, start.address):
        return ""
    own = lookup(network.namespace(netns), Query(version, start.address))
    if own.route is not None and own.route.prefix_length:
        return ""
    for namespace in network.host(netns.host).namespaces:
        inside = netns.sibling(namespace.name)
        near = (each.holds(start.address, version) for each in addresses_of(namespace, None, version))
        if inside.is_named and not inside.is_dockerds and any(near):
            return network.netns_text(inside)
    return ""


def _whether_it_passes(network: Network, flow: Flow, start: Outside | Lan, guests: str = "") -> OpenQuestion:
    """Return the question whether a packet passes this host although the host has neither of its addresses.  Unread
    guests behind a bridge may have them, if the host has no address in the guests' network.  ``guests``: the namespace
    of a guest whose network has the client's address."""
    client, address = address_text(start.address, flow.version), address_text(flow.daddr, flow.version)
    facts = {"client": client, "address": address}
    near = is_private(start.address, flow.version) and is_private(flow.daddr, flow.version)
    bridges = ", ".join(bridges_of_guests(network, network.host_netns(flow.host))) if near else ""
    text = message(
        "Do packets from {client} to {address} pass this host? hairpin read no namespace with either address", **facts
    )
    passed = message("This host may stop them, and hairpin did not read what leads them here")
    if guests:
        text = message(
            "Do packets from {client} to {address} pass this host? {client} is an address of the network of {guests}, "
            "and hairpin read no namespace that has it",
            guests=guests,
            **facts,
        )
    elif bridges:
        text = message(
            "Do packets from {client} to {address} cross a bridge of this host? {bridges} leads to guests or "
            "namespaces that hairpin did not read, and they may have these addresses",
            bridges=bridges,
            **facts,
        )
    if bridges or guests:
        passed = message(
            "This host may stop them. hairpin reads a namespace that has a name: `ip netns attach NAME PID` names the "
            "network namespace of process PID. Then ask again with --from NAME"
        )
    return OpenQuestion(
        text=text,
        if_yes=passed,
        if_no=message("Nothing on this host stops them"),
        wanted=(watch_packets("any", f"host {client} and host {address}"), read_host(address)),
        undecided=True,
    )


def _is_known(network: Network, version: Version, address: int) -> bool:
    """Return whether a host that was read has the address, or an engine gave it to a container."""
    given = (attachment_of(network, each, address, version) for each in network.hosts)
    return is_held(network, version, address) or any(each is not None for each in given)


def _is_lost(network: Network, flow: Flow) -> bool:
    """Return whether no host has the asked address now, although the flow's host publishes the port on this address."""
    return (
        network.world.public(flow.version, flow.daddr) is None
        and network.host(flow.host).publishes_on(flow.version, flow.daddr, flow.dport, flow.protocol)
        and not is_held(network, flow.version, flow.daddr)
    )
