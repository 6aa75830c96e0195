import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.link import Tunnel
from hairpin.host.route import TABLE_LOCAL, NextHop, PolicyRule, Route
from hairpin.host.sysctl import Path, Sysctls
from hairpin.netfilter.ir import STATUS_CONFIRMED
from hairpin.netfilter.packet import ICMP6, TCP, UDP, Packet
from hairpin.network.network import Network
from hairpin.walk.ip.route_out import output, output_route, postrouting, with_hop_limit
from hairpin.walk.state import Carried, Sender, State
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    FORWARDING,
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    host_namespace,
    network,
    number,
    route,
)
from tests.walk.standing import FROM_CLIENT, at, told


def to(daddr: int, saddr: int = 0) -> Packet:
    return replace(FROM_CLIENT, saddr=saddr, daddr=daddr)


def special(kind: str) -> Network:
    return network(host_namespace(routes=(replace(route("192.0.2.0/24", "eth0"), type=kind, next_hops=()),)))


NET = network()
LOOPBACK = 0x7F000001
LOCALNET = network(host_namespace(values={**FORWARDING, "conf__docker0__route_localnet": "1"}))

# network, packet, outcome; link and source where it goes on
CASES: dict[str, tuple[Network, Packet, str, tuple[str, int] | None]] = {
    "out": (NET, to(CLIENT), "output", ("eth0", HOST_ADDRESS)),
    "to a container": (NET, to(WEB), "output", ("docker0", GATEWAY)),
    "to itself": (NET, to(HOST_ADDRESS), "output", ("lo", HOST_ADDRESS)),
    "to loopback": (NET, to(LOOPBACK), "output", ("lo", LOOPBACK)),
    "the source is bound": (NET, to(CLIENT, GATEWAY), "output", ("eth0", GATEWAY)),
    "from loopback": (NET, to(WEB, LOOPBACK), "rejected route-localnet invalid-argument", None),
    "from loopback, route_localnet": (LOCALNET, to(WEB, LOOPBACK), "output", ("docker0", LOOPBACK)),
    "to no address: to itself, whatever the routes say": (special("unreachable"), to(0), "output", ("lo", LOOPBACK)),
    "to no address, the source is bound": (NET, to(0, GATEWAY), "output", ("lo", GATEWAY)),
    "unreachable": (special("unreachable"), to(CLIENT), "rejected route-type network-unreachable", None),
    "blackhole": (special("blackhole"), to(CLIENT), "rejected route-type invalid-argument", None),
    "no route": (special("throw"), to(CLIENT), "rejected no-route network-unreachable", None),
}


@each_row(("net", "packet", "expected", "way"), CASES.values(), ids=CASES)
def test_output_route(net: Network, packet: Packet, expected: str, way: tuple[str, int] | None) -> None:
    (outcome,) = output_route(net, at("output-route", packet, iif=""))
    assert told((outcome,)) == [expected]
    assert ((outcome.oif, outcome.packet.saddr) if isinstance(outcome, State) else None) == way


def test_a_packet_bound_to_a_link() -> None:
    net = network(host_namespace(routes=(route("192.0.2.0/24", "docker0"),)))
    for chosen, link in (("eth0", "eth0"), ("", "docker0")):
        (outcome,) = output_route(net, at("output-route", to(CLIENT), iif="", oif=chosen))
        assert isinstance(outcome, State)
        assert outcome.oif == link


def test_ipv4_sends_on_link_by_the_bound_link_without_a_route() -> None:
    state = at("output-route", to(CLIENT), iif="", oif="docker0")
    (found,) = output_route(network(), state)
    assert isinstance(found, State)
    assert (found.stage, found.oif, found.next_hop) == ("output", "docker0", NextHop("docker0"))
    down = tuple(replace(each, up=each.name != "docker0") for each in host_namespace().links)
    dark = network(replace(host_namespace(), links=down))
    assert told(output_route(dark, state)) == ["rejected no-route network-unreachable"]


def test_ipv6_with_a_known_source_may_use_another_link() -> None:
    six = Packet(6, number("2001:db8::1"), number("2001:db8:1::9"), UDP)
    net = network(host_namespace(routes=(route("2001:db8:1::/64", "docker0"),)))
    (found,) = output_route(net, at("output-route", six, iif="", oif="eth0"))
    assert isinstance(found, State)
    assert found.oif == "docker0"


def test_a_host_without_a_source_address() -> None:
    host = replace(host_namespace(), addresses=())
    assert told(output_route(network(host), at("output-route", to(CLIENT), iif=""))) == ["dropped no-source-address"]
    for kernel, source in (("", 0xC0000008), ("5.4.0-150-generic", 0xC0000008), ("4.18.0-240.el8.x86_64", 0)):
        there = network(replace(host, kernel=kernel))
        (error,) = output_route(there, replace(at("output-route", to(CLIENT), iif=""), sender=Sender(by_kernel=True)))
        assert isinstance(error, State)
        assert error.packet.saddr == source


