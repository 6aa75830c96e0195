"""The same case by the walk: what it says becomes of each packet, and which rules it says were satisfied."""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.door import ArpRequest, Door, Limits, Observer, Usual
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.ir import STATUS_CONFIRMED, Rule
from hairpin.netfilter.nft.frame_bytes import NOT_PRINTED
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
from tests.fidelity.testbed.events import Event, event_of
from tests.fidelity.testbed.fragments import longest_piece
from tests.fidelity.testbed.frames import length_of
from tests.fidelity.testbed.netns import SetupError
from tests.fidelity.testbed.transmissions import Transmission


class Expectations:
    """What the walk says of the packets of one case, in the order in which the kernel got them: what a flow leaves in
    the connection tables the next one finds there.

    Where the kernel takes any free port the walk takes the first; :meth:`of` then goes by the ports that the kernel
    has been seen to take.
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
        """Whether what is seen may be such a rule's port, and the one that was drawn is not."""
        self._senders: dict[_Asked, int] = {}
        self._asked: dict[_Asked, int] = {}

    def of(self, flow: int, transmission: Transmission) -> tuple[Branch, ...]:
        """Return the ways that the walk says the packet can go."""
        self._ports, self._unseen_picks, self._drawn, self._asked = (), 0, set(), {}
        branches, stand_ins = self._with_ports_seen(flow, transmission)
        hidden = self._hidden.get(flow, set())
        self._hidden[flow] = hidden | stand_ins
        return tuple(with_hidden(branch, transmission.events, hidden, hidden | stand_ins) for branch in branches)

    def _with_ports_seen(self, flow: int, transmission: Transmission) -> tuple[tuple[Branch, ...], set[int]]:
        """Return the ways with the ports that the kernel has been seen to take, and those that stand for unseen ones.

        Which of several draws has been seen is open: all that lead to what was seen are kept."""
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
        """Return the ways just walked, with those of each port that may have been drawn unseen and that makes a
        difference; and the ports that stand for unseen ones."""
        shown = set[int]() if self._sets_ports else {port for event in seen for port in ports_of(event)}
        guessed = self._guessed - shown
        stand_ins = guessed | (set(self._taken) if len(self._taken) > 1 else set[int]())
        return (branches + self._unseen(flow, sent) if guessed else branches), stand_ins

    def _unseen(self, flow: int, sent: Sent) -> tuple[Branch, ...]:
        """Return the ways with each of those ports."""
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
            # Of many any will do that rules do not tell from most others.
            guess = Usual().port(first if few else first + (last - first) // 3, last, is_free)
            supposed = self._supposed
            seen = supposed if supposed is not None and first <= supposed <= last and is_free(supposed) else guess
            self._guessed |= {seen} if first < last else set[int]()
        self._taken.append(seen)
        return seen

    def arp_sender(self, request: ArpRequest) -> int:
        """Return the sender of the first request for the neighbour: its answer is kept (door.Choices)."""
        key = (request.netns, request.link, request.target)
        if key in self._senders:
            return self._senders[key]
        return self._asked.setdefault(key, request.sender)

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
        """Note what the packet leaves behind, having gone one of these ways; where they differ in that, later packets
        of the flow tell which it was, and until then others find what all of them leave, as the first one does."""
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


def _holds(way: Connections, netns: Netns, connection: Connection) -> bool:
    """Return whether a packet of the connection finds one in what the way leaves, or at least an answer to it does:
    no other connection can then have that tuple, whatever this one's first namespace has drawn for it."""
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
"""Where NAT draws ports that nobody sees, each that makes a difference is a way, from which the next packet forks."""
_MOST_DRAWN = 16
_LIMITS = Limits(branches=512, ends=512, hops=1000)
"""More branches than the product follows: the kernel's way is one of all.  A kernel lets a packet go round until its
TTL is used up."""
_Asked = tuple[str, str, int]
"""namespace, link, address"""
_TELLING_PORTS = (*PORTS, *SOURCE_PORTS, 1030, 5000)
"""Ports that the hunt's rules tell from others."""
_FEW = 32
"""Of so many ports each may matter: another flow may have it."""


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
    """Return the host with the socket that sends, which takes packets as any other does; only rules that ask for
    sockets, for which the case has some, would tell."""
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
    """Return where a packet's ways end; raises SetupError where they are so many that the walk gives some up."""
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
"""Of other protocols REJECT demands a checksum that NAT does not keep right: no answer may be sent."""
_ERRORS = {
    4: [name for name, icmp in ERRORS.items() if name.startswith("icmp-") and icmp >> 8 == 3],
    6: [name for name, icmp in ERRORS.items() if name.startswith("icmp6-") and icmp >> 8 == 1],
}
"""What REJECT may send."""


def _with_answers(network: Network, end: End, made: str = "") -> Iterator[tuple[tuple[Event, ...], End]]:
    """Yield what is seen of a packet's way, and of its answer's way where it is rejected; and where that ended.

    ``made``: the packet is itself the answer to another one."""
    if end.kind == "dropped" and end.stop is not None and _goes_astray(end.stop):
        # A reset that goes astray (walk/link/bridge.py): the kernel has made it all the same.
        end = msgspec.structs.replace(end, kind="rejected", stop=msgspec.structs.replace(end.stop, reject="tcp-reset"))
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
    # Where nobody puts fragments together, an error quotes the first one, which lacks of which flow it is.
    in_pieces = end.state.fragments.largest is not None and not network.namespace(end.state.netns).ruleset.tables
    if end.state.packet.protocol not in _ANSWERABLE or in_pieces or _may_be_untold(end):
        yield (), end
    packet = answer.packet
    family = "icmp" if packet.version == 4 else "icmp6"
    name = f"{family} {packet.icmp >> 8}/{packet.icmp & 0xFF}" if packet.icmp is not None else "rst"
    routed = output_route(network, answer) if answer.stage == "output-route" else (answer,)
    # What goes out of a bridge's port at once passes no hook that would note it.
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
    """Yield what is seen of the error about the second fragment, and where it ends: without ports it is related to no
    connection, nor translated."""
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
    """Return the end of an answer that two errors have come to: rules on their way have counted both."""
    counted = other.state.history.passed[len(end.state.history.passed) :]
    state = final.state.with_history(passed=(*final.state.history.passed, *counted))
    return msgspec.structs.replace(final, state=state)


def _wire_of(network: Network, state: State) -> str:
    """Return the host's link by which a packet has left: what a macvlan stands on."""
    link = network.namespace(state.netns).link(state.oif)
    lower = lower_of(network, state.netns, link) if link is not None else None
    return lower.link if lower is not None else state.oif


def _may_be_untold(end: End) -> bool:
    stop = end.stop
    unroutable = stop is not None and stop.stage == "input-route" and stop.reject is not None
    return unroutable and end.state.packet.version == 4


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
    """Return namespace and link whose INPUT a packet has passed: of an ipvlan in mode l3s the link below."""
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
