import msgspec
import pytest

from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route, RouteType
from hairpin.netfilter.ir import CT_RELATED
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, SYN, TCP, UDP, Packet
from hairpin.network.prefix import parse_address
from hairpin.walk.hooks.conntrack import track
from hairpin.walk.ip.refusal import refusal
from hairpin.walk.state import Stage, State, stopped
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, network
from tests.walk.standing import at

NETWORK = network(host_namespace())
TO_WEB = Packet(4, CLIENT, WEB, TCP, sport=40000, dport=80, tcp_flags=SYN, length_bytes=40, dscp=46)


def answer(state: State, reject: str) -> State | None:
    return refusal(NETWORK, stopped(state, "reject", stage=state.stage, reject=reject))


def test_an_error_quotes_the_packet_and_comes_from_where_the_route_says() -> None:
    back = answer(at("forward", TO_WEB, oif="docker0"), "icmp-host-prohibited")
    assert back is not None
    error = back.packet
    assert (back.stage, back.netns, back.track.ct_state) == ("output-route", HOST_NETNS, 0)
    assert (error.protocol, error.icmp, error.saddr, error.daddr) == (ICMP, 3 << 8 | 10, 0, CLIENT)
    assert (error.inner, error.length_bytes, error.dscp) == (TO_WEB, 68, 54)


def test_a_packet_to_this_host_is_answered_from_its_destination_address() -> None:
    asked = msgspec.structs.replace(TO_WEB, daddr=HOST_ADDRESS, protocol=UDP)
    back = answer(at("input", asked), "icmp-port-unreachable")
    assert back is not None
    assert (back.packet.saddr, back.packet.icmp) == (HOST_ADDRESS, 3 << 8 | 3)


def test_a_packet_that_output_translates_to_this_host_is_answered_from_its_new_destination() -> None:
    turned = msgspec.structs.replace(TO_WEB, daddr=0x7F000001, protocol=UDP)
    state = msgspec.structs.replace(at("output", turned, iif="", oif="eth0"), rerouted="lo")
    back = answer(state, "icmp-port-unreachable")
    assert back is not None
    assert back.packet.saddr == 0x7F000001


def test_a_packet_that_output_translates_away_from_this_host_is_answered_from_an_address_of_the_route() -> None:
    turned = msgspec.structs.replace(TO_WEB, protocol=UDP)
    state = msgspec.structs.replace(at("output", turned, iif="", oif="lo"), rerouted="docker0")
    back = answer(state, "icmp-port-unreachable")
    assert back is not None
    assert back.packet.saddr == 0


def test_a_packet_to_the_ipv6_loopback_address_is_answered_from_it() -> None:
    loopback = Address("lo", 6, 1, 128)
    host = msgspec.structs.replace(host_namespace(), addresses=(loopback,))
    asked = Packet(6, 0x20010DB8 << 96 | 9, 1, UDP, sport=1, dport=2)
    stop = stopped(at("output", asked, iif="", oif="lo"), "reject", stage="output", reject="icmp6-port-unreachable")
    back = refusal(network(host), stop)
    assert back is not None
    assert back.packet.saddr == 1


def test_no_reset_answers_a_packet_to_the_unspecified_address() -> None:
    asked = Packet(6, 0x20010DB8 << 96 | 9, 0, TCP, sport=1, dport=2, tcp_flags=SYN)
    stop = stopped(at("forward", asked, oif="docker0"), "reject", stage="forward", reject="tcp-reset")
    assert refusal(NETWORK, stop) is None


@pytest.mark.parametrize(("reject", "own"), (("icmp-port-unreachable", True), ("tcp-reset", False)))
def test_an_error_has_a_socket_of_the_kernels_own_and_a_reset_none(reject: str, own: bool) -> None:
    back = answer(at("forward", TO_WEB, oif="docker0"), reject)
    assert back is not None
    assert (back.sender.by_kernel, back.sender.uid) == (own, None)


def test_an_answer_that_comes_back_over_lo_has_its_route_already() -> None:
    asked = msgspec.structs.replace(TO_WEB, saddr=HOST_ADDRESS, daddr=0x7F000001, protocol=UDP)
    looped = msgspec.structs.replace(at("prerouting", asked, iif="lo"), local=True)
    back = answer(looped, "icmp-port-unreachable")
    assert back is not None
    assert back.packet.saddr == 0x7F000001


