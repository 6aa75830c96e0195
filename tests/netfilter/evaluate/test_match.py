import msgspec
import pytest

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.match import contains, satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import ICMP, UDP, Packet, Seen
from tests.netfilter.seen import CLIENT, FIRST, WEB, Place, question
from tests.rows import each_row

NO, UNKNOWN, YES = Truth.NO, Truth.UNKNOWN, Truth.YES
OPAQUE = ir.OpaqueMatch("-m bpf --bytecode x")
EIGHTY = ir.FieldMatch("dport", ((80, 80),))
EIGHTYONE = ir.FieldMatch("dport", ((81, 81),))

SETS = (
    ir.Set("clients", "hash:ip", (ir.Element((ir.NumberKey(CLIENT, CLIENT),)),)),
    ir.Set("dynamic", "hash:ip", (), opaque=message("timeouts")),
    ir.Set(
        "except",
        "hash:net",
        (
            ir.Element((ir.NumberKey(CLIENT & ~0xFF, CLIENT | 0xFF),)),
            ir.Element((ir.NumberKey(CLIENT, CLIENT),), nomatch=True),
        ),
    ),
)
PAIR = (ir.Element((ir.NumberKey(6, 6), ir.NumberKey(80, 90))),)
LINKS = (ir.Element((ir.NameKey("eth*"),)),)

CASES: dict[str, tuple[ir.Match, Truth]] = {
    "port equal": (EIGHTY, YES),
    "last port is inside": (ir.FieldMatch("dport", ((70, 80),)), YES),
    "first port is inside": (ir.FieldMatch("dport", ((80, 90),)), YES),
    "beyond the range": (ir.FieldMatch("dport", ((81, 90),)), NO),
    "second range": (ir.FieldMatch("dport", ((1, 2), (80, 80))), YES),
    "negated": (ir.FieldMatch("dport", ((80, 80),), negated=True), NO),
    "negated, another": (ir.FieldMatch("dport", ((81, 81),), negated=True), YES),
    "masked": (ir.FieldMatch("ct-state", ((ir.CT_NEW, ir.CT_NEW),), mask=ir.CT_NEW | ir.CT_ESTABLISHED), YES),
    "bits cleared by the mask": (ir.FieldMatch("ct-mark", ((0, 0),), mask=0xF), YES),
    "a field that is not there": (ir.FieldMatch("icmp", ((8, 8),)), NO),
    "nor does its negation match": (ir.FieldMatch("icmp", ((8, 8),), negated=True), NO),
    "no owner on the way out": (ir.FieldMatch("skuid", ((0, 0),)), NO),
    "no socket on the way out": (ir.FieldMatch("socket", ((1, 1),)), NO),
    "without a socket on the way out": (ir.FieldMatch("socket", ((1, 1),), negated=True), YES),
    "interface group": (ir.FieldMatch("iif-group", ((0, 0),)), YES),
    "another interface group": (ir.FieldMatch("iif-group", ((7, 7),)), NO),
    "not that interface group": (ir.FieldMatch("iif-group", ((7, 7),), negated=True), YES),
    "interface": (ir.NameMatch("iif", ("eth0",)), YES),
    "interface by prefix": (ir.NameMatch("iif", ("eth*",)), YES),
    "another interface": (ir.NameMatch("iif", ("eth1", "lo")), NO),
    "not that interface": (ir.NameMatch("iif", ("eth0",), negated=True), NO),
    "an interface that the hook does not have": (ir.NameMatch("physin", ("eth0",)), NO),
    "a missing interface is not eth0": (ir.NameMatch("physin", ("eth0",), negated=True), YES),
    "in set": (ir.SetMatch("clients", ("saddr4",)), YES),
    "not in set": (ir.SetMatch("clients", ("daddr4",)), NO),
    "negated set": (ir.SetMatch("clients", ("saddr4",), negated=True), NO),
    "a set that is not there": (ir.SetMatch("gone", ("saddr4",)), UNKNOWN),
    "a set that changes by itself": (ir.SetMatch("dynamic", ("saddr4",)), UNKNOWN),
    "nomatch excepts": (ir.SetMatch("except", ("saddr4",)), NO),
    "a field that the packet lacks is in no set": (ir.SetMatch("clients", ("icmp",)), NO),
    "inline, both dimensions": (ir.InlineSetMatch(PAIR, ("protocol", "dport")), YES),
    "inline, one dimension off": (ir.InlineSetMatch(PAIR, ("protocol", "sport")), NO),
    "inline, negated": (ir.InlineSetMatch(PAIR, ("protocol", "sport"), negated=True), YES),
    "inline, names": (ir.InlineSetMatch(LINKS, ("iif",)), YES),
    "inline, another name": (ir.InlineSetMatch(LINKS, ("oif",)), NO),
    "fib local": (ir.FibMatch("daddr", ("local", "broadcast")), YES),
    "fib of the source": (ir.FibMatch("saddr", ("local",)), NO),
    "fib negated": (ir.FibMatch("daddr", ("local",), negated=True), NO),
    "fib limited to a link": (ir.FibMatch("daddr", ("local",), limit="iif"), NO),
    "fib limited to its own": (ir.FibMatch("daddr", ("local",), limit="oif"), YES),
    "a route back": (ir.ReversePathMatch(), YES),
    "invert": (ir.ReversePathMatch(negated=True), NO),
    "a socket": (ir.SocketMatch(), YES),
    "a transparent socket is not asked for": (ir.SocketMatch(transparent=True), UNKNOWN),
    "any of": (ir.AnyOfMatch((EIGHTYONE, EIGHTY)), YES),
    "none of": (ir.AnyOfMatch((EIGHTYONE,)), NO),
    "none at all": (ir.AnyOfMatch(()), NO),
    "any of, negated": (ir.AnyOfMatch((EIGHTYONE, EIGHTY), negated=True), NO),
    "perhaps one of": (ir.AnyOfMatch((EIGHTYONE, OPAQUE)), UNKNOWN),
    "certainly one of": (ir.AnyOfMatch((OPAQUE, EIGHTY)), YES),
    "chance": (ir.StatefulMatch("statistic", "-m statistic"), UNKNOWN),
    "no chance": (ir.StatefulMatch("statistic", "-m statistic", fixed=True), YES),
    "no chance at all": (ir.StatefulMatch("statistic", "-m statistic", usual=False, fixed=True), NO),
    "not modelled": (OPAQUE, UNKNOWN),
}


