from typing import Literal

import msgspec
import pytest

from hairpin.netfilter.ir import (
    CT_ESTABLISHED,
    CT_INVALID,
    CT_NEW,
    CT_RELATED,
    CT_UNTRACKED,
    STATUS_CONFIRMED,
    STATUS_DYING,
    STATUS_SEEN_REPLY,
)
from hairpin.netfilter.packet import (
    ACK,
    DCCP,
    FIN,
    ICMP,
    ICMP6,
    PSH,
    RST,
    SYN,
    TCP,
    UDP,
    UDPLITE,
    URG,
    Connection,
    Packet,
    Tcp,
    Tuple,
)
from hairpin.walk.hooks.conntrack import (
    Direction,
    first_state,
    forgotten,
    next_state,
    possible,
    track,
    tuple_of,
    with_closed_connection,
    with_confirmed_connection,
)
from hairpin.walk.state import End, State
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace
from tests.walk.standing import FROM_CLIENT, at

HOST = host_namespace()
ASKED = Tuple(CLIENT, HOST_ADDRESS, TCP, 40000, 8151)
BACK = Packet(4, HOST_ADDRESS, CLIENT, TCP, sport=8151, dport=40000, tcp_flags=SYN | ACK)
OPEN = Connection(4, ASKED, ASKED.reversed(), tcp=Tcp("SYN_SENT"))
ANSWERED = msgspec.structs.replace(OPEN, status=STATUS_SEEN_REPLY, tcp=Tcp("SYN_RECV"))
OVER = msgspec.structs.replace(ANSWERED, tcp=Tcp("TIME_WAIT", closing=True))
ECHO = Connection(4, Tuple(1, 2, ICMP, 7, 8 << 8), Tuple(2, 1, ICMP, 7, 0))
UNPORTED = Connection(4, Tuple(1, 2, DCCP), Tuple(2, 1, DCCP))


def flags(value: int, packet: Packet = FROM_CLIENT) -> Packet:
    return msgspec.structs.replace(packet, tcp_flags=value)


def icmp(type_: int, number: int = ICMP) -> Packet:
    return Packet(4 if number == ICMP else 6, 1, 2, number, icmp=type_ << 8)


def icmp_back(type_: int) -> Packet:
    return Packet(4, 2, 1, ICMP, sport=7, dport=7, icmp=type_ << 8)


def broken(packet: Packet) -> Packet:
    return msgspec.structs.replace(packet, bad_checksum=True)


# packet, the connection that is known, ctstate, direction
CASES: dict[str, tuple[Packet, Connection | None, int, int]] = {
    "SYN begins one": (FROM_CLIENT, None, CT_NEW, 0),
    "SYN-ACK does not": (flags(SYN | ACK), None, CT_INVALID, 0),
    "RST does not": (flags(RST), None, CT_INVALID, 0),
    "FIN does not": (flags(FIN | ACK), None, CT_INVALID, 0),
    "ACK is picked up": (flags(ACK | PSH), None, CT_NEW, 0),
    "no TCP sends that": (flags(SYN | FIN), None, CT_INVALID, 0),
    "nor within a connection": (flags(SYN | FIN), ANSWERED, CT_INVALID, 0),
    "udp": (Packet(4, 1, 2, UDP, sport=1, dport=2), None, CT_NEW, 0),
    "another protocol": (Packet(4, 1, 2, 47), None, CT_NEW, 0),
    "echo": (icmp(8), None, CT_NEW, 0),
    "echo reply that nobody asked for": (icmp(0), None, CT_INVALID, 0),
    "echo of IPv6": (icmp(128, ICMP6), None, CT_NEW, 0),
    "an error about nothing": (icmp(3), None, CT_INVALID, 0),
    "an error that does not say about what": (icmp(3), OPEN, CT_INVALID, 0),
    "timestamp": (icmp(13), None, CT_NEW, 0),
    "a neighbour's question is not tracked": (icmp(135, ICMP6), None, CT_UNTRACKED, 0),
    "nor a report on groups": (icmp(143, ICMP6), None, CT_UNTRACKED, 0),
    "a redirect of IPv6 is": (icmp(137, ICMP6), None, CT_INVALID, 0),
    "broken on the wire": (broken(FROM_CLIENT), None, CT_INVALID, 0),
    "broken within a connection": (broken(BACK), OPEN, CT_INVALID, 0),
    "UDP-Lite is always taken for broken": (Packet(4, 1, 2, UDPLITE, sport=1, dport=2), None, CT_INVALID, 0),
    "nobody verifies another protocol": (broken(Packet(4, 1, 2, 47)), None, CT_NEW, 0),
    "other ports of a protocol without": (Packet(4, 1, 2, DCCP, sport=1, dport=9), UNPORTED, CT_NEW, 0),
    "the other side's echo of the same id": (icmp_back(8), ECHO, CT_NEW, 0),
    "the answer to an echo": (icmp_back(0), ECHO, CT_ESTABLISHED, 1),
    "SYN-ACK of who asked": (flags(SYN | ACK), OPEN, CT_INVALID, 0),
    "SYN behind the end": (FROM_CLIENT, OVER, CT_NEW, 0),
    "SYN again": (FROM_CLIENT, OPEN, CT_NEW, 0),
    "answer": (BACK, OPEN, CT_ESTABLISHED, 1),
    "data behind the answer": (flags(ACK), ANSWERED, CT_ESTABLISHED, 0),
    "data before the answer": (flags(ACK), OPEN, CT_INVALID, 0),
    "a reset before the answer": (flags(RST), OPEN, CT_NEW, 0),
    "a dying entry is not found": (flags(SYN), msgspec.structs.replace(ANSWERED, status=STATUS_DYING), CT_NEW, 0),
}


