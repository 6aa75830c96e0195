"""Full-sized TCP segments: they may be lost on a path that the handshake's small packets pass.

The MSS option of one end's SYN limits the other end's segments.  A TCPMSS rule on the path lowers the option.  A
smaller MTU between the ends is no fault if the sender learns of this MTU.  The sender learns of the smaller MTU by an
ICMP error ("fragmentation needed", "packet too big"), which has to reach the sender's socket through all rules.  If the
error is lost, the sender repeats the same segment, and the walk ends where the error was lost.

If an outer packet exceeds an MTU, the inner packet's sender learns of that MTU only from the tunnel device.  A device
that is a bridge port sends an ICMP error.  A sender in the device's own namespace sees the smaller MTU in its route.  A
packet that a host forwards into the tunnel device is only compared with the device's own MTU.

A sender that probes for the MTU (tcp_mtu_probing) or lets routers fragment (ip_no_pmtu_disc) needs no error.  MTUs
beyond the hosts are unknown and cause no stop.

Several segments in one packet (GSO) pass a veth or a bridge port whose MTU is too small for each single segment.
Whether a segment travels alone depends on lengths and timing.  An answer of one long segment never arrives; an answer
of many segments mostly arrives.  So a link that is too narrow for a single segment causes an open question, not a stop.

Source: net/ipv4/ip_tunnel_core.c skb_tunnel_check_pmtu(), include/net/ip.h ip_dst_mtu_maybe_forward();
net/ipv4/tcp_timer.c tcp_mtu_probing(); net/ipv4/af_inet.c inet_create(): IP_PMTUDISC_DONT;
include/linux/netdevice.h __is_skb_forwardable(); measured in the lab: overlay-mtu-too-large,
healthy-bridge-vxlan-packet-too-big, pmtud-icmp-blocked
"""

from collections.abc import Iterable

import msgspec

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.mss import mss_set_by
from hairpin.network.network import Network, is_bridge_port
from hairpin.network.tunnel.tunnels import overhead_bytes
from hairpin.walk.decided import RouteDecided
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.reply import client_data, outside_data, server_data
from hairpin.walk.size.segment_size import HEADERS, Handshake, Sizes, clamped, mtus, sizes
from hairpin.walk.state import Carried, End, State, Step
from hairpin.walk.trace import Branch, OpenQuestion
from hairpin.walk.tunnelled import innermost
from hairpin.walk.verdicts import Verdict
from hairpin.wanted import ask_size

_MOST_MTUS = 8
"""The greatest number of smaller MTUs on a path that the sender learns one after another in a walk."""


class Lost(msgspec.Struct, frozen=True):
    """The loss of a full-sized segment about which the sender learns nothing.  ``end`` is the segment's end, or the end
    of the ICMP error about the segment.  ``data`` has the steps of both packets."""

    end: End
    data: tuple[Step, ...]


def may_stall(network: Network, *ways: Iterable[Step]) -> bool:
    """Return whether full-sized segments may be lost although the handshake passes: the path has a tunnel or different
    MTUs."""
    steps = tuple(step for way in ways for step in way)
    return _through_tunnel(steps) or len(mtus(network, steps)) > 1


_MIN_PMTU_BYTES = 552
"""The kernel's default of net.ipv4.route.min_pmtu."""


def probes(network: Network, netns: Netns) -> bool:
    """Return whether the namespace's TCP senders probe for a smaller MTU without an ICMP error (tcp_mtu_probing)."""
    return netns in network and bool(network.namespace(netns).sysctl("net", "ipv4", "tcp_mtu_probing"))


def is_narrow(step: Step) -> bool:
    """Return whether the step's route has an MTU below ``min_pmtu``; the kernel does not accept such an MTU from an
    ICMP error.

    After its retransmission timer expires, the sender then sends packets of ``min_pmtu`` bytes without DF. Source:
    net/ipv4/route.c __ip_rt_update_pmtu()
    """
    route = step.decided_by.entry if isinstance(step.decided_by, RouteDecided) else None
    return route is not None and route.version == 4 and 0 < (route.mtu_bytes or 0) < _MIN_PMTU_BYTES