def test_a_packet_translated_on_its_way_over_lo_is_answered_from_an_address_of_the_route() -> None:
    asked = msgspec.structs.replace(TO_WEB, saddr=HOST_ADDRESS, daddr=CLIENT, protocol=UDP)
    back = answer(msgspec.structs.replace(at("input-route", asked, iif="lo"), rerouted="lo"), "icmp-net-unreachable")
    assert back is not None
    assert back.packet.saddr == 0


@pytest.mark.parametrize("source", (0xFFFFFFFF, 0xE0000001))
def test_no_error_answers_a_broadcast(source: int) -> None:
    spoofed = msgspec.structs.replace(TO_WEB, saddr=source, protocol=UDP)
    assert answer(at("prerouting", spoofed), "icmp-port-unreachable") is None


@pytest.mark.parametrize("stage", ("prerouting", "input"))
def test_a_packet_without_a_route_is_answered_by_the_route_to_its_sender(stage: Stage) -> None:
    """Where its sender seems to be this host, an error would come from an address that this host does not have."""
    spoofed = msgspec.structs.replace(TO_WEB, saddr=HOST_ADDRESS, daddr=CLIENT, protocol=UDP)
    assert answer(at(stage, spoofed), "icmp-port-unreachable") is None
    asked = msgspec.structs.replace(TO_WEB, daddr=HOST_ADDRESS, protocol=UDP)
    back = answer(at(stage, asked), "icmp-port-unreachable")
    assert back is not None
    assert back.packet.saddr == (0 if stage == "prerouting" else HOST_ADDRESS)


@pytest.mark.parametrize(
    ("kind", "protocol", "own"), (("local", "boot", False), ("anycast", "boot", False), ("anycast", "kernel", True))
)
def test_ipv6_answers_from_an_address_of_a_link_or_its_network(kind: RouteType, protocol: str, own: bool) -> None:
    asked = Packet(6, 0x20010DB8 << 96 | 9, 0x20010DB8 << 96, UDP, sport=1, dport=2)
    route = Route(6, asked.daddr, 128, TABLE_LOCAL, kind, (NextHop("eth0"),), protocol=protocol)
    state = at("input", asked, iif="eth0")
    stop = stopped(state, "reject", stage="input", reject="icmp6-port-unreachable")
    back = refusal(network(host_namespace(routes=(route,))), stop)
    assert back is not None
    assert back.packet.saddr == (asked.daddr if own else 0)


@pytest.mark.parametrize(("source", "kernel"), ((None, ""), (7, ""), (None, "5.4.0-150-generic")))
def test_an_ipv6_error_comes_from_the_input_link_unless_the_route_names_a_source(
    source: int | None, kernel: str
) -> None:
    asked = Packet(6, 0x20010DB8 << 96 | 9, 0x20010DB9 << 96, UDP, sport=1, dport=2)
    own = Address("eth0", 6, 0x20010DB8 << 96 | 1, 64)
    back = Route(6, 0x20010DB8 << 96, 64, next_hops=(NextHop("eth0"),), prefsrc=source)
    stop = stopped(at("forward", asked, iif="eth0"), "reject", stage="forward", reject="icmp6-port-unreachable")
    ruled = PolicyRule(6, 32766, table=TABLE_MAIN)
    host = msgspec.structs.replace(host_namespace(routes=(back,), policy_rules=(ruled,)), addresses=(own,))
    error = refusal(network(msgspec.structs.replace(host, kernel=kernel)), stop)
    assert error is not None
    assert error.packet.saddr == (own.value if source is None and not kernel else 0)


FIRST, NEAR = HOST_ADDRESS, CLIENT ^ 1


@pytest.mark.parametrize(("kernel", "source"), (("5.4.0-150-generic", FIRST), ("5.5.0", NEAR), ("", NEAR)))
def test_an_error_comes_from_the_address_of_the_inbound_link_that_is_nearest_to_the_sender(
    kernel: str, source: int
) -> None:
    host = host_namespace(values={"icmp_errors_use_inbound_ifaddr": "1"})
    addresses = (*host.addresses, Address("eth0", 4, NEAR, 24))
    net = network(msgspec.structs.replace(host, addresses=addresses, kernel=kernel))
    stop = stopped(at("forward", TO_WEB, oif="docker0"), "reject", stage="forward", reject="icmp-port-unreachable")
    error = refusal(net, stop)
    assert error is not None
    assert error.packet.saddr == source


