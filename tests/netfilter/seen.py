"""A packet at a hook, its surroundings and a table of rules for the tests of evaluation."""

from collections.abc import Callable
from typing import Literal

from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.match import Question
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import CT_NEW, Expression, Rule, Set, Table
from hairpin.netfilter.limit import ConnectionLimit, Limit, Queue, TimeWindow
from hairpin.netfilter.packet import RST, SYN, TCP, Connection, Packet, Seen, Tuple
from hairpin.netfilter.rule_address import read_address

CLIENT = read_address("192.0.2.10", "ip")
WEB = read_address("172.17.0.2", "ip")
SYN_PACKET = Packet(4, CLIENT, WEB, TCP, sport=40000, dport=80, tcp_flags=SYN)
ASKED = Tuple(CLIENT, WEB, TCP, 40000, 80)
FIRST = Seen(
    SYN_PACKET, iif="eth0", oif="docker0", ct_state=CT_NEW, connection=Connection(4, ASKED, ASKED.reversed(), mark=0x10)
)


class Place:
    """Surroundings with one local address, one way back, one socket."""

    def __init__(self, *, back: bool = True, socket: bool | None = True) -> None:
        self.back = back
        self.socket = socket

    def address_is(self, seen: Seen, side: Literal["saddr", "daddr"], types: tuple[str, ...], link: str | None) -> bool:
        """Return whether the address has one of the types: WEB is local (on docker0 if a link is given), all others are
        unicast."""
        address = seen.packet.saddr if side == "saddr" else seen.packet.daddr
        return ("local" if address == WEB and link in (None, "docker0") else "unicast") in types

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        """Return whether there is a way back: ``back``, or any when ``loose``, or by mark 7."""
        return self.back or loose or (use_mark and seen.packet.mark == 7)

    def is_read(self, queue: Queue) -> bool | None:
        return None

    def is_now(self, window: TimeWindow) -> bool | None:
        return None

    def owns_socket(self, seen: Seen, *, transparent: bool, wildcard: bool) -> bool | None:
        """Return ``socket`` for packets to port 80; whether that socket is transparent is unknown."""
        if transparent:
            return None
        return self.socket if seen.packet.dport == 80 else False

    def exceeds(self, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]) -> bool:
        """Return whether the limit is of one connection, and the packet passes the rule."""
        return isinstance(limit, ConnectionLimit) and limit.most == 1 and not entered and passes(seen)

    def offloads(self, seen: Seen) -> bool:
        """Return whether the packet is TCP without RST."""
        return seen.packet.protocol == TCP and not seen.packet.tcp_flags & RST


class Loopback:
    """Surroundings of a namespace that has a loopback link and nothing else."""

    def address_is(self, seen: Seen, side: Literal["saddr", "daddr"], types: tuple[str, ...], link: str | None) -> bool:
        assert (seen.packet.version, link) == (4, None)
        address = seen.packet.saddr if side == "saddr" else seen.packet.daddr
        return ("local" if address >> 24 == 127 else "unicast") in types

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        raise AssertionError((seen, loose, use_mark))

    def is_read(self, queue: Queue) -> bool | None:
        return None

    def is_now(self, window: TimeWindow) -> bool | None:
        return None

    def owns_socket(self, seen: Seen, *, transparent: bool, wildcard: bool) -> bool | None:
        raise AssertionError(seen)

    def exceeds(self, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]) -> bool:
        return False

    def offloads(self, seen: Seen) -> bool:
        raise AssertionError(seen)


def question(seen: Seen = FIRST, sets: tuple[Set, ...] = (), place: Place | None = None) -> Question:
    """Return the question that rules are evaluated for: a packet with its sets and surroundings."""
    return Question(seen, header_of(seen), {each.name: each for each in sets}, place or Place())


def rule(*body: Expression, number: int = 1, text: str = "") -> Rule:
    """Return one rule."""
    return Rule(body, text, number)


def table(rules: str, *, name: str = "filter") -> Table:
    """Return the table of an iptables-save text, given without its first and last line."""
    (found,) = parse(f"*{name}\n{rules}COMMIT\n", family="ip", dialect="iptables-nft", source="test", evidence="e1")
    return found
