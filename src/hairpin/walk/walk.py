"""Walks one flow: the request, the socket that receives it, the reply, and the first data packet.

    request → (relay: a new connection from here) → reply → data

A TCP connection is delivered when SYN, SYN-ACK and the first data packet arrive.  Behind a relay (docker-proxy), those
of the relay's own connection have to arrive, too.  A UDP or ICMP echo flow is delivered when request and reply arrive.
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from hairpin.host.docker import Engine
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, SYN, TCP, UDP
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.begin import begin, passes_by
from hairpin.walk.decided import Assumed, SocketDecided
from hairpin.walk.granted.answer_source import answer_source
from hairpin.walk.granted.grants import Grants, grants
from hairpin.walk.granted.neighbour_answers import assuming_of_neighbours
from hairpin.walk.link.crossing import past_router
from hairpin.walk.link.neighbour_discovery import after_solicitation, walk_asking
from hairpin.walk.naming import answered, to_server
from hairpin.walk.outside import OutsideAnswer, asked_by_gateway, outside_takes
from hairpin.walk.own_entries import met_by_sender
from hairpin.walk.presumed import heard_by
from hairpin.walk.reply import answer_lost, first_data, not_for_one, reaches, walk_answer, wrong_answer
from hairpin.walk.size.bulk import full_sized
from hairpin.walk.size.segment_size import Handshake
from hairpin.walk.sockets import answers_by_route, decided_by_socket, find_socket, nobody_takes, unserved
from hairpin.walk.state import End, State, Step, stopped
from hairpin.walk.trace import Branch, Trace, trace_of
from hairpin.walk.tunnelled import innermost
from hairpin.walk.unread import through_unread, unread_owner
from hairpin.walk.user_stack import (
    carried_on,
    carrier_of,
    carries,
    keeps_to_itself,
    kept_inside,
    loopback_in_doubt,
    relayed_flow,
    without_answerer,
)
from hairpin.walk.verdicts import Verdict

_MOST_RELAYS = 3
"""The greatest number of relays in a row that a walk follows.  No host has more relays in a row."""


def walk_flow(network: Network, flow: Flow) -> Trace:
    """Walk the flow and return its trace."""
    return met_by_sender(network, to_server(network, flow), _trace)


def _trace(network: Network, flow: Flow) -> Trace:
    found = through_unread(network, flow, _branches(network, flow, depth=0))
    branches = tuple(answered(network, flow, assuming_of_neighbours(each, flow)) for each in found)
    if flow.container and not all(each.ends_in(flow.container) for each in branches if each.succeeds):
        from hairpin.walk.misdirected import as_asked

        branches = as_asked(network, flow, branches)
    return trace_of(flow, branches)


def _branches(network: Network, flow: Flow, *, depth: int) -> Iterator[Branch]:
    elsewhere = passes_by(network, flow)
    if elsewhere is not None:
        assert isinstance(flow.start, (Outside, Lan))
        begun = State("outside", network.host_netns(flow.host), flow.packet(flow.start.address))
        if elsewhere.reason is not None:
            end = stopped(begun, elsewhere.reason, decided_by=elsewhere.decided_by)
            at = _blind(end) if elsewhere.questions else _failed(end, end.state.history.steps)
            yield msgspec.structs.replace(at, questions=elsewhere.questions)
            return
        step = Step(begun.netns, "outside", "", begun.packet, elsewhere.decided_by)
        yield Branch("leaves", (step,), assumed=elsewhere.assumed, questions=elsewhere.questions)
        return
    started = begin(network, flow)
    started = after_solicitation(network, started) if isinstance(started, State) else started
    if isinstance(started, End):
        yield _failed(started, started.state.history.steps)
        return
    ends = walk_asking(network, started)
    if not ends:
        yield Branch("looped", started.history.steps)
    for end in ends:
        yield from _after_request(network, flow, started, end, depth)


def _after_request(network: Network, flow: Flow, started: State, end: End, depth: int) -> Iterator[Branch]:
    match end.kind:
        case "arrived":
            yield from _at_socket(network, flow, started, end, depth)
        case "left" if (lost := without_answerer(network, end)) is not None:
            yield _failed(lost, lost.state.history.steps)
        case "left" if (engine := carrier_of(network, end)) is not None:
            yield from _by_user_stack(network, flow, end, engine, depth + 1)
        case "left" if (heard := heard_by(end.state)) is not None:
            yield Branch("leaves", end.state.history.steps, conditions=end.state.history.conditions, assumed=(heard,))
        case "left":
            yield from _outside(network, flow, started, end, outside_takes(network, flow, end))
        case "balanced":
            said = () if end.assumed is None else (end.assumed,)
            yield Branch("leaves", end.state.history.steps, conditions=end.state.history.conditions, assumed=said)
        case "rejected":
            yield _rejected(network, started, end)
        case "dropped" | "looped" | "unknown":
            yield _failed(end, end.state.history.steps)


def _by_user_stack(network: Network, flow: Flow, end: End, engine: Engine, depth: int) -> Iterator[Branch]:
    """Yield the branches of the connection that a rootless engine's process opens for its container's packet."""
    inner, state, kept = carried_on(network, flow, end, engine), end.state, kept_inside(network, end, engine)
    if inner is None or kept is not None or depth > _MOST_RELAYS:
        said = kept or keeps_to_itself(engine)
        stop = stopped(state.given(Condition(said, holds=True)), "opaque-device", stage="outside", link=state.oif,
                       decided_by=Assumed(said))  # fmt: skip
        yield _blind(stop)
        return
    note = Step(state.netns, "relay", state.oif, state.packet, carries(engine))
    for leg in _branches(network, inner, depth=depth):
        yield msgspec.structs.replace(
            leg,
            request=(*state.history.steps, note, *leg.request),
            conditions=(*state.history.conditions, *leg.conditions),
        )


def _send_fails(started: State, end: End) -> bool:
    """Return whether the sender's system call fails: there is no route, or the sender's namespace drops the datagram.

    If a rule drops a SYN, connect() does not fail, and TCP sends it again: net/ipv4/tcp_output.c tcp_connect()"""
    if started.stage != "output-route" or end.state.netns != started.netns or end.stop is None:
        return False
    if end.state.packet.protocol == TCP:
        return end.stop.stage == "output-route"
    return end.stop.stage in ("output-route", "output", "postrouting", "device-out")


def _rejected(network: Network, started: State, end: End) -> Branch:
    """Return the branch of a rejected packet: ``rejected`` if the ICMP error or RST reaches the sender, else
    ``dropped``."""
    from hairpin.walk.ip.refusal import is_about, refusal
    from hairpin.walk.link.tunnel import lost_in_tunnel

    failed = _failed(end, end.state.history.steps)
    if lost_in_tunnel(end):
        return msgspec.structs.replace(failed, verdict="dropped")
    if _send_fails(started, end):
        return failed
    back = refusal(network, end)
    for answer in walk_asking(network, back) if back is not None else ():
        home = answer.state.netns == started.netns if started.stage == "output-route" else answer.kind == "left"
        if answer.kind in ("arrived", "left") and home and is_about(innermost(started), innermost(answer.state)):
            return failed
    return msgspec.structs.replace(failed, verdict="dropped")


def _failed(end: End, request: tuple[Step, ...], reply: tuple[Step, ...] = ()) -> Branch:
    verdict: Verdict
    match end.kind:
        case "rejected":
            verdict = "rejected"
        case "looped":
            verdict = "looped"
        case "unknown" | "balanced":
            verdict = "depends"
        case "dropped":
            verdict = "dropped"
        case "arrived" | "left":
            raise AssertionError(end.kind)  # the caller handles the answer to such an end
        case _:
            assert_never(end.kind)
    return Branch(verdict, request, reply, stop=end.stop, conditions=end.state.history.conditions)


def _at_socket(network: Network, flow: Flow, started: State, end: End, depth: int) -> Iterator[Branch]:
    state, packet = end.state, end.state.packet
    if packet.protocol in (ICMP, ICMP6):
        yield from _answered(network, flow, started, end, None, depth)
        return
    namespace = network.namespace(state.netns)
    unfit = not_for_one(namespace, state)
    if unfit is not None:
        yield _failed(unfit, unfit.state.history.steps)
        return
    found = find_socket(namespace, packet, state.iif)
    match found.kind:
        case "socket":
            assert found.socket is not None
            noted = state.noted("socket", state.iif, decided_by_socket(found.socket))
            lost = unserved(network, flow, noted, found.socket)
            if lost is not None:
                yield lost
                return
            unread = unread_owner(network, noted, found.socket)
            arrived = noted if unread is None else noted.given(unread)
            yield from _answered(network, flow, started, End("arrived", arrived), found.socket, depth)
            if unread is not None:
                blind = noted.given(msgspec.structs.replace(unread, holds=False))
                yield _blind(stopped(blind, "sockets-unread", stage="socket", link=state.iif))
        case "none":
            said = nobody_takes(packet.dport, found.others)
            decided = SocketDecided(said, named=found.others)
            refused = stopped(state, "no-listener", stage="socket", link=state.iif, decided_by=decided)
            yield from _refused(network, started, refused)
        case "unread":
            said = message(
                "something listens on port {port} in {netns}", port=packet.dport, netns=network.netns_text(state.netns)
            )
            blind = state.given(Condition(said, holds=True))
            yield _blind(stopped(blind, "sockets-unread", stage="socket", link=state.iif))


def _blind(end: End) -> Branch:
    history = end.state.history
    return Branch("depends", history.steps, stop=end.stop, conditions=history.conditions)


def _refused(network: Network, started: State, refused: End) -> Iterator[Branch]:
    """Yield the branches at a port without a socket: ``refused`` if the RST or ICMP error reaches the sender."""
    state = refused.state
    if state.packet.protocol == UDP:
        yield _port_unreachable(network, started, refused)
        return
    for end in walk_answer(network, state, flags=RST | ACK):
        steps = end.state.history.steps
        verdict: Verdict = "refused" if reaches(network, started, end) else "unanswered"
        yield Branch(verdict, state.history.steps, steps, stop=refused.stop, conditions=end.state.history.conditions)


def _port_unreachable(network: Network, started: State, refused: End) -> Branch:
    """Return the branch of a datagram for a port without a socket.  Source: net/ipv4/udp.c __udp4_lib_rcv()"""
    assert refused.stop is not None
    stop = msgspec.structs.replace(refused.stop, stage="input", reject="icmpx-port-unreachable")
    told = _rejected(network, started, msgspec.structs.replace(refused, kind="rejected", stop=stop))
    return msgspec.structs.replace(
        told, verdict="refused" if told.verdict == "rejected" else "dropped", stop=refused.stop
    )


def _answered(
    network: Network, flow: Flow, started: State, end: End, socket: Socket | None, depth: int
) -> Iterator[Branch]:
    """Yield the branches of a packet that arrived: with its reply, then TCP's first data, then a relay's own
    connection."""
    state = end.state
    for end_of_reply in walk_answer(
        network,
        state,
        flags=SYN | ACK,
        chosen=socket is not None and answers_by_route(network.host(state.netns.host), socket),
    ):
        back = past_router(network, end_of_reply)
        reply = back.state.history.steps
        lost = None if reaches(network, started, back) else _lost_reply(network, started, back, state.history.steps)
        relayed = socket is not None and socket.relay is not None
        if lost is not None and not (relayed and state.packet.protocol == UDP):
            yield lost
            continue
        failed = _data_fails(network, started, state, back, None)
        if failed is not None:
            yield failed
            continue
        handshake, conditions = Handshake(flow, started, state, back), back.state.history.conditions
        bulk = full_sized(network, handshake)
        if isinstance(bulk, Branch):
            yield bulk
            continue
        outside = back.kind == "left" and carrier_of(network, back) is None
        granted = grants(network, flow, handshake, back.state) if outside else Grants()
        branch = Branch(
            "delivered",
            state.history.steps,
            reply,
            conditions=conditions,
            assumed=granted.assumed,
            questions=(*granted.questions, *answer_source(network, started, state, socket), *bulk),
        )
        if relayed and socket is not None:
            for leg in _relayed(network, flow, state, socket, branch, depth + 1):
                # The relay answers a datagram only after its own datagram was answered.
                yield leg if lost is None or not leg.succeeds else lost
        else:
            yield branch


def _lost_reply(network: Network, started: State, end: End, request: tuple[Step, ...]) -> Branch:
    stop, reply = end.stop or wrong_answer(network, started, end).stop, end.state.history.steps
    verdict: Verdict = "depends" if end.kind == "unknown" else "looped" if end.kind == "looped" else "unanswered"
    return Branch(verdict, request, reply, stop=stop, conditions=end.state.history.conditions)


def _data_fails(network: Network, started: State, arrived: State, back: End, beyond: State | None) -> Branch | None:
    """Return the branch on which the first data packet or its answer is lost, or None.  ``beyond``: see answer_lost."""
    request, reply, sent = arrived.history.steps, back.state.history.steps, first_data(network, started, back)
    if sent is None:
        return None
    if sent.kind in ("arrived", "left"):
        end = answer_lost(network, started, arrived, back, sent, beyond)
        if end is None:
            return None
        failed = msgspec.structs.replace(_lost_reply(network, started, end, request), reply=reply)
        return msgspec.structs.replace(failed, data=end.state.history.steps)
    failed = _data_rejected(network, started, sent) if sent.kind == "rejected" else _failed(sent, ())
    return msgspec.structs.replace(failed, request=request, reply=reply, data=sent.state.history.steps)


def _data_rejected(network: Network, started: State, sent: End) -> Branch:
    """Return the branch of a rejected data packet: ``rejected`` by a reset that reaches the sender, else ``dropped``.

    An ICMP error about an open connection is only a soft error.  The sender sends the packet again until it gives up.
    Source: net/ipv4/tcp_ipv4.c tcp_v4_err(), net/ipv6/tcp_ipv6.c tcp_v6_err(): sk_err_soft
    """
    told = _rejected(network, started, sent)
    is_reset = sent.stop is not None and sent.stop.reject == "tcp-reset"
    return told if is_reset else msgspec.structs.replace(told, verdict="dropped")


def _relayed(network: Network, flow: Flow, state: State, socket: Socket, front: Branch, depth: int) -> Iterator[Branch]:
    """Yield the branches of the relay's own connection to the container.  If the relay's connection fails, the client's
    connection fails, too.  Rules can lead the relay's connection back to the relay again and again."""
    assert socket.relay is not None
    doubt = loopback_in_doubt(socket.relay, state.packet)
    if doubt is not None:
        within = relayed_flow(network, flow, state, socket, to_loopback=True)
        as_before = msgspec.structs.replace(front, conditions=(*front.conditions, doubt))
        yield from _relayed_by(network, flow, state, socket, as_before, within, depth)
        doubt = msgspec.structs.replace(doubt, holds=False)
        front = msgspec.structs.replace(front, conditions=(*front.conditions, doubt))
    yield from _relayed_by(network, flow, state, socket, front, relayed_flow(network, flow, state, socket), depth)