@pytest.mark.parametrize("kind", ("unicast", "broadcast"))
def test_a_route_of_type_broadcast_makes_a_broadcast(kind: str) -> None:
    net = network(host_namespace(routes=(replace(route("192.0.2.0/24", "eth0"), type=kind),)))
    datagram = replace(to(CLIENT), protocol=UDP, tcp_flags=0)
    (outcome,) = output_route(net, at("output-route", datagram, iif=""))
    assert isinstance(outcome, State)
    assert outcome.to_many is (kind == "broadcast")
    connecting = output_route(net, at("output-route", to(CLIENT), iif=""))
    assert told(connecting) == (["rejected route-type network-unreachable"] if kind == "broadcast" else ["output"])


def test_policy_rules_by_owner_and_port_choose_the_table() -> None:
    rules = (PolicyRule(4, 0, table=255), PolicyRule(4, 9, table=77, uids=(5, 5), dports=(8151, 8151)),
             PolicyRule(4, 32766, table=254))  # fmt: skip
    net = network(host_namespace(policy_rules=rules, routes=(route("default", "docker0", table=77),)))
    for uid, link in ((5, "docker0"), (0, "eth0")):
        state = replace(at("output-route", to(CLIENT), iif=""), sender=Sender(uid=uid))
        (outcome,) = output_route(net, state)
        assert isinstance(outcome, State)
        assert outcome.oif == link


@pytest.mark.parametrize(("bound", "link"), ((0, "docker0"), (GATEWAY, "eth0")))
def test_connect_looks_the_route_up_again_with_the_source_that_it_has_got(bound: int, link: str) -> None:
    rules = (PolicyRule(4, 0, table=255), PolicyRule(4, 9, table=77, source=(HOST_ADDRESS, 32)),
             PolicyRule(4, 32766, table=254))  # fmt: skip
    net = network(host_namespace(policy_rules=rules, routes=(route("default", "docker0", table=77),)))
    connecting = replace(at("output-route", to(CLIENT, bound), iif=""), sender=Sender(uid=0))
    (outcome,) = output_route(net, connecting)
    assert isinstance(outcome, State)
    assert (outcome.oif, outcome.packet.saddr) == (link, bound or HOST_ADDRESS)


def test_the_kernels_own_packet_is_routed_once() -> None:
    rules = (PolicyRule(4, 0, table=255), PolicyRule(4, 9, table=77, source=(HOST_ADDRESS, 32)),
             PolicyRule(4, 32766, table=254))  # fmt: skip
    net = network(host_namespace(policy_rules=rules, routes=(route("default", "docker0", table=77),)))
    error = replace(at("output-route", to(CLIENT), iif=""), sender=Sender(uid=0, by_kernel=True))
    (outcome,) = output_route(net, error)
    assert isinstance(outcome, State)
    assert outcome.oif == "eth0"


@pytest.mark.parametrize(("source", "expected"), ((HOST_ADDRESS, "output"), (HOST_ADDRESS + 1, "no-source-address")))
def test_a_tunnel_sends_from_an_address_of_its_host_only(source: int, expected: str) -> None:
    frame = at("device-out", to(WEB), iif="", oif="vx")
    outer = replace(
        at("output-route", to(CLIENT, source), iif=""), carried=Carried(frame, Tunnel("vxlan", key=1, port=4789))
    )
    (outcome,) = output_route(NET, outer)
    assert told((outcome,)) == [expected if expected == "output" else f"dropped {expected}"]


def with_output(rule: str, *routes: Route, rules: tuple[PolicyRule, ...] = ()) -> Network:
    table = "nat" if "DNAT" in rule else "mangle"
    text = f"*{table}\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT {rule}\nCOMMIT\n"
    return network(host_namespace(text, routes=routes, policy_rules=rules))


def sent(net: Network) -> list[str]:
    state = replace(at("output", to(CLIENT, HOST_ADDRESS), iif=""), oif="eth0")
    return [f"{each.stage} {each.oif}" if isinstance(each, State) else told((each,))[0] for each in output(net, state)]


