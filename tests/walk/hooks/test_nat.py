from typing import Literal

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.route import NextHop
from hairpin.netfilter.ir import CT_ESTABLISHED, CT_RELATED, STATUS_DNAT, STATUS_DYING, STATUS_SNAT, Nat
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, SYN, TCP, Connection, Packet, Tuple
from hairpin.walk.hooks.conntrack import track, with_confirmed_connection
from hairpin.walk.hooks.nat import leaves_elsewhere, needs_decision, redirects_translated, set_up, translate
from hairpin.walk.hooks.nat_range import Manip
from hairpin.walk.state import State
from tests.rows import each_row
from tests.small_host import CLIENT, GATEWAY, HOST_ADDRESS, WEB, host_namespace
from tests.walk.standing import at

HOST = host_namespace()


def tracked(iif: str = "eth0", oif: str = "", namespace: Namespace = HOST) -> State:
    return track(at("prerouting", iif=iif, oif=oif), namespace)


def shown(state: State | None, manip: Manip) -> tuple[int, int | None, int, int | None]:
    assert state is not None
    packet = translate(state, manip).packet
    return packet.saddr, packet.sport, packet.daddr, packet.dport


# link that it came by, link that it leaves by, translation, packet afterwards
CASES: dict[str, tuple[str, str, Manip, Nat, tuple[int, int, int, int]]] = {
    "dnat": ("eth0", "", "dst", Nat("dnat", (WEB, WEB), (80, 80)), (CLIENT, 40000, WEB, 80)),
    "dnat of the address alone": ("eth0", "", "dst", Nat("dnat", (WEB, WEB)), (CLIENT, 40000, WEB, 8151)),
    "dnat of the port alone": ("eth0", "", "dst", Nat("dnat", None, (80, 80)), (CLIENT, 40000, HOST_ADDRESS, 80)),
    "dnat keeps a port inside": (
        "eth0", "", "dst", Nat("dnat", (WEB, WEB), (8000, 9000)), (CLIENT, 40000, WEB, 8151),
    ),
    "dnat with a base port": (
        "eth0", "", "dst", Nat("dnat", (WEB, WEB), (80, 90), base=8150), (CLIENT, 40000, WEB, 81),
    ),
    "dnat of the other family": (
        "eth0", "", "dst", Nat("dnat", (WEB, WEB), version=6), (CLIENT, 40000, HOST_ADDRESS, 8151),
    ),
    "netmap": (
        "eth0", "", "dst", Nat("dnat", (0x0A000000, 0x0A0000FF), prefix=True), (CLIENT, 40000, 0x0A00000B, 8151),
    ),
    "redirect to the link's address": (
        "docker0", "", "dst", Nat("redirect", ports=(80, 80)), (CLIENT, 40000, GATEWAY, 80),
    ),
    "redirect of what starts here": ("", "", "dst", Nat("redirect", ports=(80, 80)), (CLIENT, 40000, 0x7F000001, 80)),
    "snat": ("eth0", "", "src", Nat("snat", (5, 5), (1000, 1000)), (5, 1000, HOST_ADDRESS, 8151)),
    "masquerade": ("eth0", "docker0", "src", Nat("masquerade"), (GATEWAY, 40000, HOST_ADDRESS, 8151)),
}  # fmt: skip


@each_row(("iif", "oif", "manip", "nat", "expected"), CASES.values(), ids=CASES)
def test_set_up(iif: str, oif: str, manip: Manip, nat: Nat, expected: tuple[int, int, int, int]) -> None:
    assert shown(set_up(tracked(iif, oif), HOST, manip, nat), manip) == expected


def test_the_answer_is_translated_back() -> None:
    done = set_up(tracked(), HOST, "dst", Nat("dnat", (WEB, WEB), (80, 80)))
    assert done is not None
    packet = Packet(4, WEB, CLIENT, TCP, sport=80, dport=40000, tcp_flags=SYN | ACK)
    answer = track(at("prerouting", packet).with_history(connections=done.history.connections), HOST)
    back = translate(answer, "src").packet
    assert (back.saddr, back.sport, back.daddr) == (HOST_ADDRESS, 8151, CLIENT)
    assert translate(answer, "dst").packet == answer.packet


