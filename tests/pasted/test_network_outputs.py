"""Outputs of the kernel's and netfilter's tools, in the layouts of several versions, as readings of a host."""

import pytest

from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from hairpin.netfilter.address import address_text
from hairpin.pasted.text import evidence_in_text

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


SOCKETS = {
    "ss, new": """\
$ ss -lntp
State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
LISTEN 0      511          0.0.0.0:80        0.0.0.0:*    users:(("nginx",pid=7,fd=6))
LISTEN 0      4096         127.0.0.1:631     0.0.0.0:*
LISTEN 0      4096               *:8080            *:*
""",
    "ss, old": """\
$ ss -lntp
State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
LISTEN     0      511          *:80                       *:*                   users:(("nginx",pid=7,fd=6))
LISTEN     0      128    127.0.0.1:631                      *:*
LISTEN     0      128         :::8080                    :::*
""",
    "netstat": """\
$ sudo netstat -tulpn
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      7/nginx: master pro
tcp        0      0 127.0.0.1:631           0.0.0.0:*               LISTEN      -
tcp6       0      0 :::8080                 :::*                    LISTEN      -
""",
}


@pytest.mark.parametrize("text", SOCKETS.values(), ids=SOCKETS)
def test_listening_sockets(text: str) -> None:
    found = [(each.port, each.version, each.address, each.v6only) for each in host(text).sockets]
    assert found == [(80, 4, None, False), (631, 4, 0x7F000001, False), (8080, 6, None, False)]
    assert (host(text).sockets[0].process or "").startswith("nginx")


def test_a_part_of_the_sockets_is_no_reading() -> None:
    row = "LISTEN 0      511          0.0.0.0:80        0.0.0.0:*\n"
    assert len(evidence_in_text(f"$ ss -lnt | grep :80\n{row}").readings) == 1
    head = "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
    assert len(evidence_in_text(f"$ ss -nt\n{head}").readings) == 1


LISTS: dict[str, tuple[str, str]] = {
    "ipset": (
        (
            "Name: foo\nType: hash:ip\nRevision: 5\nHeader: family inet hashsize 1024 maxelem 65536\n"
            "Size in memory: 200\nReferences: 1\nNumber of entries: 1\nMembers:\n1.2.3.4\n"
        ),
        "create foo hash:ip family inet hashsize 1024 maxelem 65536\nadd foo 1.2.3.4\n",
    ),
    "ebtables": (
        (
            "Bridge table: filter\n\nBridge chain: INPUT, entries: 0, policy: ACCEPT\n\n"
            "Bridge chain: FORWARD, entries: 1, policy: DROP\n-p IPv4 -i eth0 -j DROP\n"
        ),
        "*filter\n:INPUT ACCEPT\n:FORWARD DROP\n-A FORWARD -p IPv4 -i eth0 -j DROP\n",
    ),
    "ip-neigh-text": (
        "$ arp -an\n? (10.0.0.9) at 00:11:22:33:44:55 [ether] on eth0\n? (10.0.0.1) at <incomplete> on eth0\n",
        "10.0.0.9 dev eth0 lladdr 00:11:22:33:44:55 STALE\n10.0.0.1 dev eth0 INCOMPLETE\n",
    ),
    "bridge-fdb-text": (
        "$ bridge fdb show br docker0\n02:42:ac:11:00:02 dev veth1\n33:33:00:00:00:01 dev veth1 self permanent\n",
        "02:42:ac:11:00:02 dev veth1 master docker0\n33:33:00:00:00:01 dev veth1 self permanent\n",
    ),
    "ip-route4": ('[{"dst":"default","gateway":"10.0.0.1","dev":"eth0","flags":[]}]\n',) * 2,
}


@pytest.mark.parametrize(("key", "text", "wanted"), [(key, *both) for key, both in LISTS.items()], ids=LISTS)
def test_lists(key: str, text: str, wanted: str) -> None:
    assert [(each.key, each.text) for each in evidence_in_text(text).readings[1:]] == [(key, wanted)]


def test_a_set_whose_members_are_cut_is_no_reading() -> None:
    text = LISTS["ipset"][0].replace("entries: 1", "entries: 7")
    assert len(evidence_in_text(text).readings) == 1


def test_links_without_addresses_do_not_tell_that_there_are_none() -> None:
    text = (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\n"
    )
    found = evidence_in_text(f"$ ip link\n{text}")
    assert [each.key for each in found.readings[1:]] == ["ip-link-text"]
    assert [each.name for each in parse(found).namespaces[0].links] == ["eth0"]


def test_a_masked_address_is_not_known() -> None:
    text = BRIEF.replace("192.168.1.10", "192.168.*.*")
    assert [each.key for each in evidence_in_text(text).readings[1:]] == ["ip-link-text"]
    routes = ROUTES.replace("192.168.1.1", "x.x.x.x")
    assert len(evidence_in_text(f"$ route -n\n{routes}").readings) == 1


NOTHING = {
    "macOS": "en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n"
    "\toptions=400<CHANNEL_IO>\n\tinet 192.168.1.2 netmask 0xffffff00 broadcast 192.168.1.255\n",
    "one route of many": "$ ip route get 10.0.0.5\n10.0.0.5 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 1000\n    cache\n",
    "grep of routes": "$ ip route | grep docker0\n172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1\n",
    "a script": "iptables -A FORWARD -i eth0 -j ACCEPT\niptables -P INPUT DROP\n",
    "a file of rules": "*filter\n:INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n",
    "a file of nft": "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet filter {\n\tchain input {\n"
    "\t\ttype filter hook input priority 0;\n\t}\n}\n",
    "sysctl.conf": "I put this into /etc/sysctl.conf:\n\nnet.ipv4.ip_forward = 1\n",
    "a sentence": "I ran sysctl -w net.ipv4.ip_forward=1 and added 172.17.0.0/16 via 10.0.0.1 to the router.\n",
    "cat of a file": "# cat /etc/sysctl.conf\nnet.ipv4.ip_forward = 1\n",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_texts_that_tell_nothing_of_the_kernel(text: str) -> None:
    assert [each.key for each in evidence_in_text(text).readings] == ["pasted"]
