import msgspec
import pytest

from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.packet import UDP, Packet
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.decided import SysctlDecided
from hairpin.walk.ip.route_in import input_route, received6
from hairpin.walk.state import State
from tests.rows import each_row
from tests.small_host import CLIENT, GATEWAY, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, network, route
from tests.walk.standing import FROM_CLIENT, at, ended, told

NET = network()


def to(daddr: int | str, saddr: int | str = CLIENT, **other: int) -> Packet:
    values = {"daddr": daddr, "saddr": saddr}
    numbers = {key: parse_address(each)[1] if isinstance(each, str) else each for key, each in values.items()}
    return msgspec.structs.replace(FROM_CLIENT, **numbers, **other)


def values(**changed: str) -> Network:
    return network(host_namespace(values=changed))


def routed(*routes: Route) -> Network:
    return network(host_namespace(routes=routes))


def special(kind: str) -> Network:
    return routed(msgspec.structs.replace(route("203.0.113.0/24", "eth0"), type=kind, next_hops=()))


LOCALNET = {"conf__eth0__route_localnet": "1"}
RULES = (
    PolicyRule(4, 0, table=255),
    PolicyRule(4, 9, "unreachable", destination=(0xCB007100, 24)),
    PolicyRule(4, 32766, table=254),
)

# network, packet, link that it came by, outcome
CASES: dict[str, tuple[Network, Packet, str, str]] = {
    "for this host": (NET, to(HOST_ADDRESS), "eth0", "input"),
    "to be forwarded": (NET, to(WEB), "eth0", "forward"),
    "limited broadcast": (NET, to("255.255.255.255"), "eth0", "input"),
    "a DHCP client's": (NET, to("255.255.255.255", "0.0.0.0"), "eth0", "input"),
    "from multicast": (NET, to(HOST_ADDRESS, "224.0.0.1"), "eth0", "dropped martian-source"),
    "from broadcast": (NET, to(HOST_ADDRESS, "255.255.255.255"), "eth0", "dropped martian-source"),
    "from nowhere": (NET, to(HOST_ADDRESS, "0.0.0.0"), "eth0", "dropped martian-source"),
    "to nowhere": (NET, to("0.0.0.0"), "eth0", "dropped martian-destination"),
    "from an address of 0.0.0.0/8": (NET, to(HOST_ADDRESS, "0.0.0.1"), "eth0", "input"),
    "to loopback": (NET, to("127.0.0.1"), "eth0", "dropped martian-destination"),
    "from loopback": (NET, to(HOST_ADDRESS, "127.0.0.1"), "eth0", "dropped martian-source"),
    "to loopback, route_localnet": (values(**LOCALNET), to("127.0.0.1"), "eth0", "input"),
    "from an own address": (NET, to(WEB, GATEWAY), "eth0", "dropped martian-source"),
    "from an own address, accepted": (values(conf__eth0__accept_local="1"), to(WEB, GATEWAY), "eth0", "forward"),
    "the link does not forward": (values(conf__eth0__forwarding="0"), to(WEB), "eth0", "dropped forwarding-off"),
    "another link does not": (values(conf__docker0__forwarding="0"), to(WEB), "eth0", "forward"),
    "ttl": (NET, to(WEB, ttl=1), "eth0", "rejected ttl icmp-ttl-exceeded"),
    "blackhole": (special("blackhole"), to("203.0.113.1", WEB), "docker0", "dropped route-type"),
    "unreachable": (
        special("unreachable"), to("203.0.113.1", WEB), "docker0", "rejected route-type icmp-host-unreachable",
    ),
    "prohibit": (special("prohibit"), to("203.0.113.1", WEB), "docker0", "rejected route-type icmp-admin-prohibited"),
    "unreachable by a policy rule": (
        network(host_namespace(policy_rules=RULES)), to("203.0.113.1", WEB), "docker0",
        "rejected route-type icmp-net-unreachable",
    ),
    "strict, by its link": (values(conf__eth0__rp_filter="1"), to(WEB), "eth0", "forward"),
    "strict, by another": (values(conf__docker0__rp_filter="1"), to(HOST_ADDRESS), "docker0", "dropped rp-filter"),
    "loose, by another": (values(conf__docker0__rp_filter="2"), to(HOST_ADDRESS), "docker0", "input"),
    "not asked": (NET, to(HOST_ADDRESS), "docker0", "input"),
    "loose, but no way at all": (
        network(host_namespace(values={"conf__eth0__rp_filter": "2"}, routes=(
            msgspec.structs.replace(route("192.0.2.0/24", "eth0"), type="unreachable", next_hops=()),
        ))),
        to(HOST_ADDRESS), "eth0", "dropped rp-filter",
    ),
}  # fmt: skip


@each_row(("net", "packet", "link", "expected"), CASES.values(), ids=CASES)
def test_input_route(net: Network, packet: Packet, link: str, expected: str) -> None:
    assert told(input_route(net, at("input-route", packet, iif=link))) == [expected]


