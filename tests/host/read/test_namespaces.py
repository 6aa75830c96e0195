"""One namespace: each reading reaches its place, and what a tool left out is noted."""

import json

import msgspec
import pytest

from hairpin.evidence.reading import HOST, Evidence
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.read.ip.address_text import mac
from hairpin.host.read.namespaces import NamespaceReader, is_made_by_kernel
from hairpin.host.read.readings import Readings
from hairpin.host.route import Neighbour
from hairpin.host.socket import Relay
from hairpin.netfilter.address import parse_address
from tests.host.fixture_evidence import evidence, placeless, text_of
from tests.rows import each_row

REAL = ("addr", "route4", "route6", "rule4", "rule6", "neigh", "nexthop")
FDB, LINK = "bridge-fdb", "bridge-link"


def of(read: Evidence, name: str = HOST, containers: tuple[Container, ...] = ()) -> Namespace:
    return NamespaceReader(Readings(read), containers).namespace(name)


def real(form: str, suffix: str) -> list[tuple[str, str, str, str]]:
    found = [(f"ip-{name}{suffix}", HOST, f"ip {name}", text_of("iproute2-6.1", f"{name}.{form}")) for name in REAL]
    return found + [
        (f"{name}{suffix}", HOST, name.replace("-", " "), text_of("iproute2-6.1", f"{name}.{form}"))
        for name in (FDB, LINK)
    ]


def _placeless(found: Namespace) -> Namespace:
    return msgspec.structs.replace(
        found,
        routes=placeless(found.routes),
        rules=placeless(found.rules),
        neighbours=placeless(found.neighbours),
        fdb=placeless(found.fdb),
    )


def test_json_and_words_make_the_same_namespace() -> None:
    by_json, by_words = of(evidence(*real("json", ""))), of(evidence(*real("txt", "-text")))
    assert _placeless(by_json) == _placeless(by_words)
    assert by_json.unread == ()
    assert len(by_json.links) == 6
    assert len(by_json.routes) == len(by_json.routes)
    assert {rule.version for rule in by_json.rules} == {route.version for route in by_json.routes} == {4, 6}
    assert all((by_json.addresses, by_json.neighbours, by_json.fdb))


def test_words_under_the_key_of_json_are_understood() -> None:
    """Old iproute2 knows -j only for some commands, and answers the others in words."""
    by_words, by_json = (of(evidence(*real(form, ""))) for form in ("txt", "json"))
    assert _placeless(by_words) == _placeless(by_json)


def test_readings_that_busybox_shortens_are_unread() -> None:
    read = evidence(
        ("ip-route4-text", HOST, "busybox ip -4 route", text_of("iproute2-6.1", "route4.busybox.txt")),
        ("ip-rule4-text", HOST, "busybox ip -4 rule", text_of("iproute2-6.1", "rule4.busybox.txt")),
    )
    found = of(read)
    assert found.unread == ("ip-route4-text", "ip-rule4-text")
    assert len(found.routes) == 19
    assert len(found.rules) == 14


def test_names_of_tables_meet_in_routes_and_rules() -> None:
    route, rule = [{"dst": "default", "dev": "eth0", "table": "vpn"}], [{"priority": 9, "table": "vpn"}]
    for files, number in (((), None), ((("file", "", "/etc/iproute2/rt_tables", "100 vpn\n"),), 100)):
        found = of(
            evidence(
                ("ip-route4", HOST, "ip route", json.dumps(route)),
                ("ip-rule4", HOST, "ip rule", json.dumps(rule)),
                *files,
            )
        )
        assert found.routes[0].table == found.rules[0].table
        assert number is None or found.routes[0].table == number


