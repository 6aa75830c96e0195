"""The walk's answer to a case: the branches of each packet, and the rules that it satisfied."""

from collections.abc import Callable, Iterator
from zlib import crc32

import msgspec

from hairpin.door import ArpRequest, Door, Encapsulated, Limits, Observer, Usual
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.ir import NOT_PRINTED, STATUS_CONFIRMED, Rule
from hairpin.netfilter.packet import AH, ESP, ICMP, ICMP6, SCTP, TCP, UDP, UDPLITE, Connection, Tuple
from hairpin.network.network import Network
from hairpin.network.stacked import lower_of
from hairpin.walk.ip.refusal import ERRORS, refusal
from hairpin.walk.ip.route_out import output_route
from hairpin.walk.packet_walk import walk_packet
from hairpin.walk.state import End, Fragments, Sender, State, Stop
from tests.fidelity.case import Sent
from tests.fidelity.expected.branches import Branch, Connections
from tests.fidelity.expected.drawn_ports import ports_of, seen_ports, with_hidden
from tests.fidelity.generate.plan import PORTS, SOURCE_PORTS
from tests.fidelity.testbed.events import Event, event_of, is_outer
from tests.fidelity.testbed.fragments import longest_piece
from tests.fidelity.testbed.frames import length_of
from tests.fidelity.testbed.netns import SetupError
from tests.fidelity.testbed.transmissions import Transmission


