"""Asks whether the path to a client has a smaller MTU, and the sender of the answer does not learn this MTU.

Between this host and a client the MTU may be smaller: a VPN, PPPoE, a tunnel.  A router there drops a full-sized
segment of an answer, and sends an ICMP error to the segment's sender ("fragmentation needed", "packet too big").  If a
rule of this host drops the error, short answers arrive and long answers hang.  No reading shows whether such a path
exists, so this is a question.  There is no question if the sender needs no error: it probes for the MTU, it lets
routers fragment, a rule on the path lowers the MSS, or the MTU of its own link is already the smallest possible.
"""

from collections.abc import Iterable

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.diagnose.examination import examination
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Verdict
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, PSH, SYN, Packet
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.walk.begin import begin
from hairpin.walk.decided import RuleDecided
from hairpin.walk.link.bridged_machine import frame_from_outside
from hairpin.walk.link.neighbour_discovery import after_solicitation, walk_asking
from hairpin.walk.reply import reaches, walk_answer
from hairpin.walk.size.bulk import clamps, probes
from hairpin.walk.size.segment_size import mtu_towards
from hairpin.walk.state import End, Frame, State
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import watch_packets

_NARROWEST = 1280
"""The least MTU of IPv6 (RFC 8200).  Paths of IPv4 rarely have a smaller MTU."""
_MOST_KINDS = 8
"""The greatest number of kinds of flows for which the ICMP error about a path with a small MTU is walked."""
_FILTERS = {4: "icmp[0] == 3 and icmp[1] == 4", 6: "icmp6 and ip6[40] == 2"}


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask one flow of each kind whether the path to its clients has a small MTU.  Flows of one kind take the same path
    through the host."""
    found = inquiry.walked
    kinds: dict[tuple[object, ...], int] = {}
    for number, each in enumerate(found.diagnoses):
        flow = each.trace.flow
        if each.trace.verdict == "delivered" and flow.protocol == "tcp" and isinstance(flow.start, Outside):
            links = tuple(
                step.link
                for step in each.trace.like.usual.request
                if step.netns.is_host and step.stage in ("device-in", "input", "forward", "relay")
            )
            kinds.setdefault((flow.host, flow.version, links), number)
    diagnoses = list(found.diagnoses)
    asked: set[Message] = set()
    for number in list(kinds.values())[:_MOST_KINDS]:
        question = unheard_of(found.network, diagnoses[number].trace)
        if question is not None and question.if_yes not in asked:
            asked.add(question.if_yes)
            trace = diagnoses[number].trace.asking(question)
            diagnoses[number] = msgspec.structs.replace(diagnoses[number], trace=trace)
    return inquiry.examined(examination(found.network, tuple(diagnoses))) if asked else inquiry


def unheard_of(network: Network, trace: Trace) -> OpenQuestion | None:
    """Return the question whether the path to some outside clients has a small MTU, if a rule drops the ICMP error
    about it.  Return None if the flow is no delivered TCP flow from outside, or if its sender needs no error or gets
    it.  Any router on the path may send the error, or the far end of a tunnel with the client's own address.  A list of
    allowed clients drops the error only from some addresses; such a list does not count."""
    flow = trace.flow
    if flow.protocol != "tcp" or not isinstance(flow.start, Outside) or trace.verdict != "delivered":
        return None
    if clamps(network, (*trace.usual.request, *trace.usual.reply)):
        return None
    answer = _answer(network, flow)
    if answer is None or _needs_no_error(network, answer[0].netns, flow):
        return None
    _, left = answer
    error = _error(network, left)
    by_client = msgspec.structs.replace(error, packet=msgspec.structs.replace(error.packet, saddr=left.packet.daddr))
    found = _dropping(walk_asking(network, error))
    if found is None or _dropping(walk_asking(network, by_client)) is None:
        return None
    return _question(network, flow, left, *found)


def _answer(network: Network, flow: Flow) -> tuple[State, State] | None:
    """Return the client's first packet at the socket, and its answer where it leaves the host."""
    started = begin(network, flow)
    started = after_solicitation(network, started) if isinstance(started, State) else started
    if isinstance(started, End):
        return None
    arrived = next((each for each in walk_asking(network, started) if each.kind == "arrived"), None)
    if arrived is None:
        return None
    ends = walk_answer(network, arrived.state, flags=SYN | ACK)
    left = next((each for each in ends if each.kind == "left" and reaches(network, started, each)), None)
    if left is None or left.state.carried is not None:
        return None
    return arrived.state, left.state


def _needs_no_error(network: Network, netns: Netns, flow: Flow) -> bool:
    namespace = network.namespace(netns)
    if probes(network, netns) or (flow.version == 4 and namespace.sysctl("net", "ipv4", "ip_no_pmtu_disc")):
        return True
    assert isinstance(flow.start, Outside)
    return mtu_towards(network, netns, flow.version, flow.start.address) <= _NARROWEST


def _error(network: Network, left: State) -> State:
    """Return the ICMP error of the next router about a full-sized segment, as it comes in."""
    sent, six = left.packet, left.packet.version == 6
    hop = left.next_hop
    router = hop.gateway if hop is not None and hop.gateway is not None else sent.daddr
    inner = msgspec.structs.replace(
        sent, tcp_flags=ACK | PSH, length_bytes=left.mtu_bytes or 1500, dont_fragment=not six
    )
    error = Packet(
        version=sent.version,
        saddr=router,
        daddr=sent.saddr,
        protocol=ICMP6 if six else ICMP,
        icmp=2 << 8 if six else 3 << 8 | 4,
        ttl=64,
        length_bytes=1280 if six else 576,
        inner=inner,
    )
    link = network.namespace(left.netns).link(left.oif)
    frame = frame_from_outside(network, left.netns, link, error) if link is not None else Frame()
    frame = msgspec.structs.replace(frame, vid=left.frame.vid)
    return State("device-in", left.netns, error, iif=left.oif, frame=frame, history=left.history.for_answer())


def _dropping(ends: Iterable[End]) -> tuple[Netns, Place] | None:
    """Return the rule that certainly stops the packet; None if it may arrive."""
    found: tuple[Netns, Place] | None = None
    for end in ends:
        stop = end.stop
        if stop is None or end.kind not in ("dropped", "rejected") or not isinstance(stop.decided_by, RuleDecided):
            return None
        if end.state.history.conditions:
            return None
        found = found or (stop.netns, stop.decided_by.place)
    return found


def _question(network: Network, flow: Flow, left: State, netns: Netns, place: Place) -> OpenQuestion:
    from hairpin.change.intent import LetIn, mtu_told, rendered  # noqa: PLC0415 - few rules drop such a message

    verdict = Verdict("return" if place.chain == "DOCKER-USER" else "accept")
    facts = {"target": flow.target_text(), "mtu": left.mtu_bytes or 1500, "rule": place.in_full}
    return OpenQuestion(
        text=message(
            "Is there a link with an MTU below {mtu} on the way to some clients of {target} (VPN, PPPoE, a tunnel)? A "
            "rule drops the ICMP message that reports a smaller MTU: {rule}",
            **facts,
        ),
        if_yes=message("Long answers to these clients hang, and short answers arrive: accept this ICMP message"),
        if_no=message("The verdict above stands"),
        wanted=(watch_packets(left.oif, _FILTERS[flow.version]),),
        breaks_if="yes",
        repair=rendered(LetIn(netns, place, place.chain, ((*mtu_told(flow.version), verdict),)), network),
    )
