"""Told links and routes that explain a failure, and those that do not."""

import pytest

from hairpin.pasted.text import evidence_in_texts
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.told_ways import (
    bare_bridge,
    bare_uplink,
    bridge_skips_rules,
    masquerades_elsewhere,
    owner_made_anew,
    silent_router,
    smaller_in_addresses,
    smaller_in_listing,
    switched_off_links,
    two_routes,
)
from tests.rows import each_row
from tests.suppose.test_ordinary import ADDRESSES, RUN, network

_ROUTES = """\
$ ip route
default via 10.8.0.1 dev ens3
10.79.2.0/24 {} dev ens3
10.79.2.0/24 dev {} proto kernel scope link src 10.79.2.1
10.8.0.0/24 dev ens3 proto kernel scope link src 10.8.0.5
"""
_BARE = """\
4: {}: <BROADCAST,MULTICAST,UP{}> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 52:54:00:aa:bb:dd brd ff:ff:ff:ff:ff:ff
"""


@pytest.mark.parametrize(
    ("gateway", "link", "found"), (("via 10.8.0.250", "cni0", 1), ("", "cni0", 0), ("via 10.8.0.250", "ens4", 0))
)
def test_a_range_has_two_routes(gateway: str, link: str, found: int) -> None:
    host = network(RUN + "\n" + _ROUTES.format(gateway, link)).hosts[0]
    assert host.told is not None
    assert len(list(two_routes(host, host.told))) == found


@pytest.mark.parametrize(("bridge", "found"), (("br-c2a15a4ad6d2", 1), ("ens4", 0)))
def test_a_bridge_has_the_range_of_an_uplink(bridge: str, found: int) -> None:
    routes = f"$ ip route\n10.8.0.0/24 dev {bridge} scope link\n10.8.0.0/24 dev ens3 scope link metric 100\n"
    host = network(RUN + "\n" + routes).hosts[0]
    assert host.told is not None
    assert [each.cause for each in two_routes(host, host.told)] == ["bridge-subnet-overlaps-route"] * found


@pytest.mark.parametrize(
    ("link", "flags", "found"), (("enp3s0", ",LOWER_UP", 1), ("enp3s0", "", 0), ("veth1", ",LOWER_UP", 0), ("", "", 0))
)
def test_a_link_has_carrier_and_no_address(link: str, flags: str, found: int) -> None:
    text = ADDRESSES + (_BARE.format(link, flags) if link else "")
    host = network(RUN + "\n" + text).hosts[0]
    assert host.told is not None
    assert len(list(bare_uplink(host, host.told))) == found


@pytest.mark.parametrize(
    ("name", "line", "found"),
    (
        ("docker0", "inet6 fe80::1/64 scope link", 1),
        ("docker0", "inet 172.17.0.1/16 scope global docker0\n    inet6 fe80::1/64 scope link", 0),
        ("eth0", "inet6 fe80::1/64 scope link", 0),
        ("docker0", "", 0),  # an output of ip link lists no addresses
    ),
)
def test_an_engines_bridge_is_listed_without_an_address(name: str, line: str, found: int) -> None:
    listing = f"4: {name}: <UP> mtu 1500\n    link/ether 02:42:d6:05:b1:60 brd ff:ff:ff:ff:ff:ff\n    {line}\n"
    assert len(list(bare_bridge((listing,)))) == found


@pytest.mark.parametrize(("value", "weights"), ((0, [26]), (1, [])))
def test_packets_inside_a_bridge_do_not_pass_iptables(value: int, weights: list[int]) -> None:
    host = network(f"{RUN}\n$ cat /proc/sys/net/bridge/bridge-nf-call-iptables\n{value}\n").hosts[0]
    assert host.told is not None
    assert [each.weight for each in bridge_skips_rules(host, host.told)] == weights


@pytest.mark.parametrize(("uplink", "found"), (("eth0", 1), ("veth9", 0)))
def test_netstat_lists_a_smaller_uplink(uplink: str, found: int) -> None:
    lines = ("docker0   1500        0      0      0 0", f"{uplink}      1450  1023246      0      0 0")
    assert len(list(smaller_in_listing(enumerate(lines, 1)))) == found
    assert not list(smaller_in_listing(enumerate((lines[0], "eth0 1500 1 2 3 4"), 1)))


_LOST = """\
$ docker run --rm alpine ping -c3 198.51.100.7
PING 198.51.100.7 (198.51.100.7): 56 data bytes

--- 198.51.100.7 ping statistics ---
3 packets transmitted, 0 packets received, 100% packet loss
"""
_REFUSED = "$ docker run --rm alpine wget http://198.51.100.7/\nwget: can't connect: Connection refused\n"


