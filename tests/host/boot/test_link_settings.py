"""What a .network file gives to a link."""

from hairpin.host.boot.link_settings import LinkSettings, of_host_forwarding, of_network_file
from hairpin.host.boot.systemd_network import UnitFile, sections
from hairpin.host.link import Address
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.route import NextHop, PolicyRule, Route
from tests.small_host import number


def settings(text: str, systemd: int = 252) -> LinkSettings:
    file = UnitFile("/etc/systemd/network/a.network", sections(text))
    return of_network_file(file, "eth0", systemd, RouteTables().number)


def value(found: LinkSettings, *path: str) -> str | None:
    return dict(found.values).get(("net", *path))


def test_addresses_and_gateways() -> None:
    found = settings(
        "[Network]\nAddress=198.51.100.11/24\nAddress=2001:db8::1/64\nAddress=nonsense\nGateway=198.51.100.1\n"
        "Gateway=_dhcp4\n[Address]\nAddress=10.0.0.1/32\nPeer=10.0.0.2/32\n[Link]\nMTUBytes=1400\n"
    )
    assert found.addresses == (
        Address("eth0", 4, number("198.51.100.11"), 24, broadcast=number("198.51.100.255")),
        Address("eth0", 6, number("2001:db8::1"), 64),
        Address("eth0", 4, number("10.0.0.1"), 32, peer=number("10.0.0.2")),
    )
    gateway = NextHop("eth0", number("198.51.100.1"), 4)
    assert found.routes == (Route(4, 0, 0, next_hops=(gateway,), protocol="static"),)
    assert (found.mtu_bytes, found.dhcp, found.bridge) == (1400, (), None)


def test_routes_and_policy_rules() -> None:
    found = settings(
        "[Route]\nDestination=10.9.0.0/16\nGateway=10.0.0.9\nMetric=50\nTable=100\n[Route]\nDestination=10.8.0.0/16\n"
        "[Route]\nDestination=2001:db8:5::/48\nGateway=fe80::1\n[Route]\nDestination=10.66.0.0/16\nType=blackhole\n"
        "[Route]\nDestination=10.67.0.0/16\nType=odd\n"
        "[RoutingPolicyRule]\nFrom=10.0.0.1\nTable=100\nPriority=500\n[RoutingPolicyRule]\nFirewallMark=7\nTable=8\n"
        "Family=both\nInvertRule=yes\n"
    )
    assert [(each.metric, each.table, each.scope, each.type) for each in found.routes] == [
        (50, 100, "global", "unicast"), (0, 254, "link", "unicast"), (1024, 254, "global", "unicast"),
        (0, 254, "global", "blackhole"),
    ]  # fmt: skip
    assert found.rules == (
        PolicyRule(4, 500, table=100, source=(number("10.0.0.1"), 32)),
        PolicyRule(4, 0, table=8, mark=(7, 0xFFFFFFFF), inverted=True),
        PolicyRule(6, 0, table=8, mark=(7, 0xFFFFFFFF), inverted=True),
    )


def test_forwarding_is_the_hosts_before_256_and_the_links_since() -> None:
    on, off = "[Network]\nIPForward=ipv4\n", "[Network]\nIPForward=no\n"
    assert value(settings(on), "ipv4", "ip_forward") == "1"
    assert value(settings(on), "ipv6", "conf", "all", "forwarding") is None
    assert value(settings(off), "ipv4", "ip_forward") is None
    for each in (on, "[Network]\n"):
        assert value(settings(each, 257), "ipv4", "ip_forward") is None
        assert value(settings(each, 257), "ipv4", "conf", "eth0", "forwarding") is None
    own = "[Network]\nIPv4Forwarding=yes\nIPv6Forwarding=no\n"
    found = [value(settings(own, 256), family, "conf", "eth0", "forwarding") for family in ("ipv4", "ipv6")]
    assert (found, value(settings(own, 256), "ipv4", "ip_forward")) == (["1", "0"], None)


def test_masquerading_implies_forwarding() -> None:
    text = "[Network]\nIPMasquerade=ipv4\n"
    assert [value(settings(text, each), "ipv4", "ip_forward") for each in (252, 257)] == ["1", "1"]
    assert value(settings(text, 257), "ipv4", "conf", "eth0", "forwarding") == "1"
    file = UnitFile("/etc/systemd/network/a.network", sections(text))
    told = of_network_file(file, "eth0", 257, RouteTables().number, (False, None))
    assert value(told, "ipv4", "ip_forward") is None
    assert value(told, "ipv4", "conf", "eth0", "forwarding") == "1"


def test_networkds_own_file_is_for_all_links_since_256() -> None:
    assert list(of_host_forwarding((True, False), 257)) == [
        (("net", "ipv4", "ip_forward"), "1"), (("net", "ipv6", "conf", "all", "forwarding"), "0"),
    ]  # fmt: skip
    assert list(of_host_forwarding((True, None), 255)) == []
    file = UnitFile("/etc/systemd/network/a.network", sections("[Network]\n"))
    told = of_network_file(file, "eth0", 257, RouteTables().number, (True, None))
    assert value(told, "ipv4", "conf", "eth0", "forwarding") == "1"


def test_dhcp_is_of_the_versions_that_the_file_says() -> None:
    words = ("yes", "ipv4", "ipv6", "no", "both")
    assert [settings(f"[Network]\nDHCP={each}\n").dhcp for each in words] == [(4, 6), (4,), (6,), (), (4, 6)]


def test_a_lease_needs_secondary_addresses_to_be_promoted() -> None:
    file = UnitFile("/etc/systemd/network/a.network", sections("[Network]\nDHCP=ipv4\n"))
    written = [
        ("net", "ipv4", "conf", link, "promote_secondaries")
        in dict(of_network_file(file, link, systemd, RouteTables().number).values)
        for link, systemd in (("eth0", 252), ("eth0", 257), ("lo", 252), ("lo", 257))
    ]
    assert written == [True, True, True, False]


def test_advertisements_are_accepted_unless_the_link_forwards() -> None:
    texts = ("", "IPv6AcceptRA=no\n", "IPForward=yes\n", "IPForward=yes\nIPv6AcceptRA=yes\n", "IPForward=ipv4\n")
    assert [settings(f"[Network]\n{each}").accepts_ra for each in texts] == [True, False, False, True, True]


def test_values_that_networkd_writes_for_each_link() -> None:
    plain = settings("[Network]\n")
    leased = settings("[Network]\nDHCP=ipv4\nIPv4ProxyARP=yes\nIPv6PrivacyExtensions=yes\n")
    names = ("promote_secondaries", "proxy_arp")
    assert [value(each, "ipv4", "conf", "eth0", name) for each in (plain, leased) for name in names] == [
        None, None, "1", "1",
    ]  # fmt: skip
    assert [value(each, "ipv6", "conf", "eth0", "use_tempaddr") for each in (plain, leased)] == ["0", "2"]
    modes = ("", "LinkLocalAddressing=no\n", "Bridge=br0\n", "LinkLocalAddressing=ipv4\n")
    assert [value(settings(f"[Network]\n{each}"), "ipv6", "conf", "eth0", "addr_gen_mode") for each in modes] == [
        "0", "1", "1", "1",
    ]  # fmt: skip
    file = UnitFile("/etc/systemd/network/a.network", sections("[Network]\nIPForward=yes\n"))
    assert dict(of_network_file(file, "lo", 252, RouteTables().number).values) == {
        ("net", "ipv6", "conf", "lo", "addr_gen_mode"): "1"
    }