def test_an_error_quotes_the_packet_as_its_receiver_sent_it() -> None:
    """From behind a published port: to the client it comes from the host, about the client's own packet."""
    done = set_up(tracked(), HOST, "dst", Nat("dnat", (WEB, WEB), (80, 80)))
    assert done is not None
    left = with_confirmed_connection(done, HOST)
    assert isinstance(left, State)
    known = left.history.connections
    asked = Packet(4, CLIENT, WEB, TCP, sport=40000, dport=80, tcp_flags=SYN)
    error = Packet(4, WEB, CLIENT, ICMP, icmp=3 << 8 | 3, inner=asked)
    met = track(at("prerouting", error).with_history(connections=known), HOST)
    assert (met.track.ct_state, met.track.ct_direction, needs_decision(met, "dst")) == (CT_RELATED, 1, False)
    assert translate(met, "dst").packet == error
    told = translate(met, "src").packet
    assert told.inner is not None
    assert (told.saddr, told.daddr, told.sport) == (HOST_ADDRESS, CLIENT, None)
    assert (told.inner.saddr, told.inner.sport, told.inner.daddr, told.inner.dport) == (
        CLIENT,
        40000,
        HOST_ADDRESS,
        8151,
    )


@pytest.mark.parametrize(
    ("kind", "status", "stopped"), ((5, STATUS_DNAT, True), (5, 0, False), (3, STATUS_DNAT, False))
)
def test_redirects_about_translated_connections_are_dropped(kind: int, status: int, stopped: bool) -> None:
    connection = Connection(4, Tuple(1, 2, TCP, 3, 4), Tuple(5, 1, TCP, 4, 3), status)
    error = at("prerouting", Packet(4, 9, 1, ICMP, icmp=kind << 8))
    assert redirects_translated(error.with_track(connection=connection)) is stopped


@pytest.mark.parametrize(
    ("nat", "oif", "direction", "moved"),
    (
        ("masquerade", "docker0", 0, True),
        ("masquerade", "eth0", 0, False),
        ("masquerade", "docker0", 1, False),
        ("snat", "docker0", 0, False),
    ),
)
def test_a_masqueraded_connection_keeps_its_link(
    nat: Literal["masquerade", "snat"], oif: str, direction: Literal[0, 1], moved: bool
) -> None:
    done = set_up(tracked(oif="eth0"), HOST, "src", Nat(nat, (HOST_ADDRESS, HOST_ADDRESS)))
    assert done is not None
    later = msgspec.structs.replace(done, oif=oif).with_track(ct_direction=direction)
    assert leaves_elsewhere(later, "src") is moved
    assert leaves_elsewhere(later, "dst") is False


def test_nat_chains_run_for_a_reset_if_they_have_not_yet() -> None:
    reset = tracked().with_track(ct_direction=1, ct_state=CT_RELATED)
    assert needs_decision(reset, "src")
    assert not needs_decision(reset.with_track(ct_state=CT_ESTABLISHED), "src")


def test_ids_of_echoes_are_translated_both_ways() -> None:
    echo = at("prerouting", Packet(4, 1, 2, ICMP, sport=7, dport=7, icmp=8 << 8))
    connection = Connection(4, Tuple(1, 2, ICMP, 7, 8 << 8), Tuple(2, 5, ICMP, 9, 0), STATUS_SNAT)
    out = translate(echo.with_track(connection=connection), "src").packet
    assert (out.saddr, out.sport, out.dport, out.icmp) == (5, 9, 9, 8 << 8)


def test_other_icmpv6_requests_keep_their_id() -> None:
    question = at("prerouting", Packet(6, 1, 2, ICMP6, sport=7, dport=7, icmp=139 << 8))
    connection = Connection(6, Tuple(1, 2, ICMP6, 7, 139 << 8), Tuple(2, 5, ICMP6, 9, 140 << 8), STATUS_SNAT)
    out = translate(question.with_track(connection=connection), "src").packet
    assert (out.saddr, out.sport, out.dport) == (5, 7, 7)
    drawn = set_up(track(question, HOST), HOST, "src", Nat("snat", (5, 5), flags=("random",)))
    assert drawn is not None
    assert drawn.track.connection is not None
    assert drawn.track.connection.reply.sport != 7


def test_the_status_has_the_translated_sides() -> None:
    done = set_up(tracked(), HOST, "dst", Nat("dnat", (WEB, WEB)))
    assert done is not None
    assert done.track.connection is not None
    assert done.track.connection.status & (STATUS_DNAT | STATUS_SNAT) == STATUS_DNAT
    same = set_up(tracked(), HOST, "dst", Nat("dnat", (HOST_ADDRESS, HOST_ADDRESS)))
    assert same is not None
    assert same.track.connection is not None
    assert not same.track.connection.status & STATUS_DNAT


def test_masquerade_needs_an_address_on_the_link() -> None:
    bare = msgspec.structs.replace(HOST, addresses=())
    assert set_up(tracked(oif="docker0"), bare, "src", Nat("masquerade")) is None
    assert set_up(tracked(), bare, "dst", Nat("redirect")) is None


