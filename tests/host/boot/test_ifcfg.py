"""What RHEL's ifcfg, route and rule files say."""

from hairpin.host.boot.ifcfg import ifcfg_links
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from tests.small_host import number

FOLDER = "/etc/sysconfig/network-scripts"
STATIC = 'DEVICE="eth0"\nBOOTPROTO=none\nONBOOT=yes\nIPADDR=198.51.100.11\nPREFIX=24\nGATEWAY=198.51.100.1\n'


def host(**files: str) -> Host:
    return Host("test", files=tuple(ConfigFile(f"{FOLDER}/{path}", text) for path, text in files.items()))


def test_a_static_link() -> None:
    (link,) = ifcfg_links(host(**{"ifcfg-lo": "DEVICE=lo\n", "ifcfg-eth0": STATIC, "ifcfg-eth0.bak": STATIC}))
    assert link.addresses == (Address("eth0", 4, number("198.51.100.11"), 24, broadcast=number("198.51.100.255")),)
    assert (link.gateway, link.at_boot, link.dhcp, link.zeroconf) == (number("198.51.100.1"), True, False, True)


def test_a_gateway_is_of_the_links_network_and_of_its_device() -> None:
    far, other, refused = (
        STATIC.replace("GATEWAY=198.51.100.1", "GATEWAY=203.0.113.1"), f"{STATIC}GATEWAYDEV=eth1\n",
        f"{STATIC}DEFROUTE=no\n",
    )  # fmt: skip
    assert [ifcfg_links(host(**{"ifcfg-eth0": each}))[0].gateway for each in (far, other, refused)] == [None] * 3


def test_masks_numbers_and_words() -> None:
    text = (
        "ONBOOT=no\nBOOTPROTO=dhcp\nIPADDR0=10.0.0.1\nNETMASK0=255.255.0.0\nIPADDR1=192.0.2.1\nMTU=1400\nBRIDGE=br0\n"
        "IPV6ADDR=2001:db8::1/48\nNOZEROCONF=yes\nIPADDR2=nonsense\n"
    )
    (link,) = ifcfg_links(host(**{"ifcfg-eth1": text}))
    assert [(each.version, each.prefix_length) for each in link.addresses] == [(4, 16), (4, 24), (6, 48)]
    assert (link.link, link.at_boot, link.dhcp, link.mtu_bytes, link.bridge, link.zeroconf) == (
        "eth1", False, True, 1400, "br0", False,
    )  # fmt: skip


def test_routes_and_rules_are_lines_of_ip() -> None:
    within = host(**{
        "ifcfg-eth0": STATIC, "route-eth0": "# far\n10.9.0.0/16 via 198.51.100.2\n",
        "rule-eth0": "from 10.1.0.1 table 7\n",
        "route6-eth0": "2001:db8:5::/48 via fe80::1\n",
        "ifcfg-eth1": "IPADDR=10.0.0.1\n", "route-eth1": "ADDRESS0=10.7.0.0\nNETMASK0=255.255.0.0\nGATEWAY0=10.0.0.9\n",
    })  # fmt: skip
    first, second = ifcfg_links(within)
    assert [line for line, _ in first.lines] == [
        "-4 route add 10.9.0.0/16 via 198.51.100.2", "-6 route add 2001:db8:5::/48 via fe80::1",
        "-4 rule add from 10.1.0.1 table 7",
    ]  # fmt: skip
    assert second.lines == (("-4 route add 10.7.0.0/16 via 10.0.0.9 dev eth1", f"{FOLDER}/route-eth1"),)