class Expectations:
    """The walk's answers about the packets of one case, in the order in which the kernel received them: a flow finds
    the connections that earlier flows left in the conntrack tables.

    If the kernel draws any free port, the walk takes the first one; :meth:`of` then uses the ports that the kernel
    was seen to take.
    """

    def __init__(self, host: Host, observer: Observer | None = None) -> None:
        self._host = Network((host,)).through(Door(observer, self, _LIMITS)).this
        self._tables: dict[Netns, dict[tuple[int, Tuple], Connection]] = {
            host.netns.sibling(each.name): {(known.zone, known.original): known for known in each.connections}
            for each in host.namespaces
        }
        self._ways: dict[int, tuple[Connections, ...]] = {}
        self._picked = self._unseen_picks = 0
        self._ports: tuple[int, ...] = ()
        self._drawn: set[int] = set()
        self._supposed: int | None = None
        self._taken: list[int] = []
        self._guessed = set[int]()
        self._hidden: dict[int, set[int]] = {}
        self._sets_ports = any("port set " in rule.text for rule in _rules(host))
        """Whether a seen port may be one that a rule has set, so that the drawn port was not seen."""
        self._outer_ports: dict[Encapsulated, int] = {}
        self._senders: dict[_Asked, int] = {}
        self._asked: dict[_Asked, int] = {}
        self._offered = 0
        self._unsure = set[_Asked]()
        """Asked for by a packet that took only some of its branches: perhaps not by those."""

    def of(self, flow: int, transmission: Transmission) -> tuple[Branch, ...]:
        """Return the branches that the walk predicts for the packet."""
        self._ports, self._unseen_picks, self._drawn, self._asked = (), 0, set(), {}
        self._outer_ports = dict(transmission.outer_ports)
        branches, stand_ins = self._with_ports_seen(flow, transmission)
        hidden = self._hidden.get(flow, set())
        self._hidden[flow] = hidden | stand_ins
        self._offered = len(branches)
        return tuple(with_hidden(branch, transmission.events, hidden, hidden | stand_ins) for branch in branches)

    def _with_ports_seen(self, flow: int, transmission: Transmission) -> tuple[tuple[Branch, ...], set[int]]:
        """Return the branches with the ports that the kernel was seen to take, and the ports that stand for unseen
        ones.

        It is not known which of several draws was seen, so all branches that lead to the seen port are kept.
        """
        branches = self._walked(flow, transmission.sent)
        picked = self._picked
        if not picked or any(branch.events == transmission.events for branch in branches):
            return self._with_unseen(flow, transmission.sent, branches, transmission.events)
        fitting: list[Branch] = []
        stand_ins, unseen_ports = set[int](), set[int]()
        for ports, unseen in (*seen_ports(transmission.events, picked), *([((), 0)] if self._sets_ports else [])):
            if fitting and picked == 1 and not self._sets_ports:
                break
            self._ports, self._unseen_picks = ports, unseen
            branches = self._walked(flow, transmission.sent)
            branches, unseen_ports = self._with_unseen(flow, transmission.sent, branches, transmission.events)
            found = [branch for branch in branches if branch.events == transmission.events]
            fitting += found
            stand_ins |= unseen_ports if found else set[int]()
        return (tuple(fitting), stand_ins) if fitting else (branches, unseen_ports)

    def _with_unseen(
        self, flow: int, sent: Sent, branches: tuple[Branch, ...], seen: tuple[Event, ...]
    ) -> tuple[tuple[Branch, ...], set[int]]:
        """Return the branches just walked, with those of each port that may have been drawn unseen and makes a
        difference; and the ports that stand for unseen ones.
        """
        shown = set[int]() if self._sets_ports else {port for event in seen for port in ports_of(event)}
        guessed = self._guessed - shown
        stand_ins = guessed | (set(self._taken) if len(self._taken) > 1 else set[int]())
        return (branches + self._unseen(flow, sent) if guessed else branches), stand_ins

    def _unseen(self, flow: int, sent: Sent) -> tuple[Branch, ...]:
        """Return the branches with each of these ports."""
        found: list[Branch] = []
        for port in sorted(self._drawn):
            self._supposed = port
            found += self._walked(flow, sent)
        self._supposed = None
        return tuple(found)

    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        """Return the port that the kernel was seen to draw, or one that stands for it (door.Choices)."""
        self._picked += 1
        if self._picked > _MOST_DRAWN:
            raise SetupError(f"too open: more than {_MOST_DRAWN} ports are drawn for a packet that goes round")
        few = last - first < _FEW
        self._drawn |= {port for port in (range(first, last + 1) if few else _TELLING_PORTS) if first <= port <= last}
        known = self._ports if self._picked > self._unseen_picks else ()
        seen = next((port for port in known if first <= port <= last and is_free(port)), None)
        if seen is None:
            # Any port will do that the rules do not tell from most others.
            guess = Usual().port(first if few else first + (last - first) // 3, last, is_free)
            supposed = self._supposed
            seen = supposed if supposed is not None and first <= supposed <= last and is_free(supposed) else guess
            self._guessed |= {seen} if first < last else set[int]()
        self._taken.append(seen)
        return seen

    def arp_sender(self, request: ArpRequest) -> int:
        """Return the sender of the first request for the neighbour, since its reply was kept (door.Choices)."""
        key = (request.netns, request.link, request.target)
        if key in self._senders:
            if key in self._unsure and self._senders[key] != request.sender:
                raise SetupError("too open: an earlier packet may have asked for the neighbour with another address")
            return self._senders[key]
        return self._asked.setdefault(key, request.sender)

    def outer_port(self, encapsulated: Encapsulated) -> int:
        """Return the source port that the kernel was seen to draw for the outer packet (door.Choices)."""
        known = msgspec.structs.replace(encapsulated, host="")
        if known in self._outer_ports:
            return self._outer_ports[known]
        # The walk's inner packet may have another port than the kernel's.
        alike = (port for each, port in self._outer_ports.items() if _alike(each, known))
        return next(alike, _UNSEEN_PORT + crc32(msgspec.json.encode(known)) % _UNSEEN_PORTS)

    def _walked(self, flow: int, sent: Sent) -> tuple[Branch, ...]:
        self._picked = 0
        self._taken, self._guessed = [], set[int]()
        ways = self._ways.get(flow, ((),))
        if len(ways) > _MOST_WAYS:
            raise SetupError(
                f"too open: flow {flow} can have gone {len(ways)} ways that its next packet may tell apart"
            )
        return tuple(branch for way in ways for branch in _expect(self._host, sent, way))

    def went(self, flow: int, taken: list[Branch]) -> None:
        """Record the connections that the packet leaves, having taken one of these branches.

        If the branches differ in that, later packets of the flow decide between them. Until then other flows find
        the connections that all branches leave, and the first branch's.
        """
        if len(taken) < self._offered:
            self._unsure |= self._asked.keys() - self._senders.keys()
        self._senders |= self._asked
        left = tuple(dict.fromkeys(branch.connections for branch in taken))
        self._ways[flow] = left if len(left) > 1 else ((),)
        usual = tuple(each for each in left[0] if all(_holds(way, *each) for way in left)) if left else ()
        for netns, connection in usual:
            table = self._tables[netns]
            stand_ins = [key for key, known in table.items() if _expects(connection, known)]
            for key in stand_ins:
                del table[key]
            table[connection.zone, connection.original] = connection
        changed = {netns for netns, _ in usual}
        if changed:
            namespaces = tuple(
                msgspec.structs.replace(
                    each, connections=tuple(self._tables[self._host.netns.sibling(each.name)].values())
                )
                if self._host.netns.sibling(each.name) in changed
                else each
                for each in self._host.namespaces
            )
            self._host = msgspec.structs.replace(self._host, namespaces=namespaces)


def _alike(one: Encapsulated, other: Encapsulated) -> bool:
    """Return whether two inner packets differ in their ports only."""
    return msgspec.structs.replace(one, sport=0, dport=0) == msgspec.structs.replace(other, sport=0, dport=0)


def _holds(way: Connections, netns: Netns, connection: Connection) -> bool:
    """Return whether a packet of the connection, or at least its reply, matches a connection that the branch leaves.

    No other connection can then have that tuple, whatever the first namespace has drawn for this one.
    """
    return any(
        where == netns
        and each.zone == connection.zone
        and (each.original == connection.original or _expects(each, connection))
        for where, each in way
    )


def _expects(connection: Connection, other: Connection) -> bool:
    return (connection.zone, connection.reply) == (other.zone, other.reply)


def _rules(host: Host) -> Iterator[Rule]:
    for namespace in host.namespaces:
        for table in namespace.ruleset.tables:
            for chain in table.chains:
                yield from chain.rules


_MOST_WAYS = 32
"""A limit of branches: each unseen port that NAT may have drawn and that makes a difference is a branch, from which
the next packet forks.
"""
_MOST_DRAWN = 16
_LIMITS = Limits(branches=512, ends=512, hops=1000)
"""The hunt follows more branches than the product does, since the kernel's may be any of them. The kernel lets a
packet loop until its TTL is used up.
"""
_Asked = tuple[str, str, int]
"""namespace, link, address"""
_TELLING_PORTS = (*PORTS, *SOURCE_PORTS, 1030, 5000)
"""Ports that the hunt's rules tell from others."""
_UNSEEN_PORT, _UNSEEN_PORTS = 49152, 16384
_FEW = 32
"""The number of ports that may each matter, because another flow may have them."""


def _expect(host: Host, sent: Sent, connections: Connections) -> tuple[Branch, ...]:
    packet = msgspec.structs.replace(sent.packet, length_bytes=length_of(sent.packet, sent.padding))
    pieces = longest_piece(packet.version, packet.length_bytes) if sent.fragmented else None
    if sent.fragmented:
        packet = msgspec.structs.replace(packet, dont_fragment=False)
    if sent.link:
        state = State("device-in", host.netns, packet, iif=sent.link, fragments=Fragments(largest=pieces))
    else:
        sender = Sender(uid=0, header_included=packet.version == 4 and not sent.by_udp())
        state = State("output-route", host.netns.sibling(sent.netns), packet, sender=sender)
    state = state.with_history(connections=connections)
    network = Network((_with_sender(host, sent),))
    return tuple(_branch(end, *way) for end in _ends(network, state) for way in _with_answers(network, end))


def _with_sender(host: Host, sent: Sent) -> Host:
    """Return the host with the socket that sends, which receives packets like any other. Only rules that match
    sockets would see it, and a case with such rules has sockets of its own.
    """
    packet = sent.packet
    if sent.link or not sent.by_udp() or sent.netns not in host or packet.sport is None:
        return host
    namespace = host.namespace(sent.netns)
    if not namespace.sockets:
        return host
    sender = Socket("udp", packet.version, packet.saddr, packet.sport)
    heard = msgspec.structs.replace(namespace, sockets=(*namespace.sockets, sender))
    others = (heard if each is namespace else each for each in host.namespaces)
    return msgspec.structs.replace(host, namespaces=tuple(others))


def _ends(network: Network, state: State) -> tuple[End, ...]:
    """Return the ends of a packet's branches; raises SetupError if they are so many that the walk drops some."""
    ends = walk_packet(network, state)
    if any(end.stop is not None and end.stop.reason == "too-many-ways" for end in ends):
        raise SetupError(f"too open: a packet can go {len(ends)} ways or more")
    return ends


def _branch(end: End, events: tuple[Event, ...], last: End) -> Branch:
    """Return the branch that ends there, and whose answer (if it was rejected) ends at ``last``."""
    return Branch(
        events,
        _text(end) if last is end else f"{_text(end)}, its answer {_text(last)}",
        end.stop is not None and end.stop.stage == "input-route",
        last is end and _may_be_untold(end),
        tuple(each for each in last.state.history.connections if each[1].status & STATUS_CONFIRMED),
        last.state.history.passed,
        end,
    )


_FRAGMENT = 44
_ANSWERABLE = frozenset({TCP, UDP, ICMP, ICMP6, SCTP, UDPLITE, ESP, AH})
"""For other protocols REJECT checks a checksum that NAT does not keep right, so it may send no answer."""
_ERRORS = {
    4: [name for name, icmp in ERRORS.items() if name.startswith("icmp-") and icmp >> 8 == 3],
    6: [name for name, icmp in ERRORS.items() if name.startswith("icmp6-") and icmp >> 8 == 1],
}
"""The answers that REJECT may send."""


def _with_answers(network: Network, end: End, made: str = "") -> Iterator[tuple[tuple[Event, ...], End]]:
    """Yield the events of a packet's path, and of its answer's path if it is rejected; and where that ended.

    ``made``: the packet is itself the answer to another one.
    """
    if end.kind == "dropped" and end.stop is not None and _goes_astray(end.stop):
        # The kernel has made a reset even if it does not arrive (walk/link/bridge.py).
        end = msgspec.structs.replace(end, kind="rejected", stop=msgspec.structs.replace(end.stop, reject="tcp-reset"))
    if _is_ordinary(end):
        end = msgspec.structs.replace(end, kind="arrived", stop=None)
    told = end.kind == "rejected" and end.stop is not None and end.stop.stage != "output-route"
    if told and end.stop is not None and end.stop.reject == NOT_PRINTED.answer:
        for error in _ERRORS[end.state.packet.version]:
            stop = msgspec.structs.replace(end.stop, reject=error)
            yield from _with_answers(network, msgspec.structs.replace(end, stop=stop), made)
        return
    answer = refusal(network, end) if told else None
    if answer is None:
        yield _rest(network, end, made), end
        return
    # If nothing reassembles fragments, an error quotes the first one, which lacks the tag of its flow.
    in_pieces = end.state.fragments.largest is not None and not network.namespace(end.state.netns).ruleset.tables
    if end.state.packet.protocol not in _ANSWERABLE or in_pieces or _may_be_untold(end):
        yield (), end
    packet = answer.packet
    family = "icmp" if packet.version == 4 else "icmp6"
    name = f"{family} {packet.icmp >> 8}/{packet.icmp & 0xFF}" if packet.icmp is not None else "rst"
    routed = output_route(network, answer) if answer.stage == "output-route" else (answer,)
    # A frame that leaves by a bridge port at once passes no hook that would log it.
    noted = (Event("answer", "", "", answer=name),) if answer.stage == "output-route" else ()
    for outcome in routed:
        if isinstance(outcome, End):
            yield (), outcome
            continue
        for last in _ends(network, outcome):
            for events, final in _with_answers(network, last, name):
                yield tuple(sorted({*noted, *events})), final
                if in_pieces:  # not told from others, and yet counted by rules on its way
                    yield (), final
                if in_pieces and packet.version == 6:  # which answers each of them
                    for second, other in _about_the_second(network, answer, name):
                        twice = _answered_twice(end, final, other)
                        yield tuple(sorted({*noted, *second})), other
                        yield tuple(sorted({*noted, *events, *second})), twice
                        yield tuple(sorted({*noted, *second})), twice
                        yield (), twice


def _about_the_second(network: Network, answer: State, name: str) -> Iterator[tuple[tuple[Event, ...], End]]:
    """Yield the events and the end of the error about the second fragment: without ports it is related to no
    connection, and not translated.
    """
    quoted = answer.packet.inner
    assert quoted is not None
    inner = msgspec.structs.replace(quoted, protocol=_FRAGMENT, sport=None, dport=None)
    error = msgspec.structs.replace(answer, packet=msgspec.structs.replace(answer.packet, inner=inner))
    for outcome in output_route(network, error):
        if isinstance(outcome, End):
            yield (), outcome
            continue
        for last in _ends(network, outcome):
            yield from _with_answers(network, last, name)


def _answered_twice(end: End, final: End, other: End) -> End:
    """Return the end of an answer that two errors had: rules on their paths have counted both."""
    counted = other.state.history.passed[len(end.state.history.passed) :]
    state = final.state.with_history(passed=(*final.state.history.passed, *counted))
    return msgspec.structs.replace(final, state=state)


def _wire_of(network: Network, state: State) -> str:
    """Return the host's link by which a packet has left: the link below a macvlan."""
    link = network.namespace(state.netns).link(state.oif)
    lower = lower_of(network, state.netns, link) if link is not None else None
    return lower.link if lower is not None else state.oif


def _may_be_untold(end: End) -> bool:
    stop = end.stop
    unroutable = stop is not None and stop.stage == "input-route" and stop.reject is not None
    return unroutable and end.state.packet.version == 4


def _is_ordinary(end: End) -> bool:
    """Return whether an outer packet has a destination port of no tunnel, and is like any other packet."""
    stop, packet = end.stop, end.state.packet
    if stop is None or stop.reason != "no-tunnel" or end.state.carried is None:
        return False
    return packet.protocol == UDP and not is_outer(packet)


def _rest(network: Network, end: End, answer: str) -> tuple[Event, ...]:
    if end.kind not in ("arrived", "left"):
        return ()
    packet = end.state.packet
    if packet.protocol not in WITH_PORTS | {ICMP, ICMP6}:
        packet = msgspec.structs.replace(packet, sport=None, dport=None)
    if end.kind == "left":
        return (event_of("left", "host", _wire_of(network, end.state), packet, answer),)
    return (event_of("arrived", *_seen_at(network, end.state), packet, answer),)


def _seen_at(network: Network, state: State) -> tuple[str, str]:
    """Return the namespace and link whose INPUT a packet has passed; for an ipvlan in mode l3s it is the link below."""
    link = network.namespace(state.netns).link(state.iif)
    lower = lower_of(network, state.netns, link) if state.l3s is not None and link is not None else None
    return (lower.netns.name, lower.link) if lower is not None else (state.netns.name, state.iif)


def _goes_astray(stop: Stop) -> bool:
    packet = stop.seen.packet
    known = packet.protocol == TCP and not packet.bad_checksum
    return stop.reason == "reject" and bool(stop.seen.physin) and known


def _text(end: End) -> str:
    if end.stop is None:
        return f"{end.kind} in {end.state.netns}"
    stop = end.stop
    place = getattr(stop.decided_by, "place", None)
    by = f" by {place.table} {place.text}" if isinstance(place, Place) else f" {stop.decided_by}"
    return f"{end.kind}: {stop.reason} in {stop.netns} at {stop.stage}, {stop.link}{by}"