def test_masquerade_towards_a_gateway_takes_the_address_of_its_network() -> None:
    state = msgspec.structs.replace(tracked(oif="docker0"), next_hop=NextHop("docker0", WEB))
    assert shown(set_up(state, HOST, "src", Nat("masquerade")), "src")[0] == GATEWAY


def test_nat_chains_run_once_a_direction() -> None:
    state = tracked()
    assert needs_decision(state, "dst")
    plain = set_up(state, HOST, "dst", None)
    assert plain is not None
    assert not needs_decision(plain, "dst")
    assert needs_decision(plain, "src")
    assert translate(plain, "dst").packet == state.packet
    assert not needs_decision(state.with_track(ct_direction=1), "dst")
    assert not needs_decision(at("prerouting"), "dst")


def test_a_live_entry_is_not_decided_again() -> None:
    asked = Tuple(CLIENT, HOST_ADDRESS, TCP, 40000, 8151)
    live = Connection(4, asked, asked.reversed(), live=True)
    assert not needs_decision(track(at("prerouting"), msgspec.structs.replace(HOST, connections=(live,))), "dst")


def test_a_source_port_in_use_is_changed() -> None:
    other = Connection(4, Tuple(9, 9, TCP, 9, 9), Tuple(HOST_ADDRESS, 5, TCP, 8151, 40000))
    crowded = msgspec.structs.replace(HOST, connections=(other,))
    source, sport, _, _ = shown(set_up(tracked(namespace=crowded), crowded, "src", Nat("snat", (5, 5))), "src")
    assert source == 5
    assert sport not in (None, 40000)
    assert shown(set_up(tracked(), HOST, "src", Nat("snat", (5, 5))), "src")[1] == 40000


def crowded_by(*replies: Tuple) -> Namespace:
    """Return the namespace with a connection for each of the replies, none of them from CLIENT."""
    others = tuple(Connection(4, Tuple(9, 9, TCP, 9, number), reply) for number, reply in enumerate(replies))
    return msgspec.structs.replace(HOST, connections=others)


BACK = Tuple(HOST_ADDRESS, CLIENT, TCP, 8151, 40000)
"""The answer to what is asked."""
# connections' answers, manipulation, translation, source port and destination port afterwards
CLASHES: dict[str, tuple[tuple[Tuple, ...], Manip, Nat | None, tuple[int, int]]] = {
    "without a rule nothing happens": ((), "src", None, (40000, 8151)),
    "without a rule a clash takes another source port": ((BACK,), "src", None, (1024, 8151)),
    "of two taken ones the next": (
        (BACK, msgspec.structs.replace(BACK, dport=1024)), "src", None, (1025, 8151),
    ),
    "a destination's port is never exchanged": ((BACK,), "dst", None, (40000, 8151)),
    "nor one that the rule names": (
        (msgspec.structs.replace(BACK, sport=80),), "dst", Nat("dnat", None, (80, 80)), (40000, 80),
    ),
    "out of the rule's ports": (
        (msgspec.structs.replace(BACK, sport=81),), "dst", Nat("dnat", None, (81, 90)), (40000, 82),
    ),
    "a port out of the range": ((), "src", Nat("snat", None, (50000, 50010)), (50000, 8151)),
}  # fmt: skip


@each_row(("replies", "manip", "nat", "expected"), CLASHES.values(), ids=CLASHES)
def test_clashes(replies: tuple[Tuple, ...], manip: Manip, nat: Nat | None, expected: tuple[int, int]) -> None:
    crowded = crowded_by(*replies)
    _, sport, _, dport = shown(set_up(tracked(namespace=crowded), crowded, manip, nat), manip)
    assert (sport, dport) == expected


def test_a_source_is_translated_as_before() -> None:
    before = Connection(4, Tuple(CLIENT, 9, TCP, 40000, 9), Tuple(9, 5, TCP, 9, 1024))
    known = msgspec.structs.replace(HOST, connections=(before,))
    assert shown(set_up(tracked(namespace=known), known, "src", Nat("snat", (5, 5))), "src")[:2] == (5, 1024)
    another = shown(set_up(tracked(namespace=known), known, "src", Nat("snat", (6, 6))), "src")
    assert another[:2] == (6, 40000)
    later = msgspec.structs.replace(before, original=Tuple(CLIENT, 8, TCP, 40000, 9), reply=Tuple(8, 5, TCP, 9, 1025))
    for connections, port in ((before, later), 1025), ((later, before), 1024), ((before, dying(later)), 1024):
        known = msgspec.structs.replace(HOST, connections=connections)
        assert shown(set_up(tracked(namespace=known), known, "src", Nat("snat", (5, 5))), "src")[:2] == (5, port)


def dying(connection: Connection) -> Connection:
    return msgspec.structs.replace(connection, status=STATUS_DYING)