def full_sized(network: Network, handshake: Handshake) -> Branch | tuple[OpenQuestion, ...]:
    """Return the branch on which the connection stalls because full-sized segments of one direction are lost.  If the
    connection does not stall, return the open questions: at most one, whether a segment ever travels alone and is lost.
    """
    largest = _at_risk(network, handshake)
    if largest is None:
        return ()
    request, reply = handshake.there.history.steps, handshake.back.state.history.steps
    verdicts: tuple[Verdict, Verdict] = ("dropped", "unanswered")
    for verdict, to_server in zip(verdicts, (True, False), strict=True):
        lost = _stall(network, handshake, largest, to_server=to_server, alone=False)
        if lost is not None:
            return Branch(verdict, request, reply, lost.data, lost.end.stop, lost.end.state.history.conditions)
    return _stalls_alone(network, handshake, largest)


def _stalls_alone(network: Network, handshake: Handshake, largest: Sizes) -> tuple[OpenQuestion, ...]:
    for to_server in (True, False):
        lost = _stall(network, handshake, largest, to_server=to_server, alone=True)
        stop = lost.end.stop if lost is not None else None
        link = network.namespace(stop.netns).link(stop.link) if stop is not None else None
        if lost is not None and stop is not None and link is not None and stop.reason == "mtu":
            return (_is_ever_alone(stop.netns, link, lost.end.state),)
    return ()


def _is_ever_alone(netns: Netns, link: Link, lost: State) -> OpenQuestion:
    facts = {"link": link.name, "netns": netns.name, "mtu": link.mtu_bytes, "length": lost.packet.length_bytes}
    sent = innermost(lost)
    text = (
        message("Does a large transfer ever stall at {link}, whose MTU is {mtu}?", **facts)
        if netns.is_host
        else message("Does a large transfer ever stall at {link} of {netns}, whose MTU is {mtu}?", **facts)
    )
    return OpenQuestion(
        text=text,
        if_yes=message(
            "A packet of {length} bytes is lost there if the kernel sends it alone, and the packet's sender gets no "
            "ICMP error",
            **facts,
        ),
        if_no=message(
            "{link} passes several segments as one large packet; each segment alone would be too long", **facts
        ),
        wanted=(ask_size(sent.length_bytes - HEADERS[sent.version]),),
        breaks_if="yes",
    )


def _at_risk(network: Network, handshake: Handshake) -> Sizes | None:
    """Return the sizes of full-sized packets by the MTUs of both ends; None if no such packet can be lost on the
    path."""
    flow, request, reply = handshake.flow, handshake.there.history.steps, handshake.back.state.history.steps
    if flow.protocol != "tcp" or not flow.data_bytes or not may_stall(network, request, reply):
        return None
    steps = (*request, *reply)
    largest, narrowest = sizes(network, handshake), min(mtus(network, steps), default=0)
    fits = max(largest.to_server, largest.to_client) <= narrowest
    return None if fits and not _through_tunnel(steps) else largest


def _stall(network: Network, handshake: Handshake, largest: Sizes, *, to_server: bool, alone: bool) -> Lost | None:
    """Return the loss of one direction's full-sized segments, if they are lost both without and with the rules that
    lower the MSS; else None.  A loss inside a tunnel is not tried again with these rules.

    If ``alone`` is true, each packet has only one segment."""
    lost = _lost(network, handshake, largest, to_server=to_server, alone=alone)
    if lost is None or lost.end.state.carried is not None:
        return lost
    smaller = clamped(network, handshake, largest)
    return lost if smaller == largest else _lost(network, handshake, smaller, to_server=to_server, alone=alone)


def _through_tunnel(steps: tuple[Step, ...]) -> bool:
    return any(step.stage == "tunnel" for step in steps)


