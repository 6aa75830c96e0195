from typing import Literal

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, NextHop, PolicyRule, Route, RouteType
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import ICMP, SYN, TCP, UDP, Connection, Packet, Seen, Tuple
from hairpin.walk.hooks.surroundings import NamespaceSurroundings
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, host_namespace, route

OWN6, NET6, FAR6 = ((0x20010DB8 << 96) + low for low in (0x11, 0, 1 << 80))
ROUTES6 = (
    Route(6, OWN6, 128, TABLE_LOCAL, "local", (NextHop("eth0"),)),
    Route(6, NET6, 64, next_hops=(NextHop("eth0"),)),
)
TWO_FAMILIES = msgspec.structs.replace(host_namespace(routes=ROUTES6), addresses=(Address("eth0", 6, OWN6, 64),))
HOST = NamespaceSurroundings(host_namespace())
PACKET = Packet(4, CLIENT, HOST_ADDRESS, TCP, sport=40000, dport=8151, tcp_flags=SYN)
SEEN = Seen(PACKET, iif="eth0")


# dialect, address, types, link, expected
KINDS: dict[str, tuple[str, int, str, str | None, bool]] = {
    "own": ("iptables-nft", HOST_ADDRESS, "local", None, True),
    "somebody else's": ("nft", WEB, "local", None, False),
    "own, not there": ("nft", HOST_ADDRESS, "local", "docker0", False),
    "IPv6, own": ("nft", OWN6, "local", None, True),
    "IPv6, own, on its link": ("nft", OWN6, "local", "eth0", True),
    "IPv6, own, not there": ("nft", OWN6, "unicast", "docker0", True),
    "IPv6, the form": ("iptables-nft", OWN6, "unicast", None, True),
    "IPv6, the route, not the form": ("nft", OWN6, "unicast", None, False),
    "IPv6, form and route": ("iptables-nft", OWN6, "unicast local", None, True),
    "IPv6, its form is another": ("iptables-nft", OWN6, "multicast local", None, False),
    "IPv6, without a route": ("nft", FAR6, "unreachable", None, True),
    "IPv6, without a route, form": ("iptables-nft", FAR6, "unicast", None, True),
    "IPv6, a network's own": ("nft", NET6, "anycast", None, True),
    "IPv6, a network's own, ip6tables": ("iptables-nft", NET6, "anycast", None, True),
}


@each_row(("dialect", "address", "types", "link", "expected"), KINDS.values(), ids=KINDS)
def test_address_is(dialect: str, address: int, types: str, link: str | None, expected: bool) -> None:
    version: Literal[4, 6] = 6 if address >> 32 else 4
    asked = Seen(Packet(version, address, address, TCP, sport=1, dport=2), iif="eth0")
    place = NamespaceSurroundings(TWO_FAMILIES, dialect)
    assert place.address_is(asked, "daddr", tuple(types.split()), link) is expected


# source, link, loose, whether there is a way back
BACK: dict[str, tuple[int, str, bool, bool]] = {
    "by its link": (CLIENT, "eth0", False, True),
    "by another link": (CLIENT, "docker0", False, False),
    "by another link, loose": (CLIENT, "docker0", True, True),
    "a container by its bridge": (WEB, "docker0", False, True),
}


@pytest.mark.parametrize(("source", "link", "loose", "expected"), BACK.values(), ids=BACK)
def test_reverse_path(source: int, link: str, loose: bool, expected: bool) -> None:
    seen = Seen(msgspec.structs.replace(PACKET, saddr=source), iif=link)
    assert HOST.reverse_path(seen, loose=loose, use_mark=False) is expected


# dialect, kernel, whether there is a way back
TCP_NOWHERE: dict[str, tuple[str, str, bool]] = {
    "nft sees the protocol": ("nft", "6.18.4", False),
    "not before 6.12": ("nft", "5.10.0-32-amd64", True),
    "iptables never does": ("iptables-nft", "6.18.4", True),
}


@pytest.mark.parametrize(("dialect", "kernel", "expected"), TCP_NOWHERE.values(), ids=TCP_NOWHERE)
def test_a_policy_rule_for_a_protocol(dialect: str, kernel: str, expected: bool) -> None:
    main = PolicyRule(4, 32766, table=254)
    rules = (PolicyRule(4, 0, table=255), PolicyRule(4, 5, "unreachable", protocol=TCP), main)
    place = NamespaceSurroundings(msgspec.structs.replace(host_namespace(), rules=rules, kernel=kernel), dialect)
    assert place.reverse_path(SEEN, loose=False, use_mark=False) is expected


# dialect, kernel, loose, whether a default route by the link will do where a better one leads elsewhere
WORSE6: dict[str, tuple[str, str, bool, bool]] = {
    "CentOS 7": ("iptables-legacy", "3.10.0-1160.el7.x86_64", False, True),
    "RHEL 8": ("iptables-nft", "4.18.0-240.el8.x86_64", False, False),
    "6.18": ("iptables-nft", "", False, False),
    "loose": ("iptables-nft", "", True, True),
}