@each_row(("packet", "known", "state", "direction"), CASES.values(), ids=CASES)
def test_track(packet: Packet, known: Connection | None, state: int, direction: int) -> None:
    before = at("prerouting", packet).with_history(connections=((HOST_NETNS, known),) if known else ())
    after = track(before, HOST)
    assert (after.track.ct_state, after.track.ct_direction) == (state, direction)
    assert (after.track.connection is None) == (state in (CT_INVALID, CT_UNTRACKED))


def test_without_tcp_loose_an_ack_begins_no_connection() -> None:
    loose = ("net", "netfilter", "nf_conntrack_tcp_loose")
    strict = msgspec.structs.replace(HOST, sysctls=HOST.sysctls.with_value(loose, "0"))
    assert track(at("prerouting", flags(ACK)), strict).track.ct_state == CT_INVALID
    assert track(at("prerouting", FROM_CLIENT), strict).track.ct_state == CT_NEW


# state of the live entry, the packet's flags, ctstate
CLOSED: dict[str, tuple[Tcp, int, int]] = {
    "a SYN begins anew where both had ended": (Tcp("TIME_WAIT", closing=True), SYN, CT_NEW),
    "a SYN begins anew behind a reset": (Tcp("CLOSE", closing=True), SYN, CT_NEW),
    "data does not": (Tcp("TIME_WAIT", closing=True), ACK, CT_ESTABLISHED),
    "a SYN within a connection is let through as its own": (Tcp("ESTABLISHED"), SYN, CT_ESTABLISHED),
    "half closed is not closed": (Tcp("FIN_WAIT"), SYN, CT_ESTABLISHED),
}


@each_row(("tcp", "value", "ct_state"), CLOSED.values(), ids=CLOSED)
def test_a_connection_that_has_ended(tcp: Tcp, value: int, ct_state: int) -> None:
    known = msgspec.structs.replace(ANSWERED, live=True, tcp=tcp)
    after = track(at("prerouting", flags(value)), msgspec.structs.replace(HOST, connections=(known,)))
    assert after.track.ct_state == ct_state
    assert after.track.connection is not None
    assert after.track.connection.live == (ct_state == CT_ESTABLISHED)


# the quoted packet, the error's receiver, ctstate, direction
ABOUT: dict[str, tuple[Packet | None, int, int, int]] = {
    "the client's packet": (FROM_CLIENT, CLIENT, CT_RELATED, 1),
    "the answer": (BACK, HOST_ADDRESS, CT_RELATED, 0),
    "nothing": (None, CLIENT, CT_INVALID, 0),
    "another connection": (msgspec.structs.replace(FROM_CLIENT, sport=9), CLIENT, CT_INVALID, 0),
    "the client's packet, to somebody else": (FROM_CLIENT, 5, CT_INVALID, 0),
    "another error": (icmp(3), CLIENT, CT_INVALID, 0),
}


@each_row(("about", "daddr", "state", "direction"), ABOUT.values(), ids=ABOUT)
def test_errors(about: Packet | None, daddr: int, state: int, direction: int) -> None:
    error = Packet(4, 77, daddr, ICMP, icmp=3 << 8 | 1, inner=about)
    known = msgspec.structs.replace(OPEN, status=STATUS_CONFIRMED)
    before = at("prerouting", error).with_history(connections=((HOST_NETNS, known),))
    after = track(before, HOST)
    assert (after.track.ct_state, after.track.ct_direction) == (state, direction)
    assert after.track.connection == (known if state == CT_RELATED else None)
    unconfirmed = before.with_history(connections=((HOST_NETNS, OPEN),))
    assert track(unconfirmed, HOST).track.ct_state == CT_INVALID


