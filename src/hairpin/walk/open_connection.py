"""Whether an open connection survives a change of the network.

The connection's next packets are walked through the network after the change, with the conntrack entries from before
the change.  Both ends of the connection have to be the same processes as before.
"""

from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.kept import kept
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, PSH, SYN, TCP
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.walk.begin import begin
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.outside import outside_takes
from hairpin.walk.reads import Part, parts_changed, what_reads
from hairpin.walk.reply import client_data, reaches, server_data, walk_answer
from hairpin.walk.sockets import answers_by_route, decided_by_socket, find_socket
from hairpin.walk.state import End, History, State
from hairpin.walk.tunnelled import innermost, with_innermost
from hairpin.walk.user_stack import relayed_flow

Fate = Literal["kept", "lost", "depends"]
"""The fate of a connection: it continues, it breaks, or its fate cannot be foreseen."""


class Replaced(msgspec.Struct, frozen=True):
    """What the change replaced: namespaces with other processes, closed sockets, and namespaces whose conntrack table
    was emptied."""

    namespaces: frozenset[Netns] = frozenset()
    sockets: tuple[tuple[Netns, Socket], ...] = ()
    forgetful: frozenset[Netns] = frozenset()


class _Opened(msgspec.Struct, frozen=True):
    """An opened connection.  ``end`` is the request's end, ``back`` the answer's end.  ``held`` is the socket that
    receives the request.  If this socket is a relay's, ``inner`` is the relay's own connection."""

    flow: Flow
    started: State
    end: End
    back: End
    held: Socket | None = None
    inner: Flow | None = None


def fate(was: Network, now: Network, flow: Flow, replaced: Replaced, *, anew: bool = False) -> Fate:
    """Return the fate of the flow's connection after the change from ``was`` to ``now``.  The flow succeeds in ``was``.
    If ``anew`` is true, the next packets are walked even if the change does not affect them."""
    if ends(was, flow, replaced):
        return "lost"
    opened = _known(was, flow)
    if opened is None:
        return "depends"
    found = (None if anew else _as_it_was(was, now, opened, replaced)) or _goes_on(now, opened, replaced)
    return found if found != "kept" or opened.inner is None else fate(was, now, opened.inner, replaced, anew=anew)


def ends(was: Network, flow: Flow, replaced: Replaced) -> bool:
    """Return whether the change replaced a process of the flow's connection, and so breaks the connection."""
    if isinstance(flow.start, FromContainer) and sender_netns(was, flow.start) in replaced.namespaces:
        return True
    opened = _known(was, flow)
    if opened is None:
        return False
    netns = opened.end.state.netns
    if opened.end.kind == "arrived" and (
        netns in replaced.namespaces or (opened.held is not None and (netns, opened.held) in replaced.sockets)
    ):
        return True
    return opened.inner is not None and ends(was, opened.inner, replaced)


def _known(was: Network, flow: Flow) -> _Opened | None:
    known = _all_opened(was)
    if flow not in known:
        known[flow] = _opened(was, flow)
    return known[flow]


def _as_it_was(was: Network, now: Network, opened: _Opened, replaced: Replaced) -> Fate | None:
    """Return the connection's fate without the change, if the change does not affect the next packets; else None."""
    remembering = {netns for netns, _ in _sent(opened, Replaced()).history.connections}
    if not remembering.isdisjoint(replaced.forgetful | replaced.namespaces):
        return None
    known = _undisturbed(was)
    if opened.flow not in known:
        known[opened.flow] = what_reads(was, lambda watched: _goes_on(watched, opened, Replaced()))
    found, parts = known[opened.flow]
    return found if parts_changed(was, now).isdisjoint(parts) else None


@kept
def _undisturbed(network: Network) -> dict[Flow, tuple[Fate, frozenset[Part]]]:  # noqa: ARG001
    return {}


def _goes_on(now: Network, opened: _Opened, replaced: Replaced) -> Fate:
    if opened.end.kind == "left":
        return _to_outside(now, opened, replaced)
    return _to_socket(now, opened, replaced)