def test_no_route() -> None:
    host = host_namespace()
    bare = msgspec.structs.replace(host, routes=host.routes[:3])
    outcomes = input_route(network(bare), at("input-route", to("203.0.113.1", WEB), iif="docker0"))
    assert told(outcomes) == ["rejected no-route icmp-net-unreachable"]


def test_forwarding_lowers_the_ttl() -> None:
    (outcome,) = input_route(NET, at("input-route", to(WEB)))
    assert isinstance(outcome, State)
    assert (outcome.packet.ttl, outcome.oif) == (63, "docker0")


def test_multipath_walks_each_path() -> None:
    one, other = route("203.0.113.0/24", "eth0"), route("203.0.113.0/24", "docker0")
    both = msgspec.structs.replace(one, next_hops=(*one.next_hops, *other.next_hops))
    assert told(input_route(routed(both), at("input-route", to("203.0.113.1")))) == ["forward", "forward"]


def test_a_packet_from_lo_has_its_route() -> None:
    state = msgspec.structs.replace(at("input-route", to("203.0.113.1", "127.0.0.1"), iif="lo"), local=True)
    assert told(input_route(NET, state)) == ["input"]


def test_the_reverse_lookup_has_the_mark_with_src_valid_mark() -> None:
    rules = (PolicyRule(4, 0, table=255), PolicyRule(4, 9, table=77, mark=(7, 255)), PolicyRule(4, 32766, table=254))
    ways = (route("default", "docker0", table=77),)
    packet = to(HOST_ADDRESS, mark=7)

    def outcome(**changed: str) -> list[str]:
        known = {"conf__docker0__rp_filter": "1", **changed}
        net = network(host_namespace(values=known, policy_rules=rules, routes=ways))
        return told(input_route(net, at("input-route", packet, iif="docker0")))

    assert outcome() == ["dropped rp-filter"]
    assert outcome(conf__docker0__src_valid_mark="1") == ["input"]


@pytest.mark.parametrize(
    ("pieces", "together", "expected"), ((None, False, "dropped"), (40, False, "forward"), (40, True, "dropped"))
)
def test_policy_rules_see_no_ports_of_fragments(pieces: int | None, together: bool, expected: str) -> None:
    rules = (PolicyRule(4, 9, "blackhole", dports=(8151, 8151)), PolicyRule(4, 32766, table=254))
    net = network(host_namespace(policy_rules=rules))
    state = at("input-route", to(WEB)).with_fragments(largest=pieces, defragmented=together)
    assert [each.partition(" ")[0] for each in told(input_route(net, state))] == [expected]


def test_an_ipv6_router_forwards_by_the_links_mtu_and_sends_by_the_routes() -> None:
    way = Route(6, 7 << 96, 32, next_hops=(NextHop("docker0"),), mtu_bytes=1300)
    on = Sysctls({("net", "ipv6", "conf", "all", "forwarding"): "1"}, "e2")
    host = msgspec.structs.replace(host_namespace(), routes=(way,), sysctls=on)
    (forwarded,) = input_route(network(host), at("input-route", Packet(6, 5, 7 << 96 | 1, UDP, length_bytes=1400)))
    assert isinstance(forwarded, State)
    assert forwarded.mtu_bytes == 1300


BROADCAST = "172.17.255.255"
OWN = to(WEB, GATEWAY)
BACK = to("198.51.100.9", HOST_ADDRESS)
OF_ANOTHER_TYPE = to(WEB, BROADCAST)

# kernel, packet, sysctls, what becomes of it where rp_filter is off
SOURCES: dict[str, tuple[str, Packet, dict[str, str], str]] = {
    "CentOS 7 believes anybody": ("3.10.0-1160.el7.x86_64", OWN, {}, "forward"),
    "but not what goes back where it came from": ("3.10.0-1160.el7.x86_64", BACK, {}, "dropped martian-source"),
    "unless it tells nobody": ("3.10.0-1160.el7.x86_64", BACK, {"conf__eth0__send_redirects": "0"}, "forward"),
    "or accepts its own": ("3.10.0-1160.el7.x86_64", BACK, {"conf__all__accept_local": "1"}, "forward"),
    "rp_filter counts there, too": ("3.10.0-1160.el7.x86_64", OWN, {"conf__all__rp_filter": "1"},
                                    "dropped martian-source"),
    "CentOS 7, not of type unicast": ("3.10.0-1160.el7.x86_64", OF_ANOTHER_TYPE, {}, "forward"),
    "4.9": ("4.9.0-19-amd64", OWN, {}, "dropped martian-source"),
    "4.9, accepted": ("4.9.0-19-amd64", OWN, {"conf__all__accept_local": "1"}, "forward"),
    "4.9 looks for a route": ("4.9.0-19-amd64", OF_ANOTHER_TYPE, {}, "dropped martian-source"),
    "4.9 does without": ("4.9.0-19-amd64", OF_ANOTHER_TYPE, {"conf__all__accept_local": "1"}, "forward"),
    "RHEL 8": ("4.18.0-240.el8.x86_64", OWN, {}, "dropped martian-source"),
    "RHEL 8 looks for none": ("4.18.0-240.el8.x86_64", OF_ANOTHER_TYPE, {}, "forward"),
    "6.18": ("", OWN, {}, "dropped martian-source"),
    "6.18 looks for none": ("", OF_ANOTHER_TYPE, {}, "forward"),
}  # fmt: skip