# kernel, ctstate of an error about the client's packet that goes to another host
OUTER = {"4.18.0-240.el8.x86_64": CT_RELATED, "5.4.0-150-generic": CT_INVALID, "": CT_INVALID}


@pytest.mark.parametrize(("kernel", "state"), OUTER.items())
def test_old_kernels_relate_an_error_whatever_its_receiver(kernel: str, state: int) -> None:
    error = Packet(4, 77, 5, ICMP, icmp=3 << 8 | 1, inner=FROM_CLIENT)
    known = msgspec.structs.replace(OPEN, status=STATUS_CONFIRMED)
    before = at("prerouting", error).with_history(connections=((HOST_NETNS, known),))
    assert track(before, msgspec.structs.replace(HOST, kernel=kernel)).track.ct_state == state


def test_a_local_packets_checksum_is_not_verified() -> None:
    assert track(at("output", broken(FROM_CLIENT), iif=""), HOST).track.ct_state == CT_NEW
    off = HOST.sysctls.with_value(("net", "netfilter", "nf_conntrack_checksum"), "0")
    trusting = msgspec.structs.replace(HOST, sysctls=off)
    assert track(at("prerouting", broken(FROM_CLIENT)), trusting).track.ct_state == CT_NEW


def test_nat_chains_run_again_for_a_connection_that_begins_anew() -> None:
    before = at("prerouting").with_history(connections=((HOST_NETNS, confirmed_(OVER)),))
    after = track(before, HOST)
    assert after.track.connection is not None
    assert (after.track.connection.nat_checked, after.track.connection.tcp) == ((), Tcp("SYN_SENT"))
    assert after.history.connections == ((HOST_NETNS, after.track.connection),)


def confirmed_(connection: Connection) -> Connection:
    return msgspec.structs.replace(connection, nat_checked=("dst", "src"))


def test_the_hosts_own_table_counts() -> None:
    known = msgspec.structs.replace(ANSWERED, tcp=None, live=True)
    live = msgspec.structs.replace(HOST, connections=(known,))
    assert track(at("prerouting", flags(ACK)), live).track.connection == known
    six = msgspec.structs.replace(HOST, connections=(msgspec.structs.replace(known, version=6),))
    assert track(at("prerouting", FROM_CLIENT), six).track.connection != known


def test_another_namespaces_connection_does_not_count() -> None:
    before = at("prerouting", BACK).with_history(connections=(("container:web", OPEN),))
    assert track(before, HOST).track.ct_state == CT_INVALID


def test_notrack() -> None:
    untracked = track(at("prerouting").with_track(notrack=True), HOST)
    assert (untracked.track.ct_state, untracked.track.connection) == (CT_UNTRACKED, None)
    assert track(untracked.with_track(notrack=False), HOST).track.ct_state == CT_UNTRACKED
    answering = at("output", iif="").with_track(notrack=True, ct_state=CT_RELATED)
    assert track(answering, HOST).track.ct_state == CT_NEW
    too_late = track(at("prerouting"), HOST).with_track(notrack=True)
    assert track(too_late, HOST).track.ct_state == CT_NEW


def test_an_error_about_an_untracked_packet_is_invalid_and_settled() -> None:
    error = at("output", Packet(4, 77, 5, ICMP, icmp=3 << 8, inner=FROM_CLIENT), iif="").with_track(ct_state=CT_RELATED)
    tracked = track(error, HOST)
    assert (tracked.track.connection, tracked.track.ct_state, tracked.seen().ct_state) == (None, CT_RELATED, CT_INVALID)
    assert track(error.with_track(ct_state=0), HOST).track.ct_state == CT_INVALID


def test_a_first_reply_that_is_a_reset_deletes_the_connection() -> None:
    before = at("prerouting", flags(RST | ACK, BACK)).with_history(connections=((HOST_NETNS, OPEN),))
    after = track(before, HOST)
    assert after.track.connection is not None
    assert after.track.connection.status & STATUS_DYING
    later = before.with_history(connections=((HOST_NETNS, ANSWERED),))
    kept = track(later, HOST).track.connection
    assert kept is not None
    assert not kept.status & STATUS_DYING


def test_the_answer_to_a_rejected_packet_confirms_nothing() -> None:
    tracked = track(at("prerouting"), HOST)
    answering = tracked.with_track(ct_direction=1, ct_state=CT_RELATED)
    assert with_confirmed_connection(answering, HOST) is answering