@pytest.mark.parametrize(
    ("said", "outcome", "found"),
    (
        ("iStoreOS：容器用 bridge 不能上外网", _LOST, 1),
        ("OpenWrt: containers on docker0 have no internet", _LOST, 1),
        ("OpenWrt: containers on docker0 have no internet", _REFUSED, 0),  # its firewall rejects
        ("Debian: containers on docker0 have no internet", _LOST, 0),
    ),
)
def test_a_router_does_not_masquerade(said: str, outcome: str, found: int) -> None:
    host = network(outcome).hosts[0]
    assert host.told is not None
    assert [each.cause for each in silent_router(prose_of(((1, said),)), host.told)] == ["masquerade-missing"] * found


_IFCONFIG = (
    "$ ifconfig\ndocker0   Link encap:Ethernet  HWaddr 02:42:D5:00:00:01\n"
    "          inet addr:172.17.0.1  Bcast:172.17.255.255  Mask:255.255.0.0\n"
    "          UP BROADCAST MULTICAST  MTU:1500  Metric:1\n\n"
    "eth0      Link encap:Ethernet  HWaddr 0A:58:00:00:00:02\n"
    "          inet addr:10.9.2.18  Bcast:10.9.3.255  Mask:255.255.254.0\n"
    "          UP BROADCAST RUNNING MULTICAST  MTU:{}  Metric:1\n"
)


@pytest.mark.parametrize(
    ("size", "said", "weights"),
    (
        ("1440", "The build hangs.", [28]),
        ("1440", "The page is refused.", [18]),
        ("1500", "The build hangs.", []),
        ("9000", "The build hangs.", []),
    ),
)
def test_a_listing_without_the_loopback_link_shows_the_sizes(size: str, said: str, weights: list[int]) -> None:
    readings = evidence_in_texts((_IFCONFIG.format(size),)).readings
    listings = [each.text for each in readings if each.key.startswith("ip-")]
    assert [each.weight for each in smaller_in_addresses(prose_of([(1, said)]), listings)] == weights


@pytest.mark.parametrize(
    ("line", "found"),
    (
        ("net.ipv4.conf.podman1.forwarding = 0", 1),
        ("net.ipv4.conf.docker0.forwarding = 1", 0),
        ("net.ipv4.conf.eth0.forwarding = 0", 0),
        ("net.ipv6.conf.docker0.forwarding = 0", 0),
    ),
)
def test_the_forwarding_switch_of_a_bridge_is_shown(line: str, found: int) -> None:
    host = network(f"{RUN}\n$ sysctl -a | grep forwarding\n{line}\n").hosts[0]
    assert host.told is not None
    causes = [each.cause for each in switched_off_links(host, host.told)]
    assert causes == ["interface-forwarding-off"] * found


@pytest.mark.parametrize(
    ("run", "words", "found"),
    (
        ("docker run -d --name web --network container:vpn nginx", "When vpn restarts, web is unreachable.", 1),
        ("docker run -d --name web --network container:vpn nginx", "restart: always. It is refused.", 0),
        ("docker run -d --name web nginx", "When vpn restarts, web is unreachable.", 0),
    ),
)
def test_the_owner_of_a_shared_network_was_made_anew(run: str, words: str, found: int) -> None:
    host = network(f"$ {run}\n").hosts[0]
    assert [each.cause for each in owner_made_anew(prose_of(((2, words),)), host)] == ["shared-namespace-left"] * found


@each_row(
    ("text", "found"),
    (
        ("PostUp = iptables -t nat -A POSTROUTING -o eth+ -j MASQUERADE\nThe default-route interface is `enp1s0`.", 1),
        ("PostUp = iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE\ndefault via 192.0.2.1 dev ens18", 1),
        ('oifname "wan0" masquerade\nThe uplink interface is called ens5', 1),
        ("PostUp = iptables -t nat -A POSTROUTING -o en+ -j MASQUERADE\nThe default-route interface is `enp1s0`.", 0),
        ("iptables -t nat -A POSTROUTING ! -o docker0 -j MASQUERADE\ndefault via 192.0.2.1 dev ens18", 0),
        ("iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE", 0),
    ),
)
def test_a_quoted_rule_masquerades_at_another_interface(text: str, found: int) -> None:
    host = network(RUN).hosts[0]
    assert host.told is not None
    hinted = masquerades_elsewhere(prose_of(enumerate(text.splitlines(), 1)), host, host.told)
    assert [each.cause for each in hinted] == ["masquerade-missing"] * found
