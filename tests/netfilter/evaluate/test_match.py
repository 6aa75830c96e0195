import msgspec
import pytest

from hairpin.message import message
from hairpin.netfilter.evaluate.match import contains, satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import (
    CT_ESTABLISHED,
    CT_NEW,
    AnyOfMatch,
    Element,
    FibMatch,
    FieldMatch,
    InlineSetMatch,
    Match,
    NameKey,
    NameMatch,
    NumberKey,
    OpaqueMatch,
    ReversePathMatch,
    Set,
    SetMatch,
    SocketMatch,
    StatefulMatch,
)
from hairpin.netfilter.packet import ICMP, UDP, Packet, Seen
from tests.netfilter.seen import CLIENT, FIRST, WEB, Place, question

NO, UNKNOWN, YES = Truth.NO, Truth.UNKNOWN, Truth.YES
OPAQUE = OpaqueMatch("-m bpf --bytecode x")
EIGHTY = FieldMatch("dport", ((80, 80),))
EIGHTYONE = FieldMatch("dport", ((81, 81),))

SETS = (
    Set("clients", "hash:ip", (Element((NumberKey(CLIENT, CLIENT),)),)),
    Set("dynamic", "hash:ip", (), opaque=message("timeouts")),
    Set("except", "hash:net", (
        Element((NumberKey(CLIENT & ~0xFF, CLIENT | 0xFF),)), Element((NumberKey(CLIENT, CLIENT),), nomatch=True),
    )),
)  # fmt: skip
PAIR = (Element((NumberKey(6, 6), NumberKey(80, 90))),)
LINKS = (Element((NameKey("eth*"),)),)

CASES: dict[str, tuple[Match, Truth]] = {
    "port equal": (EIGHTY, YES),
    "last port is inside": (FieldMatch("dport", ((70, 80),)), YES),
    "first port is inside": (FieldMatch("dport", ((80, 90),)), YES),
    "beyond the range": (FieldMatch("dport", ((81, 90),)), NO),
    "second range": (FieldMatch("dport", ((1, 2), (80, 80))), YES),
    "negated": (FieldMatch("dport", ((80, 80),), negated=True), NO),
    "negated, another": (FieldMatch("dport", ((81, 81),), negated=True), YES),
    "masked": (FieldMatch("ct-state", ((CT_NEW, CT_NEW),), mask=CT_NEW | CT_ESTABLISHED), YES),
    "bits cleared by the mask": (FieldMatch("ct-mark", ((0, 0),), mask=0xF), YES),
    "a field that is not there": (FieldMatch("icmp", ((8, 8),)), NO),
    "nor does its negation match": (FieldMatch("icmp", ((8, 8),), negated=True), NO),
    "no owner on the way out": (FieldMatch("skuid", ((0, 0),)), NO),
    "no socket on the way out": (FieldMatch("socket", ((1, 1),)), NO),
    "without a socket on the way out": (FieldMatch("socket", ((1, 1),), negated=True), YES),
    "interface": (NameMatch("iif", ("eth0",)), YES),
    "interface by prefix": (NameMatch("iif", ("eth*",)), YES),
    "another interface": (NameMatch("iif", ("eth1", "lo")), NO),
    "not that interface": (NameMatch("iif", ("eth0",), negated=True), NO),
    "an interface that the hook does not have": (NameMatch("physin", ("eth0",)), NO),
    "a missing interface is not eth0": (NameMatch("physin", ("eth0",), negated=True), YES),
    "in set": (SetMatch("clients", ("saddr4",)), YES),
    "not in set": (SetMatch("clients", ("daddr4",)), NO),
    "negated set": (SetMatch("clients", ("saddr4",), negated=True), NO),
    "a set that is not there": (SetMatch("gone", ("saddr4",)), UNKNOWN),
    "a set that changes by itself": (SetMatch("dynamic", ("saddr4",)), UNKNOWN),
    "nomatch excepts": (SetMatch("except", ("saddr4",)), NO),
    "a field that the packet lacks is in no set": (SetMatch("clients", ("icmp",)), NO),
    "inline, both dimensions": (InlineSetMatch(PAIR, ("protocol", "dport")), YES),
    "inline, one dimension off": (InlineSetMatch(PAIR, ("protocol", "sport")), NO),
    "inline, negated": (InlineSetMatch(PAIR, ("protocol", "sport"), negated=True), YES),
    "inline, names": (InlineSetMatch(LINKS, ("iif",)), YES),
    "inline, another name": (InlineSetMatch(LINKS, ("oif",)), NO),
    "fib local": (FibMatch("daddr", ("local", "broadcast")), YES),
    "fib of the source": (FibMatch("saddr", ("local",)), NO),
    "fib negated": (FibMatch("daddr", ("local",), negated=True), NO),
    "fib limited to a link": (FibMatch("daddr", ("local",), limit="iif"), NO),
    "fib limited to its own": (FibMatch("daddr", ("local",), limit="oif"), YES),
    "a route back": (ReversePathMatch(), YES),
    "invert": (ReversePathMatch(negated=True), NO),
    "a socket": (SocketMatch(), YES),
    "a transparent socket is not asked for": (SocketMatch(transparent=True), UNKNOWN),
    "any of": (AnyOfMatch((EIGHTYONE, EIGHTY)), YES),
    "none of": (AnyOfMatch((EIGHTYONE,)), NO),
    "none at all": (AnyOfMatch(()), NO),
    "any of, negated": (AnyOfMatch((EIGHTYONE, EIGHTY), negated=True), NO),
    "perhaps one of": (AnyOfMatch((EIGHTYONE, OPAQUE)), UNKNOWN),
    "certainly one of": (AnyOfMatch((OPAQUE, EIGHTY)), YES),
    "chance": (StatefulMatch("statistic", "-m statistic"), UNKNOWN),
    "not modelled": (OPAQUE, UNKNOWN),
}


