"""Captures the probes and their answers on every link of the namespaces on their path, and says where each probe was
seen.

A filter in the kernel lets through the packets that begin or end a connection of the asked ports, ICMP, and datagrams
of these ports.  Which of them belong to a probe is decided by a number that NAT leaves as it is (``Sighting.tag``),
else by the probe's source port.

Source: packet(7), bpf(4) of FreeBSD for the classic program; net/core/filter.c
"""

import ctypes
import select
import socket
import struct
from collections import Counter
from collections.abc import Iterable, Sequence

from hairpin.host.netns import Netns
from hairpin.judges.observation import ProbeAttempt, SeenHop
from hairpin.netfilter.packet import ICMP, ICMP6, TCP
from hairpin.replica.judgement import Sighting
from hairpin.replica.watch.tap import Tap

_SO_ATTACH_FILTER = 26
_MOST_SIGHTINGS = 20_000
_SYN, _RST, _ACK = 0x02, 0x04, 0x10
_LDB, _LDH, _LDXB, _LDB_X, _LDH_X = 0x30, 0x28, 0xB1, 0x50, 0x48
_AND, _JEQ, _JSET, _RET, _JA = 0x54, 0x15, 0x45, 0x06, 0x05
_REQUESTS = frozenset({8 << 8, 128 << 8})
_REPLIES = frozenset({0, 129 << 8})


def program(ports: Sequence[int]) -> bytes:
    """Return the filter of classic BPF, which sees packets from their network header on.

    It takes TCP segments with SYN or RST, and datagrams, from or to one of the ports, and all of ICMP and ICMPv6."""
    v4 = [*_transport(9, TCP, _flags(_LDB_X, 13), ports, True), *_transport(9, 17, [], ports, True)]
    v6 = [*_transport(6, TCP, _flags(_LDB, 53), ports, False), *_transport(6, 17, [], ports, False)]
    ends4 = [(_LDB, 0, 0, 9), (_JEQ, 0, 1, ICMP), (_RET, 0, 0, 256), (_RET, 0, 0, 0)]
    ends6 = [(_LDB, 0, 0, 6), (_JEQ, 0, 1, ICMP6), (_RET, 0, 0, 256), (_RET, 0, 0, 0)]
    of4, of6 = [*v4, *ends4], [*v6, *ends6]
    lines = [
        (_LDB, 0, 0, 0), (_AND, 0, 0, 0xF0),
        (_JEQ, 1, 0, 0x40), (_JA, 0, 0, len(of4)), *of4,
        (_JEQ, 1, 0, 0x60), (_RET, 0, 0, 0), *of6,
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *each) for each in lines)


def _flags(load: int, offset: int) -> list[tuple[int, int, int, int]]:
    """Return the lines that go on only if a segment has SYN or RST; the program ends there otherwise."""
    return [(load, 0, 0, offset), (_JSET, 1, 0, _SYN | _RST), (_RET, 0, 0, 0)]


def _transport(
    at: int, protocol: int, flags: list[tuple[int, int, int, int]], ports: Sequence[int], is_v4: bool
) -> list[tuple[int, int, int, int]]:
    """Return the lines for one transport protocol, which are jumped over for packets of another one."""
    load, offset = (_LDH_X, 0) if is_v4 else (_LDH, 40)
    found: list[tuple[int, int, int, int]] = [(_LDXB, 0, 0, 0)] if is_v4 else []
    found += flags
    for side in (offset, offset + 2):
        found.append((load, 0, 0, side))
        found += [line for port in ports for line in ((_JEQ, 0, 1, port), (_RET, 0, 0, 256))]
    found.append((_RET, 0, 0, 0))
    return [(_LDB, 0, 0, at), (_JEQ, 1, 0, protocol), (_JA, 0, 0, len(found)), *found]