@each_row(("kernel", "packet", "changed", "expected"), SOURCES.values(), ids=SOURCES)
def test_sources_that_are_valid_without_rp_filter(
    kernel: str, packet: Packet, changed: dict[str, str], expected: str
) -> None:
    many = msgspec.structs.replace(route(f"{BROADCAST}/32", "docker0", table=255), type="broadcast")
    telling = {"conf__eth0__send_redirects": "1"} | changed
    host = host_namespace(values=telling, routes=(many,))
    routes = tuple(msgspec.structs.replace(each, protocol="kernel") for each in host.routes)  # none is custom
    host = msgspec.structs.replace(host, routes=routes, kernel=kernel)
    assert told(input_route(network(host), at("input-route", packet))) == [expected]


# kernel, what becomes of a long IPv4 packet on a route of a small MTU, and what it may be on its way out
ON_A_NARROW_ROUTE = {
    "4.18.0-240.el8.x86_64": ("forward", 1500),
    "5.4.0-150-generic": ("rejected mtu icmp-frag-needed", None),
    "": ("rejected mtu icmp-frag-needed", None),
}


@pytest.mark.parametrize(("kernel", "expected"), ON_A_NARROW_ROUTE.items())
def test_on_old_kernels_an_ipv4_router_ignores_the_routes_mtu(kernel: str, expected: tuple[str, int | None]) -> None:
    narrow = msgspec.structs.replace(route("203.0.113.0/24", "docker0"), mtu_bytes=1300)
    host = msgspec.structs.replace(host_namespace(routes=(narrow,)), kernel=kernel)
    (outcome,) = input_route(network(host), at("input-route", to("203.0.113.9", length_bytes=1400)))
    assert (*told((outcome,)), outcome.mtu_bytes if isinstance(outcome, State) else None) == expected


def decided(net: Network, packet: Packet, link: str) -> tuple[str, str, str]:
    (end,) = input_route(net, at("input-route", packet, iif=link))
    assert not isinstance(end, State)
    assert end.stop is not None
    by = end.stop.decided_by
    assert isinstance(by, SysctlDecided)
    return by.path[3], by.value, by.wanted


def test_the_sysctl_that_decided_is_named() -> None:
    assert decided(values(conf__eth0__forwarding="0"), to(WEB), "eth0") == ("eth0", "0", "1")
    assert decided(values(conf__docker0__rp_filter="1"), to(HOST_ADDRESS), "docker0") == ("docker0", "1", "2")
    assert decided(values(conf__all__rp_filter="1"), to(HOST_ADDRESS), "docker0") == ("all", "1", "2")
    assert decided(NET, to("127.0.0.1"), "eth0") == ("eth0", "0", "1")


def test_a_multicast_group_may_have_been_joined() -> None:
    assert told(input_route(NET, at("input-route", to("224.0.0.1")))) == ["input"]
    outcomes = list(input_route(NET, at("input-route", to("239.1.1.1"))))
    assert told(outcomes) == ["dropped route-type", "input"]


SIX: dict[str, tuple[str, str, str | None]] = {
    "ordinary": ("2001:db8::1", "2001:db8::2", None),
    "from multicast": ("ff02::1", "2001:db8::2", "dropped martian-source"),
    "from loopback": ("::1", "2001:db8::2", "dropped martian-source"),
    "to loopback": ("2001:db8::1", "::1", "dropped martian-destination"),
    "to a group of the link": ("fe80::1", "ff02::1", None),
    "to a group of the interface": ("fe80::1", "ff01::1", "dropped martian-destination"),
}


@each_row(("source", "destination", "expected"), SIX.values(), ids=SIX)
def test_ipv6_addresses_that_no_wire_carries(source: str, destination: str, expected: str | None) -> None:
    packet = Packet(6, parse_address(source)[1], parse_address(destination)[1], UDP, sport=1, dport=2)
    end = received6(NET.namespace(HOST_NETNS), at("prerouting", packet))
    assert (ended(end) if end is not None else None) == expected
    looped = received6(NET.namespace(HOST_NETNS), at("prerouting", packet, iif="lo"))
    assert (looped is None) == (packet.saddr >> 120 != 0xFF)