def test_a_reset_of_reject_closes_a_confirmed_connection() -> None:
    known = msgspec.structs.replace(OPEN, status=STATUS_CONFIRMED)
    met = track(at("input").with_history(connections=((HOST_NETNS, known),)), HOST)
    after = with_closed_connection(met, HOST)
    assert after.track.connection is not None
    assert after.track.connection.tcp == Tcp("CLOSE")
    assert after.history.connections == ((HOST_NETNS, after.track.connection),)
    assert with_closed_connection(met, msgspec.structs.replace(HOST, kernel="5.10.0-32-amd64")) is met
    assert with_closed_connection(met, msgspec.structs.replace(HOST, kernel="6.1.0-50-amd64")) == after
    fresh = track(at("input"), HOST)
    assert with_closed_connection(fresh, HOST) is fresh
    reset = track(at("input", flags(RST)).with_history(connections=((HOST_NETNS, known),)), HOST)
    assert with_closed_connection(reset, HOST) is reset


def test_a_deleted_connection_begins_anew() -> None:
    known = msgspec.structs.replace(OPEN, status=STATUS_CONFIRMED)
    met = track(at("input").with_history(connections=((HOST_NETNS, known),)), HOST)
    left = forgotten(met)
    again = track(at("input").with_history(connections=left.history.connections), HOST)
    assert again.track.ct_state == CT_NEW
    untracked = at("input")
    assert forgotten(untracked) is untracked


def test_the_walk_remembers_one_connection_once() -> None:
    after = with_confirmed_connection(track(at("prerouting"), HOST), HOST)
    assert isinstance(after, State)
    assert after.track.connection is not None
    assert after.track.connection.status & STATUS_CONFIRMED
    assert after.history.connections == ((HOST_NETNS, after.track.connection),)
    assert set(after.track.connection.nat_checked) == {"src", "dst"}
    nothing = at("prerouting")
    assert with_confirmed_connection(nothing, HOST) is nothing


@pytest.mark.parametrize("status", (STATUS_CONFIRMED, STATUS_CONFIRMED | STATUS_DYING))
def test_a_packet_whose_reply_tuple_is_taken_is_dropped(status: int) -> None:
    """A rule may allow NAT one port only, which is taken."""
    other = Connection(4, Tuple(77, HOST_ADDRESS, TCP, 1, 8151), OPEN.reply, status=status, evidence="e7")
    met = track(at("prerouting").with_history(connections=((HOST_NETNS, other),)), HOST)
    fresh = met.with_track(connection=OPEN, ct_direction=0)
    end = with_confirmed_connection(fresh, HOST)
    assert isinstance(end, End) is (status == STATUS_CONFIRMED)
    if isinstance(end, End):
        assert end.stop is not None
        assert end.stop.reason == "conntrack-clash"
    known = fresh.with_track(connection=msgspec.structs.replace(OPEN, status=STATUS_CONFIRMED))
    assert isinstance(with_confirmed_connection(known, HOST), State)


def test_a_tuple_without_ports() -> None:
    assert tuple_of(Packet(4, 1, 2, 47), "6.18.0") == Tuple(1, 2, 47, 0, 0)


def test_a_zone_counts_for_one_lookup() -> None:
    """An invalid packet has no connection; over the loopback link it is looked up in the usual zone."""
    before = at("output", FROM_CLIENT).with_track(zone=3)
    after = track(before, HOST)
    assert after.track.connection is not None
    assert (after.track.connection.zone, after.track.zone) == (3, None)
    assert track(msgspec.structs.replace(before, packet=flags(RST)), HOST).track.zone is None


def test_of_two_equal_tuples_the_reply_is_found() -> None:
    same = Tuple(CLIENT, CLIENT, UDP, 53, 53)
    known = Connection(4, same, same, status=STATUS_CONFIRMED)
    packet = Packet(4, CLIENT, CLIENT, UDP, sport=53, dport=53)
    live = msgspec.structs.replace(HOST, connections=(known,))
    for before, host in (((HOST_NETNS, known),), HOST), ((), live):
        met = track(at("prerouting", packet).with_history(connections=before), host)
        assert (met.track.ct_direction, met.track.ct_state) == (1, CT_ESTABLISHED)