@kept
def _all_opened(network: Network) -> dict[Flow, _Opened | None]:  # noqa: ARG001
    """Return the cache of this network's opened connections: the effects of many changes are computed from them."""
    return {}


def _opened(was: Network, flow: Flow) -> _Opened | None:
    """Return the connection that the flow opens; None if the usual branch of the walk opens no connection."""
    started = begin(was, flow)
    if isinstance(started, End):
        return None
    end = next(iter(walk_asking(was, started)), None)
    if end is None:
        return None
    if end.kind == "left":
        reply = outside_takes(was, flow, end).reply
        back = _walked(was, reply) if reply is not None else None
        return None if back is None else _Opened(flow, started, end, back)
    return _opened_to_socket(was, flow, started, end) if end.kind == "arrived" else None


def _opened_to_socket(was: Network, flow: Flow, started: State, end: End) -> _Opened | None:
    state, held = end.state, None
    if state.packet.protocol not in (ICMP, ICMP6):
        held = find_socket(was.namespace(state.netns), state.packet, state.iif).socket
        if held is None:
            return None
        state = state.noted("socket", state.iif, decided_by_socket(held))
        end = msgspec.structs.replace(end, state=state)
    chosen = held is not None and answers_by_route(was.host(state.netns.host), held)
    back = next(iter(walk_answer(was, state, flags=SYN | ACK, chosen=chosen)), None)
    if back is None or not reaches(was, started, back):
        return None
    inner = relayed_flow(was, flow, state, held) if held is not None and held.relay is not None else None
    return _Opened(flow, started, end, back, held, inner)


def _to_outside(now: Network, opened: _Opened, replaced: Replaced) -> Fate:
    sent = _walked(now, _sent(opened, replaced))
    if sent is None or sent.kind == "unknown":
        return "depends"
    if sent.kind != "left":
        return "lost"
    # If the source address or port is translated differently, the packet belongs to another connection for the server.
    if _outer(sent.state) != _outer(opened.end.state):
        return "lost"
    answer = outside_takes(now, opened.flow, sent).reply
    home = _walked(now, _server_data(answer, sent)) if answer is not None else None
    if home is None or home.kind == "unknown":
        return "depends"
    return "kept" if reaches(now, opened.started, home) else "lost"


def _to_socket(now: Network, opened: _Opened, replaced: Replaced) -> Fate:
    arrived = opened.end.state
    sent = _walked(now, _sent(opened, replaced))
    if sent is None or sent.kind == "unknown":
        return "depends"
    if sent.kind != "arrived" or sent.state.netns != arrived.netns or _outer(sent.state) != _outer(arrived):
        return "lost"
    answer = _walked(now, server_data(now, arrived, sent))
    if answer is None or answer.kind == "unknown":
        return "depends"
    return "kept" if reaches(now, opened.started, answer) else "lost"


def _walked(network: Network, state: State) -> End | None:
    return next(iter(walk_asking(network, state)), None)


def _outer(state: State) -> tuple[int | None, ...]:
    packet = innermost(state)
    return (packet.saddr, packet.sport, packet.daddr, packet.dport)


def _sent(opened: _Opened, replaced: Replaced) -> State:
    """Return the client's next packet, with the conntrack entries that are left after the change."""
    started, back = opened.started, opened.back
    if innermost(started).protocol == TCP:
        data = client_data(started, back)
    else:
        data = msgspec.structs.replace(started, history=back.state.history.for_answer())
    return msgspec.structs.replace(data, history=_kept(data.history, replaced))


def _server_data(reply: State, sent: End) -> State:
    """Return the server's next packet on the open connection."""
    if innermost(reply).protocol == TCP:
        reply = with_innermost(reply, msgspec.structs.replace(innermost(reply), tcp_flags=ACK | PSH))
    return msgspec.structs.replace(reply, history=sent.state.history.for_answer())


def _kept(history: History, replaced: Replaced) -> History:
    gone = replaced.forgetful | replaced.namespaces
    return msgspec.structs.replace(
        history, connections=tuple(each for each in history.connections if each[0] not in gone)
    )