def test_filters_and_vlans_reach_their_links() -> None:
    found = of(
        evidence(
            *real("json", ""),
            ("tc-filter", HOST, "tc -j filter show dev v0 ingress", '[{"kind":"bpf"}]'),
            ("tc-filter", HOST, "tc -j filter show dev v1 egress", "[]"),
            ("bridge-vlan", HOST, "bridge vlan", '[{"ifname":"v1","vlans":[{"vlan":5,"flags":["PVID"]}]}]'),
        )
    )
    assert [
        (link.name, link.tc_ingress, link.tc_egress) for link in found.links if link.tc_ingress or link.tc_egress
    ] == [("v0", True, False)]
    assert {link.name: link.port.pvid for link in found.links if link.port is not None} == {"v1": 5, "v2": None}


NOARP = (("10.9.0.7", "v0", "02:00:00:00:00:07"), ("224.0.0.5", "v0", "01:00:5e:00:00:05"))


@pytest.mark.parametrize("form", ("json", "text"))
def test_only_neighbours_entered_by_hand_are_kept_of_those_without_arp(form: str) -> None:
    entries = [{"dst": dst, "dev": dev, "lladdr": mac, "state": ["NOARP"]} for dst, dev, mac in NOARP]
    lines = [f"{dst} dev {dev} lladdr {mac} NOARP" for dst, dev, mac in NOARP]
    read = {
        "json": ("ip-neigh", HOST, "ip -j -d neigh show nud all", json.dumps(entries)),
        "text": ("ip-neigh-text", HOST, "ip -d neigh show nud all", "\n".join(lines)),
    }
    found = of(evidence(read[form]))
    assert [(each.mac, each.state, each.static) for each in found.neighbours] == [(0x020000000007, "NOARP", True)]


def test_sockets_of_proc_where_there_is_no_ss() -> None:
    line = "0: 00000000:{port} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 0 1\n"
    found = of(
        evidence(
            ("proc-net-tcp", "container:web", "/proc/9/net/tcp", line.format(port="0050", state="0A")),
            ("proc-net-udp", "container:web", "/proc/9/net/udp", line.format(port="0035", state="07")),
        ),
        "container:web",
    )
    assert {(item.protocol, item.port) for item in found.sockets} == {("tcp", 80), ("udp", 53)}


WEB = Container(
    "1", "web", "running", endpoints=(Endpoint("bridge", ipv4=7),), bindings=(PortBinding("tcp", 80, 8080),)
)
PROXY = 'tcp LISTEN 0 9 0.0.0.0:8080 0.0.0.0:* users:(("docker-proxy",pid=9,fd=4))\n'


def test_relays_are_the_hosts() -> None:
    """A program of that name in a container is no relay of the engine."""
    read = evidence(("sockets", HOST, "ss", PROXY), ("sockets", "container:x", "ss", PROXY))
    assert of(read, HOST, (WEB,)).sockets[0].relay == Relay(4, 7, 80)
    assert of(read, "container:x", (WEB,)).sockets[0].relay is None


def test_command_lines_of_relays() -> None:
    commands = ("relay-cmdlines", "", "/proc/PID/cmdline", "9\tdocker-proxy -container-ip 0.0.0.9 -container-port 81\n")
    found = of(evidence(("sockets", HOST, "ss", PROXY), commands), HOST, (WEB,))
    assert found.sockets[0].relay == Relay(4, 9, 81)


def test_relays_of_proc_where_there_is_no_ss() -> None:
    line = "0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77\n"
    read = (("proc-net-tcp", HOST, "/proc/net/tcp", line), ("socket-owners", "", "/proc/PID/fd", "77 9 docker-proxy\n"))
    assert of(evidence(*read), HOST, (WEB,)).sockets[0].relay == Relay(4, 7, 80)
    commands = ("relay-cmdlines", "", "/proc/PID/cmdline", "9\tdocker-proxy -container-ip 0.0.0.9 -container-port 81\n")
    assert of(evidence(*read, commands), HOST, (WEB,)).sockets[0].relay == Relay(4, 9, 81)


HALTED: dict[str, tuple[str, bool]] = {
    "none": ("", False), "another process": ("7\n", False), "one of two": ("9\n", False), "both": ("7\n9\n10\n", True),
}  # fmt: skip