def _lost(network: Network, handshake: Handshake, largest: Sizes, *, to_server: bool, alone: bool) -> Lost | None:
    """Return the loss of one direction's full-sized segment, if the sender does not learn of the smaller MTU; else
    None."""
    flow, size = handshake.flow, largest.to_server if to_server else largest.to_client
    start, whole = _first(network, handshake, to_server=to_server), flow.data_bytes + HEADERS[flow.version]
    local = start.stage == "output-route"
    if local and probes(network, start.netns):
        return None
    no_df = local and flow.version == 4 and network.namespace(start.netns).sysctl("net", "ipv4", "ip_no_pmtu_disc")
    for _ in range(_MOST_MTUS):
        if size <= start.packet.length_bytes:
            return None
        packet = msgspec.structs.replace(start.packet, length_bytes=size, dont_fragment=not no_df)
        segment = msgspec.structs.replace(start, packet=packet).with_fragments(gso=whole > size and not alone)
        ends = walk_asking(network, segment)
        end = next((each for each in ends if each.stop is not None and each.stop.reason in ("mtu", "qdisc")), None)
        if end is None:
            return None
        if end.state.carried is not None:
            smaller = _learned_in_tunnel(network, end, end.state.carried)
            if smaller is None:
                return None if clamps(network, end.state.history.steps) else Lost(end, end.state.history.steps)
        else:
            untold = _untold(network, segment, end)
            if untold is not None:
                return untold
            smaller = _mtu_of(network, end)
        if smaller >= size:
            return None
        size = smaller
    return None


def _first(network: Network, handshake: Handshake, *, to_server: bool) -> State:
    """Return the first data packet of the client if ``to_server`` is true, else of the server."""
    if to_server:
        return client_data(handshake.started, handshake.back)
    if handshake.far is None:
        return server_data(network, handshake.there, handshake.back)
    return outside_data(handshake.far, handshake.back)


def _untold(network: Network, sent: State, end: End) -> Lost | None:
    """Return the loss of a segment whose sender gets no ICMP error: the kernel sends none, or the error is lost.
    Return None if the error reaches or may reach the sender."""
    lost = Lost(end, end.state.history.steps)
    if end.kind != "rejected":
        return lost
    from hairpin.walk.ip.refusal import is_about, refusal

    back = refusal(network, end)
    if back is None:
        return lost
    answers = walk_asking(network, back)
    for answer in answers:
        home = answer.state.netns == sent.netns if sent.stage == "output-route" else answer.kind == "left"
        told = answer.kind in ("arrived", "left") and home and is_about(innermost(sent), innermost(answer.state))
        if told or answer.kind == "unknown":
            return None
    astray = next((each for each in answers if each.stop is not None), None)
    return lost if astray is None else Lost(astray, (*lost.data, *astray.state.history.steps))


def _mtu_of(network: Network, end: End) -> int:
    """Return the MTU of the link at which the packet was lost."""
    assert end.stop is not None
    link = network.namespace(end.stop.netns).link(end.stop.link)
    return link.mtu_bytes if link is not None else end.state.packet.length_bytes


def _learned_in_tunnel(network: Network, end: End, carried: Carried) -> int | None:
    """Return the MTU that the inner packet's sender learns after a loss inside a tunnel; None if the sender learns no
    MTU."""
    if not _learns(network, end, carried):
        return None

    return _mtu_of(network, end) - overhead_bytes(carried.tunnel)


def _learns(network: Network, end: End, carried: Carried) -> bool:
    """Return whether the tunnel device learns of the smaller MTU and can tell it to the inner packet's sender."""
    frame = carried.frame
    namespace = network.namespace(frame.netns)
    into = (each.link for each in reversed(end.state.history.steps) if each.stage == "tunnel")
    device = namespace.link(next(into, ""))
    if end.kind != "rejected" or device is None:
        return False
    forwards_by_route = frame.packet.version == 4 and namespace.sysctl("net", "ipv4", "ip_forward_use_pmtu") == 1
    return is_bridge_port(namespace, device) or not frame.iif or forwards_by_route


def clamps(network: Network, steps: Iterable[Step]) -> bool:
    """Return whether a namespace on the path has a rule that may lower the MSS."""
    passed = {step.netns for step in steps if step.netns in network}
    return any(
        mss_set_by(rule) is not None
        for netns in passed
        for table in network.namespace(netns).ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    )