def _relayed_by(
    network: Network, flow: Flow, state: State, socket: Socket, front: Branch, inner: Flow | None, depth: int
) -> Iterator[Branch]:
    if inner is None:  # the relay connects in a namespace that was not read
        yield front
        return
    by_tap = inner.start.link if isinstance(inner.start, Outside) else None
    note = Step(state.netns, "relay", by_tap or "lo", state.packet, decided_by_socket(socket))
    if depth > _MOST_RELAYS:
        yield Branch("looped", (*front.request, note), front.reply, conditions=front.conditions)
        return
    for leg in _branches(network, inner, depth=depth):
        # The relay learns that its datagram was refused, but does not tell its client.
        unheard = flow.protocol == "udp" and leg.verdict in ("refused", "rejected")
        yield msgspec.structs.replace(
            leg,
            verdict="unanswered" if unheard else leg.verdict,
            request=(*front.request, note, *leg.request),
            reply=(*leg.reply, *front.reply),
            conditions=(*front.conditions, *leg.conditions),
            questions=(*front.questions, *leg.questions) if leg.succeeds else leg.questions,
        )


def _outside(network: Network, flow: Flow, started: State, end: End, taken: OutsideAnswer) -> Iterator[Branch]:
    state = end.state.noted("outside", end.state.oif, taken.decided_by)
    if taken.reason is not None:
        failed = stopped(state, taken.reason, stage="outside", link=state.oif, decided_by=taken.decided_by)
        verdict: Verdict = "unanswered" if taken.reason in ("source-not-translated", "peer-drops") else "dropped"
        conditions = state.history.conditions
        if taken.reason in ("namespace-unread", "endpoint-elsewhere", "opaque-device"):
            verdict = "depends"
            conditions = (*conditions, Condition(taken.decided_by.said, holds=True))
        yield Branch(
            verdict, failed.state.history.steps, stop=failed.stop, conditions=conditions, assumed=taken.assumed
        )
        return
    back = taken.reply
    assert back is not None
    unasked = asked_by_gateway(network, end.state, back)
    for answer in walk_asking(network, back) if unasked is None else (unasked,):
        reply = answer.state.history.steps
        if not reaches(network, started, answer):
            branch = _lost_reply(network, started, answer, state.history.steps)
            yield msgspec.structs.replace(branch, assumed=taken.assumed)
            continue
        failed_data = _data_fails(network, started, state, answer, back)
        handshake = Handshake(flow, started, state, answer, back)
        granted = grants(network, flow, handshake, end.state)
        data = failed_data or full_sized(network, handshake)
        if isinstance(data, Branch):
            yield msgspec.structs.replace(data, assumed=taken.assumed)
        else:
            yield Branch(
                "leaves",
                state.history.steps,
                reply,
                conditions=answer.state.history.conditions,
                assumed=(*taken.assumed, *granted.assumed),
                questions=(*taken.questions, *granted.questions, *data),
            )