@pytest.mark.parametrize(("physin", "physout"), (("veth1", ""), ("veth1", "veth2"), ("", "")))
def test_an_ipv6_error_about_a_frame_on_a_bridge_comes_from_where_the_route_says(physin: str, physout: str) -> None:
    asked = Packet(6, 0x20010DB8 << 96 | 9, 0x20010DB9 << 96, UDP, sport=1, dport=2)
    back = Route(6, 0x20010DB8 << 96, 64, next_hops=(NextHop("docker0"),))
    own = Address("docker0", 6, 0x20010DB8 << 96 | 1, 64)
    net = network(msgspec.structs.replace(host_namespace(), routes=(back,), addresses=(own,)))
    state = at("prerouting", asked, iif="docker0").with_frame(physin=physin, physout=physout)
    error = refusal(net, stopped(state, "reject", stage="prerouting", reject="icmp6-port-unreachable"))
    assert error is not None
    assert error.packet.saddr == (0 if physin else own.value)


@pytest.mark.parametrize("other", (False, True))
def test_an_ipv6_error_about_another_hosts_frame_does_not_come_from_its_destination_address(other: bool) -> None:
    own = Address("docker0", 6, 0x20010DB8 << 96 | 1, 64)
    net = network(msgspec.structs.replace(host_namespace(), addresses=(own,)))
    asked = Packet(6, 0x20010DB8 << 96 | 9, own.value, UDP, sport=1, dport=2)
    state = at("bridge", asked, iif="docker0").with_frame(physin="veth1", physout="veth2", other_host=other)
    error = refusal(net, stopped(state, "mtu", stage="bridge", reject="icmp6-too-big"))
    assert error is not None
    assert error.packet.saddr == (0 if other else own.value)


@pytest.mark.parametrize(("asked", "told"), ((SYN, RST | ACK), (ACK, RST)))
def test_a_reset_exchanges_the_ends(asked: int, told: int) -> None:
    back = answer(at("forward", msgspec.structs.replace(TO_WEB, tcp_flags=asked), oif="docker0"), "tcp-reset")
    assert back is not None
    packet = back.packet
    assert (packet.saddr, packet.sport, packet.daddr, packet.dport) == (WEB, 80, CLIENT, 40000)
    assert (packet.tcp_flags, packet.inner) == (told, None)


def test_a_reset_about_a_bridged_packet_leaves_by_the_port() -> None:
    bridged = at("forward", TO_WEB, oif="docker0").with_frame(physin="veth1")
    back = answer(bridged, "tcp-reset")
    assert back is not None
    assert (back.stage, back.oif) == ("device-out", "veth1")
    error = answer(bridged, "icmp-port-unreachable")
    assert error is not None
    assert error.stage == "output-route"
    nowhere = network(msgspec.structs.replace(host_namespace(), routes=()))
    assert refusal(nowhere, stopped(bridged, "reject", stage="forward", reject="tcp-reset")) is None


@pytest.mark.parametrize(("sender", "link"), (("fe80::7", "eth0"), ("2001:db8::7", "")))
def test_an_error_to_a_link_local_address_leaves_by_the_packets_input_link(sender: str, link: str) -> None:
    asked = Packet(6, parse_address(sender)[1], parse_address("2001:db8:7::1")[1], UDP, sport=1, dport=2)
    routes = (Route(6, 0xFE80 << 112, 64, next_hops=(NextHop("eth0"),)), Route(6, 0, 0, next_hops=(NextHop("wg0"),)))
    own = (Address("eth0", 6, 0xFE80 << 112 | 1, 64, scope="link"),)
    net = network(msgspec.structs.replace(host_namespace(routes=routes), addresses=own))
    back = refusal(net, stopped(at("forward", asked), "reject", stage="forward", reject="icmp6-adm-prohibited"))
    assert back is not None
    assert back.oif == link