# the connection, direction, flags of its next packet, what becomes of it
STEPS: dict[str, tuple[Tcp, Direction, int, Tcp | Literal["invalid", "anew"]]] = {
    "SYN again": (Tcp("SYN_SENT"), 0, SYN, Tcp("SYN_SENT")),
    "answered": (Tcp("SYN_SENT"), 1, SYN | ACK, Tcp("SYN_RECV")),
    "who asked does not answer itself": (Tcp("SYN_SENT"), 0, SYN | ACK, "invalid"),
    "both ask at once": (Tcp("SYN_SENT"), 1, SYN, Tcp("SYN_SENT2")),
    "and one answers": (Tcp("SYN_SENT2"), 0, SYN | ACK, Tcp("SYN_RECV")),
    "data before the answer": (Tcp("SYN_SENT"), 0, ACK | PSH, "invalid"),
    "the challenge of a half-open one": (Tcp("SYN_SENT"), 1, ACK, Tcp("SYN_SENT")),
    "the end before the answer": (Tcp("SYN_SENT"), 1, FIN | ACK, "invalid"),
    "data": (Tcp("SYN_RECV"), 0, ACK | PSH, Tcp("ESTABLISHED")),
    "the other side's data first": (Tcp("SYN_RECV"), 1, ACK | PSH, Tcp("SYN_RECV")),
    "SYN within, let through": (Tcp("ESTABLISHED"), 0, SYN, Tcp("ESTABLISHED")),
    "SYN of the other side": (Tcp("ESTABLISHED"), 1, SYN, "invalid"),
    "a late SYN-ACK": (Tcp("ESTABLISHED"), 1, SYN | ACK, Tcp("ESTABLISHED")),
    "a SYN-ACK of the wrong side": (Tcp("ESTABLISHED"), 0, SYN | ACK, "invalid"),
    "first FIN": (Tcp("ESTABLISHED"), 1, FIN | ACK, Tcp("FIN_WAIT", closing=True)),
    "its ACK": (Tcp("FIN_WAIT", closing=True), 0, ACK, Tcp("CLOSE_WAIT", closing=True)),
    "second FIN": (Tcp("CLOSE_WAIT", closing=True), 0, FIN | ACK, Tcp("LAST_ACK", closing=True)),
    "last ACK": (Tcp("LAST_ACK", closing=True), 1, ACK, Tcp("TIME_WAIT", closing=True)),
    "asked anew before it": (Tcp("LAST_ACK", closing=True), 0, SYN, Tcp("LAST_ACK", closing=True, challenged=True)),
    "which is answered": (Tcp("LAST_ACK", closing=True, challenged=True), 1, ACK, Tcp("LAST_ACK", closing=True)),
    "or ends all the same": (Tcp("LAST_ACK", closing=True, challenged=True), 0, ACK, Tcp("TIME_WAIT", closing=True)),
    "or has a FIN again": (Tcp("LAST_ACK", closing=True, challenged=True), 1, FIN | ACK, Tcp("LAST_ACK", closing=True)),
    "asked anew behind the end": (Tcp("TIME_WAIT", closing=True), 0, SYN, "anew"),
    "by the other side": (Tcp("TIME_WAIT", closing=True), 1, SYN, "anew"),
    "reset": (Tcp("ESTABLISHED"), 0, RST, Tcp("CLOSE", reset=0)),
    "asked anew by who reset it": (Tcp("CLOSE", reset=0), 0, SYN, "anew"),
    "by who was reset, let through": (Tcp("CLOSE", reset=1), 0, SYN, Tcp("CLOSE")),
    "not by the other side": (Tcp("CLOSE", reset=1), 1, SYN, "invalid"),
    "data behind a reset": (Tcp("CLOSE", reset=0), 1, ACK, Tcp("CLOSE")),
    "FIN behind a reset": (Tcp("CLOSE", reset=0), 1, FIN | ACK, Tcp("CLOSE")),
}


@each_row(("tcp", "direction", "flags", "expected"), STEPS.values(), ids=STEPS)
def test_followed(tcp: Tcp, direction: Direction, flags: int, expected: Tcp | str) -> None:
    assert next_state(tcp, direction, flags) == expected


@each_row(
    ("flags", "loose", "expected"),
    ((SYN, False, Tcp("SYN_SENT")), (SYN | URG, False, Tcp("SYN_SENT")), (ACK | PSH, True, Tcp("ESTABLISHED")),
     (ACK, False, None), (SYN | ACK, True, None), (RST, True, None), (FIN | ACK, True, None)),
)  # fmt: skip
def test_begun(flags: int, loose: bool, expected: Tcp | None) -> None:
    assert first_state(flags, loose=loose) == expected


def test_possible_flags() -> None:
    assert all(map(possible, (SYN, SYN | URG, ACK | PSH, ACK | URG, FIN | ACK | URG, RST, RST | ACK | PSH)))
    assert not any(map(possible, (0, SYN | FIN, FIN, URG, PSH, RST | URG, SYN | ACK | URG, SYN | RST, FIN | PSH | URG)))