@pytest.mark.parametrize(("dialect", "kernel", "loose", "expected"), WORSE6.values(), ids=WORSE6)
def test_on_old_kernels_a_worse_ipv6_route_is_enough(dialect: str, kernel: str, loose: bool, expected: bool) -> None:
    better = Route(6, 0x20010DB8 << 96, 32, next_hops=(NextHop("docker0"),))
    default = Route(6, 0, 0, next_hops=(NextHop("eth0"),))
    place = msgspec.structs.replace(host_namespace(routes=(better, default)), kernel=kernel)
    seen = Seen(Packet(6, 0x20010DB8 << 96 | 9, 0x20010DB9 << 96, UDP, sport=1, dport=2), iif="eth0")
    assert NamespaceSurroundings(place, dialect).reverse_path(seen, loose=loose, use_mark=False) is expected


def test_no_route_back_at_all() -> None:
    nowhere = NamespaceSurroundings(Namespace("host"))
    assert not nowhere.reverse_path(SEEN, loose=True, use_mark=False)
    unreachable = msgspec.structs.replace(route("192.0.2.0/24", "eth0"), type="unreachable")
    refused = NamespaceSurroundings(host_namespace(routes=(unreachable,)))
    assert not refused.reverse_path(SEEN, loose=True, use_mark=False)


# dialect, type of the only route to the sender, whether it is a way back
TYPES: dict[str, tuple[str, RouteType, bool]] = {
    "nft, broadcast": ("nft", "broadcast", True),
    "nft, anycast": ("nft", "anycast", True),
    "nft, prohibit": ("nft", "prohibit", False),
    "iptables, anycast": ("iptables-nft", "anycast", False),
}


@pytest.mark.parametrize(("dialect", "kind", "expected"), TYPES.values(), ids=TYPES)
def test_a_route_of_another_type(dialect: str, kind: RouteType, expected: bool) -> None:
    """nft_fib_ipv4.c nft_fib4_eval(), ipt_rpfilter.c rpfilter_lookup_reverse()"""
    only = msgspec.structs.replace(route("192.0.2.0/24", "eth0"), type=kind)
    place = NamespaceSurroundings(host_namespace(routes=(only,)), dialect)
    assert place.reverse_path(SEEN, loose=False, use_mark=False) is expected


def asked(host: NamespaceSurroundings, seen: Seen = SEEN, *, transparent: bool = False) -> bool | None:
    return host.owns_socket(seen, transparent=transparent, wildcard=True)


def with_socket(protocol: Literal["tcp", "udp"], address: int | None = None) -> NamespaceSurroundings:
    return NamespaceSurroundings(Namespace("h", sockets=(Socket(protocol, 4, address, 8151),)))


def test_owns_socket() -> None:
    assert asked(HOST) is True
    assert asked(HOST, Seen(msgspec.structs.replace(PACKET, dport=1), iif="eth0")) is False
    assert asked(HOST, Seen(Packet(4, CLIENT, HOST_ADDRESS, ICMP, icmp=2048))) is False
    assert asked(NamespaceSurroundings(Namespace("host", unread=("sockets",)))) is None
    assert asked(with_socket("udp")) is False


def test_a_wildcard_socket_counts_only_with_nowildcard() -> None:
    """xt_socket.c socket_match(): ``--nowildcard``."""
    assert with_socket("tcp").owns_socket(SEEN, transparent=False, wildcard=False) is False
    assert with_socket("tcp", HOST_ADDRESS).owns_socket(SEEN, transparent=False, wildcard=False) is True


def test_no_reading_has_the_sockets_of_clients() -> None:
    for client, expected in ((HOST_ADDRESS, None), (WEB, False)):
        forth = Tuple(client, CLIENT, TCP, 1, 40000)  # WEB's packets are masqueraded
        connection = Connection(4, forth, Tuple(CLIENT, HOST_ADDRESS, TCP, 40000, 1))
        answer = msgspec.structs.replace(SEEN, connection=connection, ct_direction=1)
        assert asked(HOST, answer) is expected
    sent = msgspec.structs.replace(PACKET, saddr=HOST_ADDRESS, daddr=CLIENT, sport=40000, dport=80)
    error = Packet(4, CLIENT, HOST_ADDRESS, ICMP, icmp=3 << 8 | 1, inner=sent)
    assert asked(HOST, Seen(error, iif="eth0")) is None
    served = msgspec.structs.replace(sent, sport=8151)
    assert asked(HOST, Seen(msgspec.structs.replace(error, inner=served), iif="eth0")) is True


def test_a_transparent_socket_is_none_of_docker_proxys() -> None:
    """No reading has the socket options of other programs."""
    assert asked(HOST, transparent=True) is False
    assert asked(with_socket("tcp"), transparent=True) is None