def open_tap(netns: Netns, ports: Sequence[int]) -> Tap:
    """Open the tap of the namespace that this process is in.  Raises OSError."""
    tap = Tap(netns)
    code = program(ports)
    lines = ctypes.create_string_buffer(code)
    head = struct.pack("@HP", len(code) // 8, ctypes.addressof(lines))
    tap.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
    return tap


class Capture:
    """The sightings of all taps.  ``is_cut``: whether there were more than are kept."""

    def __init__(self, taps: Iterable[Tap]) -> None:
        self._taps = {each.socket.fileno(): each for each in taps}
        self._ready = select.epoll()
        for number in self._taps:
            self._ready.register(number, select.EPOLLIN)
        self.seen: list[Sighting] = []
        self.is_cut = False

    def drain(self) -> None:
        """Take what the taps have seen since the last time."""
        for number, _ in self._ready.poll(0, max(1, len(self._taps))):
            found = self._taps[number].read()
            room = _MOST_SIGHTINGS - len(self.seen)
            self.is_cut |= len(found) > room
            self.seen += found[:room]


def by_probe(
    seen: Iterable[Sighting], attempts: Sequence[ProbeAttempt], start: Netns | None, sender: str, patience_s: float
) -> list[list[Sighting]]:
    """Return the sightings of each probe and of its answers, in order of time.

    ``start``: the namespace in which the probes start, if it was captured; there their source ports are their own.
    ``sender``: if the source ports are not known, the address from which the probes come.  ``patience_s``: what was
    seen so long after a probe is left out: its sender has given up, and the kernels go on with a connection that it
    does not have any more."""
    ordered = sorted(seen, key=lambda each: each.at_ns)
    number_of = {each.sport: number for number, each in enumerate(attempts) if each.sport}
    if start is None and number_of and not any(each.sport in number_of for each in ordered if _is_request(each)):
        number_of = {}  # a NAT gateway on the way has changed the ports
    tags: dict[int, int] = {}
    for each in ordered:
        if each.tag is None or not _is_request(each) or each.tag in tags:
            continue
        if each.sport in number_of and (start is None or each.netns == start):
            tags[each.tag] = number_of[each.sport]
        elif not number_of and each.source == sender and len(tags) < len(attempts):
            tags[each.tag] = len(tags)
    found: list[list[Sighting]] = [[] for _ in attempts]
    for each in ordered:
        number = _number(each, tags, number_of)
        if number is None:
            continue
        some = found[number]
        if not some or each.at_ns <= some[0].at_ns + patience_s * 1_000_000_000:
            some.append(each)
    return found


def arrived_from(probes: Sequence[Sequence[Sighting]], ports: frozenset[int], sender: str) -> str:
    """Return the address from which probes of another machine arrived, if it is not the ``sender``; else empty."""
    first = (next((each for each in some if not each.out and not is_reply(each, ports)), None) for some in probes)
    sources = {each.source for each in first if each is not None}
    return sources.pop() if len(sources) == 1 and sender not in sources else ""


def _number(seen: Sighting, tags: dict[int, int], number_of: dict[int, int]) -> int | None:
    """Return the probe to which the packet belongs."""
    if seen.protocol in (ICMP, ICMP6) and seen.icmp in _REQUESTS | _REPLIES:
        return seen.tag if seen.tag is not None and seen.tag < len(number_of) else None
    if seen.tag is not None:
        return tags.get(seen.tag)
    ends = (seen.sport, seen.dport, *seen.quoted)
    return next((number_of[each] for each in ends if each in number_of), None) if seen.protocol != TCP else None


def _is_request(seen: Sighting) -> bool:
    """Return whether the packet is a SYN.  Datagrams have no direction of their own."""
    return seen.protocol != TCP or (seen.tcp_flags & _SYN and not seen.tcp_flags & _ACK) != 0


def is_reply(seen: Sighting, ports: frozenset[int]) -> bool:
    """Return whether the packet answers a probe.  ``ports``: the ports of the asked service at any hop."""
    if seen.protocol == TCP:
        return not _is_request(seen)
    if seen.icmp is not None:
        return seen.icmp not in _REQUESTS
    return seen.sport in ports and seen.dport not in ports


def hops_of(probes: Sequence[Sequence[Sighting]], ports: frozenset[int]) -> tuple[SeenHop, ...]:
    """Return the links on which probes and answers were seen, in the order in which the first was."""
    first: dict[tuple[Netns, str, bool, bool], Sighting] = {}
    numbers: dict[tuple[Netns, str, bool, bool], set[int]] = {}
    order = sorted(
        ((each, number) for number, some in enumerate(probes) for each in some), key=lambda one: one[0].at_ns
    )
    for each, number in order:
        key = (each.netns, each.link, each.out, is_reply(each, ports))
        first.setdefault(key, each)
        numbers.setdefault(key, set()).add(number)
    return tuple(SeenHop(*key, len(numbers[key]), seen.text()) for key, seen in first.items())


def ends_of(
    probes: Sequence[Sequence[Sighting]], attempts: Sequence[ProbeAttempt], ports: frozenset[int]
) -> tuple[SeenHop, ...]:
    """Return where the silent probes were seen last, the most frequent place first.  If an answer was seen, it is where
    the answer was seen last."""
    told: dict[tuple[Netns, str, bool, bool], str] = {}
    counts: Counter[tuple[Netns, str, bool, bool]] = Counter()
    for some, attempt in zip(probes, attempts, strict=True):
        if attempt.outcome == "silent" and some:
            last = some[-1]
            key = (last.netns, last.link, last.out, is_reply(last, ports))
            told.setdefault(key, last.text())
            counts[key] += 1
    return tuple(SeenHop(*key, count, told[key]) for key, count in counts.most_common())