@pytest.mark.parametrize(
    ("rule", "answers"),
    (
        (PolicyRule(6, 100, table=100, source=(0x2001_0DB8_0007 << 80, 64)), True),
        (PolicyRule(6, 100, table=100, source=(0x2001_0DB8_0008 << 80, 64)), False),
        (PolicyRule(6, 100, table=100, dports=(0x101, 0x101)), True),  # where ports would be, rules see type and code
        (PolicyRule(6, 100, table=100, dports=(0x102, 0x102)), False),
    ),
)
def test_rules_see_all_of_an_error_to_a_link_local_address(rule: PolicyRule, answers: bool) -> None:
    asked = Packet(6, parse_address("fe80::7")[1], parse_address("2001:db8:7::1")[1], UDP, sport=1, dport=2)
    routes = (Route(6, 0, 0, table=100, next_hops=(NextHop("eth0"),)),)
    host = host_namespace(routes=routes, policy_rules=(rule,))
    net = network(msgspec.structs.replace(host, addresses=(Address("eth0", 6, asked.daddr, 64),)))
    back = refusal(net, stopped(at("input", asked), "reject", stage="input", reject="icmp6-adm-prohibited"))
    assert (back is not None) is answers


def test_an_error_about_a_packet_from_a_wire_has_no_address_of_lo() -> None:
    host = host_namespace()
    net = network(msgspec.structs.replace(host, addresses=(Address("lo", 6, 1, 128), Address("eth0", 6, 5, 64))))
    asked = Packet(6, parse_address("2001:db8::7")[1], 1, UDP, sport=1, dport=2)
    for link, source in (("eth0", 5), ("lo", 1)):
        back = refusal(net, stopped(at("input", asked, iif=link), "reject", reject="icmp6-port-unreachable"))
        assert back is not None
        assert back.packet.saddr == source


def test_the_answer_is_part_of_the_connection() -> None:
    tracked = track(at("prerouting", TO_WEB), host_namespace())
    back = answer(tracked.to("forward", oif="docker0"), "icmpx-port-unreachable")
    assert back is not None
    assert (back.track.connection, back.track.ct_state, back.track.ct_direction) == (
        tracked.track.connection,
        CT_RELATED,
        1,
    )
    assert back.packet.icmp == 3 << 8 | 3


def test_the_answer_is_in_the_zone_that_a_rule_set_for_the_packet() -> None:
    zoned = at("output", TO_WEB, iif="").with_track(zone=5)
    back, other = (answer(each, "tcp-reset") for each in (zoned, zoned.with_track(notrack=True)))
    assert back is not None
    assert (back.track.zone, back.track.ct_state) == (5, 0)
    assert other is not None
    assert (other.track.zone, other.track.ct_state) == (None, CT_RELATED)


SILENT: dict[str, tuple[Packet, str]] = {
    "a reset answers no reset": (msgspec.structs.replace(TO_WEB, tcp_flags=RST), "tcp-reset"),
    "nobody sent it": (msgspec.structs.replace(TO_WEB, saddr=0), "icmp-port-unreachable"),
    "to many": (msgspec.structs.replace(TO_WEB, daddr=0xFFFFFFFF), "icmp-port-unreachable"),
    "to a group": (Packet(6, 1, 0xFF02 << 112 | 0xFB, ICMP6, icmp=128 << 8), "icmp6-port-unreachable"),
    "a link-local sender that no route leads to": (
        Packet(6, 0xFE80 << 112 | 9, 5, UDP, sport=1, dport=2), "icmp6-no-route",
    ),
    "connect() fails instead": (TO_WEB, "network-unreachable"),
}  # fmt: skip


@pytest.mark.parametrize("to_many", (False, True))
def test_the_route_makes_a_packet_a_broadcast(to_many: bool) -> None:
    """The broadcast address of a network is like others where another route leads there."""
    state = msgspec.structs.replace(at("forward", TO_WEB, oif="docker0"), to_many=to_many)
    assert (answer(state, "icmp-net-unreachable") is None) is to_many


@each_row(("packet", "reject"), SILENT.values(), ids=SILENT)
def test_no_answer_is_made(packet: Packet, reject: str) -> None:
    assert answer(at("forward", packet, oif="docker0"), reject) is None
    assert refusal(NETWORK, stopped(at("forward", packet), "rule")) is None