@pytest.mark.parametrize(("match", "expected"), CASES.values(), ids=CASES)
def test_satisfies(match: Match, expected: Truth) -> None:
    assert satisfies(question(sets=SETS), match) is expected


NO_WAY = Place(back=False, socket=None)
LOCAL_SOURCE = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, saddr=WEB))
LOCAL_SOURCE6 = Seen(Packet(6, WEB, 1, UDP, sport=1, dport=2), iif="eth0")
BOOTING = Seen(Packet(4, 0, 0xFFFFFFFF, UDP, sport=68, dport=67), iif="eth0")
MARKED = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, mark=7))
LOOPED = msgspec.structs.replace(FIRST, iif="lo")

WITHOUT_A_WAY: dict[str, tuple[Seen, Match, Truth]] = {
    "no route back": (FIRST, ReversePathMatch(), NO),
    "loose: by any link": (FIRST, ReversePathMatch(loose=True), YES),
    "loopback needs none": (LOOPED, ReversePathMatch(), YES),
    "a local source": (LOCAL_SOURCE, ReversePathMatch(), NO),
    "a local source, accepted, still needs a route": (LOCAL_SOURCE, ReversePathMatch(accept_local=True), NO),
    "a local source of IPv6, accepted": (LOCAL_SOURCE6, ReversePathMatch(accept_local=True), YES),
    "no source yet, to the limited broadcast address": (BOOTING, ReversePathMatch(), YES),
    "accept-local is for local sources": (FIRST, ReversePathMatch(accept_local=True), NO),
    "the mark is not looked at": (MARKED, ReversePathMatch(), NO),
    "the mark selects the route back": (MARKED, ReversePathMatch(validmark=True), YES),
    "sockets unread": (FIRST, SocketMatch(), UNKNOWN),
    "icmp has no socket": (Seen(Packet(4, CLIENT, WEB, ICMP, icmp=2048)), SocketMatch(), NO),
}


@pytest.mark.parametrize(("seen", "match", "expected"), WITHOUT_A_WAY.values(), ids=WITHOUT_A_WAY)
def test_surroundings_say_no(seen: Seen, match: Match, expected: Truth) -> None:
    assert satisfies(question(seen, place=NO_WAY), match) is expected


def test_the_owner_of_a_received_packet_is_unknown() -> None:
    arriving = msgspec.structs.replace(FIRST, oif="")
    assert satisfies(question(arriving), FieldMatch("skuid", ((0, 0),))) is UNKNOWN
    assert satisfies(question(arriving), FieldMatch("socket", ((1, 1),))) is UNKNOWN


def test_the_smallest_element_decides() -> None:
    """A net, a smaller net excepted from it, an address taken in again: net/netfilter/ipset/ip_set_hash_gen.h."""
    wide, hole, island = NumberKey(0, 255), NumberKey(16, 31), NumberKey(20, 20)
    named = Set("s", "hash:net", (Element((island,)), Element((wide,)), Element((hole,), nomatch=True)))
    assert [contains(named, (value,)) for value in (5, 16, 20, 31, 32, 256)] == [True, False, True, False, True, False]


@pytest.mark.parametrize("kind", ("hash:net,iface", "hash:net,iface inet6", "list:set hash:net,iface"))
def test_the_smallest_network_decides_for_all_links(kind: str) -> None:
    """Where a smaller network is there with other links, a larger one with this link is not looked for."""
    wide, hole = NumberKey(0, 255), NumberKey(16, 31)
    elements = ((wide, "up0"), (hole, "eth1"), (hole, "eth0"))
    named = Set("s", kind, tuple(Element((net, NameKey(link))) for net, link in elements))
    asked: tuple[tuple[int, str], ...] = (
        (5, "up0"), (16, "up0"), (16, "eth0"), (16, "eth1"), (5, "eth0"), (256, "up0"),
    )  # fmt: skip
    assert [contains(named, each) for each in asked] == [True, False, True, True, False, False]


def test_keys_of_another_kind_hold_nothing() -> None:
    named = Set("s", "x", (Element((NumberKey(0, 255),)),))
    assert not contains(named, ("eth0",))
    assert not contains(Set("s", "x", LINKS), (3,))
    assert not contains(named, (3, 4))
    assert contains(Set("s", "x", (Element(()),)), (3,))
