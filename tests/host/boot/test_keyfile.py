"""What NetworkManager's connection profiles say, and which one a link has."""

from hairpin.host.boot.keyfile import is_unmanaged, of_profile, profile_of, profiles, state_of
from hairpin.host.host import Host
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.route import NextHop, PolicyRule, Route
from tests.small_host import number

ETH0, ETH1 = Link(2, "eth0"), Link(3, "eth1")
WIRED = """[connection]
id=wired
uuid=11
type=ethernet
interface-name=eth0

[ethernet]
mtu=1400

[ipv4]
method=manual
address1=198.51.100.11/24,198.51.100.1
address2=nonsense
route1=10.7.0.0/16,198.51.100.2,50
route2=10.8.0.0/16
route2_options=table=200,onlink=true
routing-rule1=priority 500 from 198.51.100.11 table 200

[ipv6]
method=auto
address1=2001:db8::1/64
"""
OTHER = "[connection]\nid=other\nuuid=22\ntype=ethernet\ninterface-name=eth0\n[ipv4]\nmethod=auto\n"
FOLDER = "/etc/NetworkManager/system-connections"


def host(**files: str) -> Host:
    return Host("test", files=tuple(ConfigFile(path, text) for path, text in files.items()))


def test_a_profile_gives_addresses_routes_and_rules() -> None:
    within = host(**{f"{FOLDER}/wired.nmconnection": WIRED})
    found = of_profile(profiles(within)[0], "eth0", RouteTables())
    assert found.addresses == (
        Address("eth0", 4, number("198.51.100.11"), 24, broadcast=number("198.51.100.255"), noprefixroute=True),
        Address("eth0", 6, number("2001:db8::1"), 64, noprefixroute=True),
    )
    own = number("198.51.100.11")
    assert found.routes == (
        Route(4, number("198.51.100.0"), 24, next_hops=(NextHop("eth0"),), metric=100, prefsrc=own, protocol="kernel",
              scope="link"),
        Route(4, 0, 0, next_hops=(NextHop("eth0", number("198.51.100.1"), 4),), metric=100, protocol="static"),
        Route(4, number("10.7.0.0"), 16, next_hops=(NextHop("eth0", number("198.51.100.2"), 4),), metric=50,
              protocol="static"),
        Route(4, number("10.8.0.0"), 16, 200, next_hops=(NextHop("eth0", onlink=True),), metric=100, protocol="static",
              scope="link"),
        Route(6, number("2001:db8::"), 64, next_hops=(NextHop("eth0"),), metric=100, protocol="kernel"),
    )  # fmt: skip
    (rule,) = found.rules
    assert (rule.priority, rule.table, rule.source) == (500, 200, (own, 32))
    assert isinstance(rule, PolicyRule)
    assert (found.mtu_bytes, found.dhcp) == (1400, (6,))


def test_addresses_may_stand_in_one_list() -> None:
    text = "[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\naddresses=10.0.0.1/24;10.0.0.2/24;\n"
    found = of_profile(profiles(host(**{f"{FOLDER}/a": text}))[0], "eth0", RouteTables())
    assert [each.value & 255 for each in found.addresses] == [1, 2]


def test_the_state_names_the_profile_of_a_link() -> None:
    files = {f"{FOLDER}/a": OTHER, f"{FOLDER}/b": WIRED}
    alone = host(**files)
    known = profiles(alone)
    first = profile_of(alone, ETH0, known)
    assert first is not None
    assert first.value("connection", "id") == "other"
    told = host(**files, **{"/run/NetworkManager/devices/2": "[device]\nmanaged=true\nconnection-uuid=11\n"})
    chosen = profile_of(told, ETH0, profiles(told))
    assert chosen is not None
    assert chosen.value("connection", "id") == "wired"
    assert state_of(told, ETH0, "managed") == "true"
    assert profile_of(alone, ETH1, known) is None


def test_profiles_that_networkmanager_has_made_of_found_links_are_none() -> None:
    folder = "/run/NetworkManager/system-connections"
    within = host(**{f"{folder}/docker0.nmconnection": OTHER, f"{folder}/netplan-eth0.nmconnection": WIRED})
    assert [each.file.rpartition("/")[2] for each in profiles(within)] == ["netplan-eth0.nmconnection"]


def test_devices_that_the_configuration_leaves_alone() -> None:
    text = "[keyfile]\nunmanaged-devices=interface-name:docker*;interface-name:veth*,mac:00:11:22:33:44:55\n"
    within = host(**{"/etc/NetworkManager/conf.d/docker.conf": text})
    assert [is_unmanaged(within, Link(4, name)) for name in ("docker0", "veth1", "eth0")] == [True, True, False]