@each_row(("match", "expected"), CASES.values(), ids=CASES)
def test_satisfies(match: ir.Match, expected: Truth) -> None:
    assert satisfies(question(sets=SETS), match) is expected


NO_WAY = Place(back=False, socket=None)
LOCAL_SOURCE = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, saddr=WEB))
LOCAL_SOURCE6 = Seen(Packet(6, WEB, 1, UDP, sport=1, dport=2), iif="eth0")
BOOTING = Seen(Packet(4, 0, 0xFFFFFFFF, UDP, sport=68, dport=67), iif="eth0")
MARKED = msgspec.structs.replace(FIRST, packet=msgspec.structs.replace(FIRST.packet, mark=7))
LOOPED = msgspec.structs.replace(FIRST, iif="lo")

WITHOUT_A_WAY: dict[str, tuple[Seen, ir.Match, Truth]] = {
    "no route back": (FIRST, ir.ReversePathMatch(), NO),
    "loose: by any link": (FIRST, ir.ReversePathMatch(loose=True), YES),
    "loopback needs none": (LOOPED, ir.ReversePathMatch(), YES),
    "a local source": (LOCAL_SOURCE, ir.ReversePathMatch(), NO),
    "a local source, accepted, still needs a route": (LOCAL_SOURCE, ir.ReversePathMatch(accept_local=True), NO),
    "a local source of IPv6, accepted": (LOCAL_SOURCE6, ir.ReversePathMatch(accept_local=True), YES),
    "no source yet, to the limited broadcast address": (BOOTING, ir.ReversePathMatch(), YES),
    "accept-local is for local sources": (FIRST, ir.ReversePathMatch(accept_local=True), NO),
    "the mark is not looked at": (MARKED, ir.ReversePathMatch(), NO),
    "the mark selects the route back": (MARKED, ir.ReversePathMatch(validmark=True), YES),
    "sockets unread": (FIRST, ir.SocketMatch(), UNKNOWN),
    "icmp has no socket": (Seen(Packet(4, CLIENT, WEB, ICMP, icmp=2048)), ir.SocketMatch(), NO),
}


@each_row(("seen", "match", "expected"), WITHOUT_A_WAY.values(), ids=WITHOUT_A_WAY)
def test_surroundings_say_no(seen: Seen, match: ir.Match, expected: Truth) -> None:
    assert satisfies(question(seen, place=NO_WAY), match) is expected


def test_the_owner_of_a_received_packet_is_unknown() -> None:
    arriving = msgspec.structs.replace(FIRST, oif="")
    assert satisfies(question(arriving), ir.FieldMatch("skuid", ((0, 0),))) is UNKNOWN
    assert satisfies(question(arriving), ir.FieldMatch("socket", ((1, 1),))) is UNKNOWN


def test_the_smallest_element_decides() -> None:
    """A net, a smaller net excepted from it, an address taken in again: net/netfilter/ipset/ip_set_hash_gen.h."""
    wide, hole, island = ir.NumberKey(0, 255), ir.NumberKey(16, 31), ir.NumberKey(20, 20)
    named = ir.Set("s", "hash:net", (ir.Element((island,)), ir.Element((wide,)), ir.Element((hole,), nomatch=True)))
    assert [contains(named, (value,)) for value in (5, 16, 20, 31, 32, 256)] == [True, False, True, False, True, False]


@pytest.mark.parametrize("kind", ("hash:net,iface", "hash:net,iface inet6", "list:set hash:net,iface"))
def test_the_smallest_network_decides_for_all_links(kind: str) -> None:
    """Where a smaller network is there with other links, a larger one with this link is not looked for."""
    wide, hole = ir.NumberKey(0, 255), ir.NumberKey(16, 31)
    elements = ((wide, "up0"), (hole, "eth1"), (hole, "eth0"))
    named = ir.Set("s", kind, tuple(ir.Element((net, ir.NameKey(link))) for net, link in elements))
    asked: tuple[tuple[int, str], ...] = (
        (5, "up0"), (16, "up0"), (16, "eth0"), (16, "eth1"), (5, "eth0"), (256, "up0"),
    )  # fmt: skip
    assert [contains(named, each) for each in asked] == [True, False, True, True, False, False]


def test_keys_of_another_kind_hold_nothing() -> None:
    named = ir.Set("s", "x", (ir.Element((ir.NumberKey(0, 255),)),))
    assert not contains(named, ("eth0",))
    assert not contains(ir.Set("s", "x", LINKS), (3,))
    assert not contains(named, (3, 4))
    assert contains(ir.Set("s", "x", (ir.Element(()),)), (3,))