@pytest.mark.parametrize(("pids", "halted"), HALTED.values(), ids=HALTED)
def test_a_socket_is_halted_with_all_its_processes(pids: str, halted: bool) -> None:
    line = 'tcp LISTEN 0 9 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=4),("nginx",pid=10,fd=4))\n'
    read = evidence(("sockets", HOST, "ss", line), ("halted-processes", "", "/proc/PID/stat", pids))
    assert of(read, HOST).sockets[0].halted is halted


def test_connections_that_were_left_out_are_unread() -> None:
    entry = "tcp 6 9 CLOSE src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 use=1\n"
    found = of(evidence(("conntrack", HOST, "conntrack -L", f"{entry}# truncated: 1 of 2 entries\n")))
    assert (len(found.connections), found.unread) == (1, ("conntrack",))


def test_equal_sysctls_are_of_their_own_reading() -> None:
    text = "/proc/sys/net/ipv4/ip_forward:1\n"
    read = evidence(("sysctl", HOST, "/proc/sys/net", text), ("sysctl", "container:x", "/proc/sys/net", text))
    reader = NamespaceReader(Readings(read), ())
    one, two = reader.namespace(HOST).sysctls, reader.namespace("container:x").sysctls
    assert (one.values, one.evidence) == (two.values, "e1")
    assert two.evidence == "e2"


def test_an_empty_namespace() -> None:
    assert of(evidence()) == Namespace(HOST)


OWN, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:07"
CARD = Link(2, "eth0", mac=mac(OWN), flags=("BROADCAST", "MULTICAST", "UP"))
MUTE = Link(3, "eth1", mac=mac(OWN), flags=("BROADCAST", "NOARP", "UP"))
TUN = Link(4, "tun0", "tun", flags=("POINTOPOINT", "MULTICAST", "NOARP", "UP"))
LO = Link(1, "lo", "loopback", mac=0, flags=("LOOPBACK", "UP"))

# link, address, hardware address, state, made by the kernel
ENTRIES: dict[str, tuple[Link | None, str, str, str, bool]] = {
    "a group": (CARD, "224.0.0.5", "01:00:5e:00:00:05", "NOARP", True),
    "a group of IPv6": (CARD, "ff02::16", "33:33:00:00:00:16", "NOARP", True),
    "a broadcast, if a route still says so": (CARD, "10.1.0.255", "ff:ff:ff:ff:ff:ff", "NOARP", False),
    "everybody": (CARD, "255.255.255.255", "ff:ff:ff:ff:ff:ff", "NOARP", True),
    "loopback": (LO, "0.0.0.0", "00:00:00:00:00:00", "NOARP", True),
    "an own address": (LO, "fd00::1", "00:00:00:00:00:00", "NOARP", True),
    "a tun device": (TUN, "0.0.0.0", "08", "NOARP", True),
    "a link without ARP": (MUTE, "10.7.0.4", OWN, "NOARP", True),
    "by hand": (CARD, "10.1.0.7", OTHER, "NOARP", False),
    "by hand, on a link without ARP": (MUTE, "10.1.0.7", OTHER, "NOARP", False),
    "by hand, the link's own": (CARD, "10.1.0.7", OWN, "NOARP", False),
    "by hand, of a link that was not read": (None, "10.1.0.7", OTHER, "NOARP", False),
    "permanent": (MUTE, "10.1.0.7", OWN, "PERMANENT", False),
    "learned": (CARD, "10.1.0.7", OTHER, "STALE", False),
    "not resolved": (CARD, "10.1.0.7", "", "INCOMPLETE", False),
}


@each_row(("link", "address", "hardware", "state", "kernels"), ENTRIES.values(), ids=ENTRIES)
def test_the_kernels_own_entries(link: Link | None, address: str, hardware: str, state: str, kernels: bool) -> None:
    name = link.name if link is not None else "gone0"
    entry = Neighbour(name, *parse_address(address), mac(hardware), state)
    assert is_made_by_kernel(entry, link) is kernels
