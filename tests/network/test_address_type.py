from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.address_type import address_fits6, address_type4, address_type6, names_a_network
from hairpin.network.prefix import parse_address
from hairpin.network.query import Found, Query
from tests.rows import each_row
from tests.small_host import host_namespace


def number(text: str) -> int:
    return parse_address(text)[1]


HOST = host_namespace(
    routes=(
        Route(4, number("172.17.255.255"), 32, TABLE_LOCAL, "broadcast", (NextHop("docker0"),)),
        Route(4, number("10.0.0.0"), 8, TABLE_LOCAL, "local", (NextHop("lo"),)),
        Route(4, number("10.1.0.0"), 16, TABLE_LOCAL, "throw"),
        Route(4, number("10.9.0.255"), 32, TABLE_LOCAL, "broadcast", (NextHop("docker0", dead=True),)),
        Route(6, number("2001:db8::"), 64, next_hops=(NextHop("eth0"),)),
        Route(6, number("2001:db8:1::"), 64, next_hops=(NextHop("eth0", number("2001:db8::1")),)),
        Route(6, number("2001:db8:2::"), 64, type="prohibit"),
        Route(6, number("2001:db8:3::"), 64, type="blackhole"),
        Route(6, number("2001:db8:4::"), 64, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol="boot"),
        Route(6, number("2001:db8:6::"), 64, TABLE_LOCAL, "local", (NextHop("lo"),), protocol="boot"),
        Route(6, number("2001:db8:5::"), 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol="kernel"),
        Route(6, number("ff00::"), 8, TABLE_LOCAL, "multicast", (NextHop("eth0"),)),
    )
)
# address, link, type
TYPES: dict[str, tuple[str, str | None, str]] = {
    "own": ("198.51.100.11", None, "local"),
    "own, on another link": ("198.51.100.11", "docker0", "unicast"),
    "own, on its link": ("198.51.100.11", "eth0", "local"),
    "all of loopback": ("127.5.5.5", None, "local"),
    "broadcast": ("172.17.255.255", None, "broadcast"),
    "limited broadcast": ("255.255.255.255", None, "broadcast"),
    "unspecified": ("0.0.0.0", None, "broadcast"),
    "of its network": ("0.0.0.5", None, "unicast"),
    "multicast": ("224.0.0.251", None, "multicast"),
    "somebody else": ("192.0.2.10", None, "unicast"),
    "a network that is local": ("10.9.9.9", None, "local"),
    "a dead route tells nothing": ("10.9.0.255", None, "local"),
    "thrown out of the local table": ("10.1.9.9", None, "unicast"),
    "multicast of IPv6": ("ff02::1", None, "multicast"),
    "IPv6 without a route": ("2001:db9::1", None, "unreachable"),
    "IPv6 on the link": ("2001:db8::7", None, "unicast"),
    "the routers of a network": ("2001:db8::", None, "anycast"),
    "a network behind a router": ("2001:db8:1::", None, "unicast"),
    "an anycast route added by hand": ("2001:db8:4::1", None, "unicast"),
    "its first address": ("2001:db8:4::", None, "anycast"),
    "the first address of a local route": ("2001:db8:6::", None, "anycast"),
    "another one of a local route": ("2001:db8:6::1", None, "local"),
    "a link's own anycast route": ("2001:db8:5::", None, "anycast"),
    "IPv6 prohibited": ("2001:db8:2::1", None, "prohibit"),
    "IPv6 blackhole": ("2001:db8:3::1", None, "blackhole"),
}


@each_row(("text", "link", "expected"), TYPES.values(), ids=TYPES)
def test_address_type(text: str, link: str | None, expected: str) -> None:
    version, value = parse_address(text)
    found = address_type4(HOST, value, link) if version == 4 else address_type6(HOST, Query(6, value), link)
    assert found == expected


# address, types, whether it fits
FITS: dict[str, tuple[str, str, bool]] = {
    "its form": ("2001:db9::1", "unicast", True),
    "its route": ("2001:db9::1", "unreachable", True),
    "prohibited is unreachable": ("2001:db8:2::1", "unreachable", True),
    "not local": ("2001:db8::7", "local", False),
    "the routers of a network": ("2001:db8::", "anycast", True),
    "an anycast route added by hand": ("2001:db8:4::1", "anycast", False),
    "its first address": ("2001:db8:4::", "anycast", True),
    "a group is no unicast": ("ff02::1", "unicast", False),
    "a group": ("ff02::1", "multicast", True),
    "unspecified": ("::", "unspec", True),
}


@each_row(("text", "types", "expected"), FITS.values(), ids=FITS)
def test_address_fits6(text: str, types: str, expected: bool) -> None:
    assert address_fits6(HOST, number(text), frozenset(types.split())) is expected


def test_names_a_network() -> None:
    host = Route(6, number("2001:db8::"), 127, next_hops=(NextHop("eth0"),))
    assert not names_a_network(Found("unicast", host, host.next_hops), host.destination)
    own = Route(6, 1, 128, TABLE_LOCAL, "anycast", (NextHop("eth0"),), protocol="kernel")
    assert names_a_network(Found("anycast", own), 1)
    assert not names_a_network(Found("none"), 1)
