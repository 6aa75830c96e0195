"""Outputs of the kernel's and netfilter's tools, in the layouts of several versions, as readings of a host."""

import pytest

from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from hairpin.netfilter.address import address_text
from tests.pasted.readings import evidence_in_text

OLD_IFCONFIG = """\
# ifconfig
docker0   Link encap:Ethernet  HWaddr 02:42:b9:2e:5b:c5
          inet addr:172.17.0.1  Bcast:0.0.0.0  Mask:255.255.0.0
          UP BROADCAST MULTICAST  MTU:1500  Metric:1
          RX packets:0 errors:0 dropped:0 overruns:0 frame:0
          collisions:0 txqueuelen:0
          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)

eth0      Link encap:Ethernet  HWaddr 00:0c:29:0e:1a:6f
          inet addr:192.168.1.10  Bcast:192.168.1.255  Mask:255.255.255.0
          inet6 addr: fe80::20c:29ff:fe0e:1a6f/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1450  Metric:1

lo        Link encap:Local Loopback
          inet addr:127.0.0.1  Mask:255.0.0.0
          inet6 addr: ::1/128 Scope:Host
          UP LOOPBACK RUNNING  MTU:65536  Metric:1
"""
NEW_IFCONFIG = """\
# ifconfig
docker0: flags=4099<UP,BROADCAST,MULTICAST>  mtu 1500
        inet 172.17.0.1  netmask 255.255.0.0  broadcast 172.17.255.255
        ether 02:42:b9:2e:5b:c5  txqueuelen 0  (Ethernet)

eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1450
        inet 192.168.1.10  netmask 255.255.255.0  broadcast 192.168.1.255
        inet6 fe80::20c:29ff:fe0e:1a6f  prefixlen 64  scopeid 0x20<link>
        ether 00:0c:29:0e:1a:6f  txqueuelen 1000  (Ethernet)
        RX packets 12  bytes 34 (34.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536
        inet 127.0.0.1  netmask 255.0.0.0
        inet6 ::1  prefixlen 128  scopeid 0x10<host>
        loop  txqueuelen 1000  (Local Loopback)
"""
BRIEF = """\
# ip -br addr
lo               UNKNOWN        127.0.0.1/8 ::1/128
eth0             UP             192.168.1.10/24 fe80::20c:29ff:fe0e:1a6f/64
docker0          DOWN           172.17.0.1/16
"""


def host(text: str) -> Namespace:
    return parse(evidence_in_text(text)).namespaces[0]


@pytest.mark.parametrize(
    "text", (OLD_IFCONFIG, NEW_IFCONFIG, BRIEF), ids=["old ifconfig", "new ifconfig", "ip -br addr"]
)
def test_links_and_addresses(text: str) -> None:
    own = host(text)
    found = {
        (each.link, address_text(each.value, each.version), each.prefix_length, each.scope) for each in own.addresses
    }
    assert found == {
        ("lo", "127.0.0.1", 8, "host"),
        ("lo", "::1", 128, "host"),
        ("eth0", "192.168.1.10", 24, "global"),
        ("eth0", "fe80::20c:29ff:fe0e:1a6f", 64, "link"),
        ("docker0", "172.17.0.1", 16, "global"),
    }
    assert {each.name: (each.up, each.carrier) for each in own.links} == {
        "lo": (True, True),
        "eth0": (True, True),
        "docker0": (True, False),
    }


ROUTES = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         192.168.1.1     0.0.0.0         UG    100    0        0 eth0
172.17.0.0      0.0.0.0         255.255.0.0     U     0      0        0 docker0
"""
NAMED_ROUTES = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
default         192.168.1.1     0.0.0.0         UG        0 0          0 eth0
172.17.0.0      *               255.255.0.0     U         0 0          0 docker0
"""


@pytest.mark.parametrize(("command", "text", "metric"), (("route -n", ROUTES, 100), ("netstat -r", NAMED_ROUTES, 0)))
def test_routes_of_net_tools(command: str, text: str, metric: int) -> None:
    first, second = host(f"$ {command}\n{text}").routes
    assert (first.prefix_length, first.metric, first.next_hops[0].link) == (0, metric, "eth0")
    assert first.next_hops[0].gateway == 0xC0A80101
    assert (second.destination, second.prefix_length, second.scope) == (0xAC110000, 16, "link")
    assert second.next_hops[0].gateway is None


def test_a_masked_address_is_not_known() -> None:
    text = BRIEF.replace("192.168.1.10", "192.168.*.*")
    assert [each.key for each in evidence_in_text(text).readings[1:]] == ["ip-link-text"]
    routes = ROUTES.replace("192.168.1.1", "x.x.x.x")
    assert len(evidence_in_text(f"$ route -n\n{routes}").readings) == 1