MARKED = (PolicyRule(4, 0, table=255), PolicyRule(4, 9, table=77, mark=(7, 255)), PolicyRule(4, 32766, table=254))
OUTPUTS: dict[str, tuple[Network, list[str]]] = {
    "nothing": (network(), ["postrouting eth0"]),
    "dropped": (with_output("-j DROP"), ["dropped rule"]),
    "translated": (with_output("-p tcp -j DNAT --to-destination 172.17.0.2:80"), ["postrouting docker0"]),
    "marked": (
        with_output("-j MARK --set-xmark 0x7/0xff", route("default", "docker0", table=77), rules=MARKED),
        ["postrouting docker0"],
    ),
    "marked for others": (
        with_output("-j MARK --set-xmark 0x8/0xff", route("default", "docker0", table=77), rules=MARKED),
        ["postrouting eth0"],
    ),
    "translated to where no way leads: TCP is not told": (
        with_output("-p tcp -j DNAT --to-destination 10.0.0.1:80",
                    replace(route("10.0.0.0/8", "eth0"), type="unreachable", next_hops=())),
        ["dropped route-type"],
    ),
}  # fmt: skip


@each_row(("net", "expected"), OUTPUTS.values(), ids=OUTPUTS)
def test_output_routes_a_changed_packet_again(net: Network, expected: list[str]) -> None:
    assert sent(net) == expected


def test_the_sender_of_a_datagram_is_told_that_its_new_destination_has_no_route() -> None:
    closed = replace(route("10.0.0.0/8", "eth0"), type="unreachable", next_hops=())
    net = with_output("-p udp -j DNAT --to-destination 10.0.0.1:80", closed)
    packet = replace(to(CLIENT, HOST_ADDRESS), protocol=UDP)
    state = replace(at("output", packet, iif=""), oif="eth0")
    assert told(output(net, state)) == ["rejected route-type network-unreachable"]


def test_postrouting_confirms_the_connection() -> None:
    state = replace(at("output", to(CLIENT, HOST_ADDRESS), iif=""), oif="eth0")
    (sending,) = output(NET, state)
    assert isinstance(sending, State)
    (outcome,) = postrouting(NET, sending)
    assert isinstance(outcome, State)
    assert outcome.stage == "neighbour"
    assert outcome.track.connection is not None
    assert outcome.track.connection.status & STATUS_CONFIRMED
    assert number("192.0.2.10") == outcome.packet.daddr


def test_postrouting_may_drop() -> None:
    text = "*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j DROP\nCOMMIT\n"
    state = at("postrouting", to(CLIENT, HOST_ADDRESS), oif="eth0")
    assert told(postrouting(network(host_namespace(text)), state)) == ["dropped rule"]


@pytest.mark.parametrize(("protocol", "link"), (("kernel", "lo"), ("boot", "eth0")))
def test_an_anycast_route_is_local_if_the_kernel_made_it(protocol: str, link: str) -> None:
    source, target = (0x20010DB8 << 96 | low for low in (1, 0))
    anycast = Route(6, target, 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol=protocol)
    net = network(host_namespace(routes=(anycast,)))
    (outcome,) = output_route(net, at("output-route", Packet(6, source, target, UDP), iif=""))
    assert isinstance(outcome, State)
    assert outcome.oif == link


V4 = Packet(4, HOST_ADDRESS, CLIENT, TCP, sport=1, dport=2)
V6 = Packet(6, 1, 2, TCP, sport=1, dport=2)

# the namespace's parameter and its value, the packet, its TTL behind the route
HOP_LIMIT: dict[str, tuple[Path, str, Packet, int]] = {
    "IPv4": (("net", "ipv4", "ip_default_ttl"), "3", V4, 3),
    "not IPv6": (("net", "ipv4", "ip_default_ttl"), "3", V6, 64),
    "IPv6, of its link": (("net", "ipv6", "conf", "eth0", "hop_limit"), "3", V6, 3),
    "IPv6, of another link": (("net", "ipv6", "conf", "eth1", "hop_limit"), "3", V6, 64),
    "a TTL that the sender has chosen": (
        ("net", "ipv4", "ip_default_ttl"), "3", msgspec.structs.replace(V4, ttl=255), 255,
    ),
    "an ICMPv6 error": (
        ("net", "ipv6", "conf", "eth0", "hop_limit"), "3", msgspec.structs.replace(V6, protocol=ICMP6), 64,
    ),
}  # fmt: skip


@each_row(("path", "value", "packet", "ttl"), HOP_LIMIT.values(), ids=HOP_LIMIT)
def test_a_packet_starts_with_the_value_of_its_namespace(path: Path, value: str, packet: Packet, ttl: int) -> None:
    host = msgspec.structs.replace(host_namespace(), sysctls=Sysctls({path: value}))
    routed = State("output", HOST_NETNS, packet, oif="eth0")
    (after,) = with_hop_limit(network(host), iter((routed,)))
    assert isinstance(after, State)
    assert after.packet.ttl == ttl
