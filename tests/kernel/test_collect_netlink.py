"""Network namespaces read by netlink, beside the same namespaces read by ``collect.sh``: the readings make the same
namespace, and what is not ordinary is left to the script."""

import json
import random
import struct
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.netlink import files, insides
from hairpin.collect.netlink.channel import NETFILTER, ROUTE, SOCKETS, Channel, NotOrdinaryError, attribute
from hairpin.collect.netlink.insides import CONNECTIONS, RULES, WHOLE, Facts, Inside, Place, read_insides
from hairpin.collect.run import LocalRunner, collect, evidence_of_run
from hairpin.evidence.reading import Evidence, Reading, is_trace
from hairpin.host.host import Namespace
from hairpin.host.read.namespaces import NamespaceReader
from hairpin.host.read.parse import parse
from hairpin.host.read.readings import Readings
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.run import HAIRPIN, environment
from tests.waiting import HANG_S
from tests.whole import thinned

NAME = "container:x"
# A container of the default bridge network; nothing in it changes by itself.
USUAL = """
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip link set lo up
ip link add eth0 type veth peer name peer0
ip link set eth0 up
ip link set peer0 up
ip addr add 172.17.0.2/16 brd 172.17.255.255 dev eth0
ip route add default via 172.17.0.1
"""
LISTEN = """
import os, socket, sys
kept = []
for kind, version, address, port, v6only, device, mark in eval(sys.argv[1]):
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    one = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if version == 6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    if device:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if mark:
        one.setsockopt(socket.SOL_SOCKET, 36, mark)
    try:
        one.bind((address, port))
    except OSError:  # a random address that the namespace lacks
        continue
    if kind == "tcp":
        one.listen(port % 100)
    kept.append(one)
os.setuid(int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.read()
"""


class Held(msgspec.Struct, frozen=True):
    """A network namespace, held by a process."""

    pid: int

    @property
    def place(self) -> Place:
        return Place(NAME, f"/proc/{self.pid}/ns/net")

    def run(self, text: str) -> None:
        enter = ("nsenter", f"--net=/proc/{self.pid}/ns/net", "sh", "-e")
        done = subprocess.run(enter, input=text, capture_output=True, text=True, check=False, timeout=HANG_S)
        assert done.returncode == 0, done.stderr


@contextmanager
def held(text: str = USUAL) -> Generator[Held]:
    """Yield a new network namespace in which the commands have run."""
    with process("unshare", "--net", "sh", "-c", "echo ready; read -r _") as pid:
        namespace = Held(pid)
        namespace.run(text)
        yield namespace


@contextmanager
def process(*argv: str) -> Generator[int]:
    """Yield the id of a process that has printed ``ready`` and ends with its standard input."""
    started = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with started:
        assert started.stdin is not None
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        yield started.pid
        started.stdin.close()


@contextmanager
def listening(namespace: Held, sockets: Sequence[tuple[object, ...]], uid: int = 0) -> Generator[None]:
    enter = ("nsenter", f"--net=/proc/{namespace.pid}/ns/net", sys.executable, "-c", LISTEN)
    with process(*enter, repr(list(sockets)), str(uid)):
        yield


@cache
def facts() -> Facts:
    """Return what the script tells of this machine."""
    reading = evidence_of_run(LocalRunner(), ("--apart", "yes")).find("apart-facts", "")
    assert reading is not None
    return Facts(reading.text)


def by_netlink(namespace: Held, known: Facts | None = None) -> Inside:
    return read_insides((namespace.place,), known or facts())[namespace.place]


def by_script(namespace: Held, parts: str = WHOLE) -> tuple[Reading, ...]:
    """Return the readings of the namespace that the script makes when it enters it."""
    found = evidence_of_run(LocalRunner(), ("--enter", "\t".join((*namespace.place, parts)))).readings
    return tuple(each for each in found if each.netns == NAME)


def as_namespace(readings: Sequence[Reading]) -> Namespace:
    """Return the namespace that the readings make; each reading has its key as its id."""
    named = tuple(msgspec.structs.replace(each, id=each.key) for each in readings)
    read = Readings(Evidence("", "", "2026-01-01T00:00:00Z", "", "", named))
    namespace = NamespaceReader(read, ()).namespace(NAME)
    assert read.unread == ()
    return namespace


def assert_same(namespace: Held) -> Inside:
    """Assert that netlink and the script tell the same; return what netlink tells."""
    inside, script = at_one_time(namespace)
    assert inside.left == ()
    assert [(each.key, each.outcome, each.status) for each in inside.readings] == [
        (each.key, each.outcome, each.status) for each in script
    ]
    assert [each.text for each in inside.readings if each.outcome == "absent"] == [
        each.text for each in script if each.outcome == "absent"
    ]
    for ours, theirs in zip(inside.readings, script, strict=True):
        assert_in_document(ours, theirs)
    assert_equal(as_namespace(inside.readings), as_namespace(script))
    return inside


def assert_equal(one: Namespace, other: Namespace) -> None:
    """Assert it field by field, so that a difference can be read."""
    for field in one.__struct_fields__:
        assert getattr(one, field) == getattr(other, field), field


def at_one_time(namespace: Held) -> tuple[Inside, tuple[Reading, ...]]:
    """Return what netlink and the script tell of a namespace that was the same before and afterwards: the kernel makes
    entries for the multicast groups of IPv6 when it likes."""
    for _ in range(20):
        before, script, after = by_netlink(namespace), by_script(namespace), by_netlink(namespace)
        if [each.text for each in before.readings] == [each.text for each in after.readings]:
            return after, script
    raise AssertionError("the namespace never stays the same")


def assert_in_document(ours: Reading, theirs: Reading) -> None:
    """Assert that each field of a document that netlink gave stands in that of the tool, with the same value."""
    if not ours.text.startswith("["):
        return
    assert ours.origin == f"{theirs.origin} (by netlink)" or not theirs.text
    listed = json.loads(theirs.text or "[]")
    assert len(json.loads(ours.text)) == len(listed) or ours.key == "ip-rule6"
    for one, other in zip(json.loads(ours.text), listed, strict=False):
        assert_within(one, other)


def assert_within(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        for key, value in cast("dict[str, Any]", one).items():
            assert key in other, (one, other)
            assert_within(value, other[key])
    elif isinstance(one, list):
        members = cast("Sequence[object]", one)
        assert len(members) == len(other), (one, other)
        for here, there in zip(members, other, strict=True):
            assert_within(here, there)
    else:
        assert one == other


# ---- the law ---------------------------------------------------------------------------------------------------------

ORDINARY: dict[str, str] = {
    "a container of the default bridge network": "",
    "nothing is up": "ip link set lo down; ip link set eth0 down; ip link set peer0 down",
    "a peer without carrier": "ip link set peer0 down",
    "without IPv6": "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    "IPv6 addresses": "ip addr add 2001:db8::2/64 dev eth0; ip -6 route add default via 2001:db8::1",
    "a second link": "ip link add eth1 type veth peer name peer1; ip link set eth1 mtu 1450 up; "
    "ip addr add 10.9.0.2/24 dev eth1",
    "a point-to-point address": "ip addr add 192.0.2.1 peer 192.0.2.9/32 dev eth0",
    "secondary addresses": "ip addr add 172.17.0.3/16 dev eth0; ip addr add 172.17.0.4/16 dev eth0 noprefixroute",
    "an address that ends": "ip addr add 192.0.2.1/24 dev eth0 valid_lft 9000 preferred_lft 0; "
    "ip addr add 2001:db8::3/64 dev eth0 valid_lft 9000 preferred_lft 8000 nodad",
    "addresses of other scopes": "ip addr add 192.0.2.1/24 dev eth0 scope link; "
    "ip addr add 192.0.2.9/32 dev lo scope host",
    "another table": "ip route add 198.51.100.0/24 via 172.17.0.9 table 100; "
    "ip route add 203.0.113.1 dev eth0 table 100",
    "refusing routes": "ip route add blackhole 198.51.100.0/24; ip route add unreachable 198.51.101.0/24; "
    "ip route add prohibit 198.51.102.0/24 metric 7; ip route add throw 198.51.103.0/24; "
    "ip -6 route add unreachable 2001:db8:9::/48",
    "routes with an MTU, a source, a metric": "ip route add 198.51.100.0/24 via 172.17.0.1 mtu 1400 src "
    "172.17.0.2 metric 50",
    "routes over several ways": "ip route add 198.51.100.0/24 nexthop via 172.17.0.1 weight 2 nexthop via "
    "172.17.0.9 dev eth0",
    "a gateway that is on no network": "ip route add 198.51.100.0/24 via 192.0.2.77 dev eth0 onlink",
    "a route that is dead": "sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1; ip link set peer0 down",
    "neighbours": "ip neigh add 172.17.0.5 lladdr 02:00:00:00:00:05 dev eth0 nud permanent; "
    "ip neigh add 172.17.0.6 lladdr 02:00:00:00:00:06 dev eth0 nud noarp; ip neigh add 172.17.0.7 dev eth0 nud failed; "
    "ip neigh add 2001:db8::5 lladdr 02:00:00:00:00:05 dev eth0 nud permanent router",
    "a queueing discipline that drops nothing": "tc qdisc add dev eth0 root pfifo_fast",
    "sysctls": "sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.ip_forward=1 net.ipv4.icmp_echo_ignore_all=1",
    "links with odd names": "ip link set peer0 down; ip link set peer0 name a@b-c.d; ip link set a@b-c.d up",
}  # fmt: skip


@pytest.mark.parametrize("more", thinned(ORDINARY.values(), 4), ids=ORDINARY)
def test_an_ordinary_namespace_is_the_same(more: str) -> None:
    with held(USUAL + more) as namespace:
        assert_same(namespace)


def test_a_peer_in_another_namespace_is_named_by_its_index() -> None:
    with held(USUAL) as namespace, held("true") as other:
        namespace.run(f"ip link set peer0 netns {other.pid}")
        (link,) = (each for each in as_namespace(assert_same(namespace).readings).links if each.name == "eth0")
    assert (link.peer_index is not None, link.peer_netnsid) == (True, 0)


SOCKETS_TO_BIND: dict[str, tuple[tuple[object, ...], ...]] = {
    "all addresses": (("tcp", 4, "", 80, 0, "", 0), ("udp", 4, "", 53, 0, "", 0)),
    "both versions": (("tcp", 6, "::", 8080, 0, "", 0), ("udp", 6, "::", 5300, 0, "", 0)),
    "IPv6 alone": (("tcp", 6, "::", 8080, 1, "", 0), ("udp", 6, "::", 5300, 1, "", 0)),
    "one address": (("tcp", 4, "127.0.0.1", 81, 0, "", 0), ("tcp", 6, "::1", 81, 0, "", 0)),
    "a mapped address": (("tcp", 6, "::ffff:127.0.0.1", 82, 0, "", 0),),
    "a device": (("tcp", 4, "", 83, 0, "eth0", 0), ("udp", 6, "::", 84, 0, "eth0", 0)),
    "a mark": (("tcp", 4, "", 85, 0, "", 0x1F), ("udp", 4, "", 85, 0, "", 7)),
    "several": tuple(("tcp", 4, f"127.0.0.{n}", 90 + n, 0, "", 0) for n in range(1, 40)),
}  # fmt: skip


@pytest.mark.parametrize("sockets", SOCKETS_TO_BIND.values(), ids=SOCKETS_TO_BIND)
@pytest.mark.parametrize("uid", (0, 1000))
def test_sockets_are_the_same(sockets: tuple[tuple[object, ...], ...], uid: int) -> None:
    with held() as namespace, listening(namespace, sockets, uid):
        inside = assert_same(namespace)
    assert len(as_namespace(inside.readings).sockets) == len(sockets)


RANDOM_SYSCTLS = (
    "ipv4.conf.all.rp_filter", "ipv4.ip_forward", "ipv4.conf.eth0.arp_ignore", "ipv6.conf.all.forwarding",
    "ipv4.conf.lo.proxy_arp",
)  # fmt: skip
HARDLY_EVER = 0.3


@pytest.mark.parametrize(
    "seeds", (range(15), pytest.param(range(15, 60), marks=pytest.mark.whole)), ids=("some", "more")
)
def test_random_namespaces_are_the_same(seeds: range) -> None:
    """Each with random links, addresses, routes, neighbours, sysctls and sockets; all are ordinary."""
    for seed in seeds:
        draw = random.Random(seed)  # noqa: S311
        with held(USUAL + "\n".join(f"{each} || true" for each in commands(draw))) as namespace, ExitStack() as stack:
            if draw.random() > HARDLY_EVER:
                stack.enter_context(listening(namespace, tuple(random_sockets(draw)), draw.choice((0, 1000))))
            try:
                assert_same(namespace)
            except AssertionError as error:
                error.add_note(f"seed {seed}")
                raise


def commands(draw: random.Random) -> Iterator[str]:
    """Yield commands that change a namespace at random; some of them fail."""
    pick = draw.choice
    links = ["eth0"]
    for number in range(1, draw.randrange(4)):
        links.append(f"eth{number}")
        yield f"ip link add eth{number} type veth peer name peer{number}"
        yield f"ip link set eth{number} mtu {pick((1280, 1450, 1500, 9000))} {pick(('up', 'up', 'down'))}"
        yield f"ip link set peer{number} {pick(('up', 'up', 'down'))}"
    for _ in range(draw.randrange(6)):
        marks = pick(("", "noprefixroute", "valid_lft 9000 preferred_lft 8000", "scope link"))
        address = f"10.{draw.randrange(3)}.{draw.randrange(9)}.{draw.randrange(1, 255)}/{pick((8, 16, 24, 30, 32))}"
        yield f"ip addr add {address} dev {pick(links)} {marks}"
        marks = pick(("", "nodad", "noprefixroute", "valid_lft 9000 preferred_lft 0"))
        address = f"2001:db8:{draw.randrange(3)}::{draw.randrange(1, 999):x}/{pick((48, 64, 127, 128))}"
        yield f"ip addr add {address} dev {pick(links)} {marks}"
    for _ in range(draw.randrange(10)):
        yield f"ip route add {random_route(draw, links)}"
    for _ in range(draw.randrange(5)):
        address = pick((f"10.0.0.{draw.randrange(1, 99)}", f"2001:db8::{draw.randrange(1, 99):x}"))
        state = f"lladdr 02:00:00:00:00:{draw.randrange(99):02} nud {pick(('permanent', 'noarp', 'failed'))}"
        yield f"ip neigh add {address} dev {pick(links)} {state}"
    for _ in range(draw.randrange(6)):
        yield f"sysctl -qw net.{pick(RANDOM_SYSCTLS)}={draw.randrange(2)}"
    if draw.random() < HARDLY_EVER:
        yield "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"


def random_route(draw: random.Random, links: list[str]) -> str:
    pick = draw.choice
    to = f"10.{draw.randrange(3)}.{draw.randrange(9)}.0/{pick((24, 28))}"
    ways = (
        f"dev {pick(links)}",
        f"via 172.17.0.{draw.randrange(3, 99)}",
        f"via 192.0.2.{draw.randrange(3, 99)} dev {pick(links)} onlink",
        "nexthop via 172.17.0.3 weight 3 nexthop via 172.17.0.4",
    )
    end = pick(("", "mtu 1400", "src 172.17.0.2", "scope link", "proto static", f"metric {draw.randrange(999)}"))
    return pick(
        (
            f"{pick(('blackhole', 'unreachable', 'prohibit', 'throw'))} {to} table {pick((100, 254, 77777))}",
            f"2001:db8:{draw.randrange(9)}::/48 dev {pick(links)} metric {draw.randrange(1, 2000)}",
            f"{to} {pick(ways)} table {pick((100, 254, 254, 254, 300))} {end}",
            f"{to} {pick(ways)} {end}",
        )
    )


def random_sockets(draw: random.Random) -> Iterator[tuple[object, ...]]:
    taken: set[int] = set()
    for _ in range(draw.randrange(1, 9)):
        port = draw.choice([each for each in range(2000, 2100) if each not in taken])
        taken.add(port)
        version = draw.choice((4, 6))
        address = draw.choice(("", "127.0.0.1", "127.1.2.3") if version == 4 else ("::", "::1"))
        device = draw.choice(("", "", "", "eth0")) if not address.strip(":") else ""
        yield draw.choice(("tcp", "udp")), version, address, port, draw.randrange(2), device, draw.choice((0, 0, 9))


# ---- what is not ordinary --------------------------------------------------------------------------------------------

REFUSED: dict[str, str] = {
    "a bridge": "ip link add br0 type bridge",
    "a port of a bridge": "ip link add br0 type bridge; ip link set eth0 master br0",
    "a macvlan": "ip link add link eth0 name m0 type macvlan mode bridge",
    "a vxlan": "ip link add v0 type vxlan id 7 dstport 4789 dev eth0",
    "a link in a group": "ip link set eth0 group 7",
    "a policy rule": "ip rule add from 10.0.0.0/8 table 100",
    "a policy rule by a mark": "ip rule add fwmark 7 table 100",
    "a policy rule of IPv6": "ip -6 rule add from 2001:db8::/32 table 100",
    "without one of the kernel's rules": "ip rule del pref 32767",
    "a next hop object": "ip nexthop add id 7 via 172.17.0.9 dev eth0",
    "a route with metrics": "ip route add 198.51.100.0/24 via 172.17.0.1 initcwnd 20",
    "a route with a locked MTU": "ip route add 198.51.100.0/24 via 172.17.0.1 mtu lock 1300",
    "a route with a type of service": "ip route add 198.51.100.0/24 via 172.17.0.1 tos 0x10",
    "a route by an IPv6 gateway": "ip route add 198.51.100.0/24 via inet6 fe80::1 dev eth0",
    "a route with a source": "ip -6 route add 2001:db8:7::/48 from 2001:db8::/64 dev eth0",
    "a route of another program": "ip route add 198.51.100.0/24 via 172.17.0.1 proto 77",
    "a route with a realm": "ip route add 198.51.100.0/24 via 172.17.0.1 realm 7",
    "a queueing discipline that may drop": "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms",
    "a place for filters": "tc qdisc add dev eth0 clsact",
    "a managed neighbour": "ip neigh add 172.17.0.5 lladdr 02:00:00:00:00:05 dev eth0 nud permanent extern_learn; "
    "ip neigh add 172.17.0.6 dev eth0 use; ip neigh add 172.17.0.7 managed dev eth0",
    "a rate limit": "iptables-legacy -A INPUT -m recent --name all --set -j ACCEPT",
}  # fmt: skip


@pytest.mark.parametrize("more", thinned(REFUSED.values(), 3), ids=REFUSED)
def test_what_is_not_ordinary_is_left_to_the_script(more: str) -> None:
    with held(USUAL + more) as namespace:
        inside = by_netlink(namespace)
    assert (inside.readings, inside.left) == ((), (WHOLE,))
    assert inside.inode > 0


WITH_RULES: dict[str, str] = {
    "a table of nft": "nft add table inet guard",
    "rules of iptables": "iptables-nft -t nat -A OUTPUT -d 127.0.0.11 -p udp --dport 53 -j DNAT --to-destination :4444",
    "rules of legacy iptables": "iptables-legacy -A INPUT -j ACCEPT",
    "rules of legacy ip6tables": "ip link set eth0 down; ip link set peer0 down; ip6tables-legacy -A INPUT -j ACCEPT",
}  # fmt: skip


@pytest.mark.parametrize("more", WITH_RULES.values(), ids=WITH_RULES)
def test_only_the_rules_are_left_to_the_script(more: str) -> None:
    with held(USUAL + more) as namespace:
        inside = by_netlink(namespace)
        assert inside.left == (RULES,)
        rules, whole = by_script(namespace, RULES), by_script(namespace)
    keys = {each.key for each in rules}
    assert keys.isdisjoint(each.key for each in inside.readings)
    assert keys | {each.key for each in inside.readings} == {each.key for each in whole}
    assert_equal(as_namespace((*inside.readings, *rules)), as_namespace(whole))


TRACKING = """
nft add table ip t
nft add chain ip t c '{ type filter hook input priority 0; }'
nft add rule ip t c ct state new accept
"""


def test_connections_are_read_as_they_are_listed() -> None:
    """A rule makes the kernel track the connections of a namespace."""
    with held(USUAL + TRACKING) as namespace, listening(namespace, SOCKETS_TO_BIND["one address"]):
        namespace.run(f"{sys.executable} -c 'import socket; socket.create_connection((\"127.0.0.1\", 81))'")
        inside = by_netlink(namespace)
        parts = by_script(namespace, " ".join(inside.left))
        whole = by_script(namespace)
    assert RULES in inside.left
    assert (CONNECTIONS in inside.left) != Path("/proc/net/nf_conntrack").exists()
    conntrack = tuple(each for each in (*inside.readings, *parts) if each.key == "conntrack")
    assert len(conntrack) == 1
    assert [each.outcome for each in whole if each.key == "conntrack"] == [each.outcome for each in conntrack]


def test_a_namespace_that_has_gone_is_left(tmp_path: Path) -> None:
    place = Place(NAME, f"{tmp_path}/none")
    assert read_insides((place,), facts()) == {place: Inside(0)}


def test_a_namespace_that_cannot_be_entered_is_left() -> None:
    """The file of another kind of namespace: the kernel refuses to enter it as a network namespace."""
    place = Place(NAME, "/proc/self/ns/uts")
    inside = read_insides((place,), facts())[place]
    assert (inside.readings, inside.left, inside.inode > 0) == ((), (WHOLE,), True)


def test_the_process_stays_where_it_is() -> None:
    before = Path("/proc/self/ns/net").stat().st_ino
    with held() as namespace:
        by_netlink(namespace)
    assert Path("/proc/self/ns/net").stat().st_ino == before


def test_nothing_is_asked_that_would_load_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script tells what is loaded.  Without nf_tables and sock_diag, only rtnetlink is asked."""
    asked_families: list[int] = []

    def opened(family: int) -> Channel:
        asked_families.append(family)
        return Channel(family)

    monkeypatch.setattr(insides, "Channel", opened)
    text = "\n".join(" ".join((word, *names)) for word, names in facts().words.items() if word != "loaded")
    with held() as namespace:
        inside = by_netlink(namespace, Facts(text))
        assert inside.left == ()
        assert asked_families == [ROUTE]
        assert {each.key for each in inside.readings if each.outcome == "absent"} >= {
            "nft-tables",
            "iptables-nft-save4",
        }
        with listening(namespace, SOCKETS_TO_BIND["all addresses"]):
            assert by_netlink(namespace, Facts(text)).left == (WHOLE,)
            assert asked_families == [ROUTE, ROUTE]
            assert by_netlink(namespace).left == ()
            assert asked_families[2:] == [ROUTE, NETFILTER, SOCKETS]


OF_FILES: dict[str, tuple[str, str, str]] = {
    "IPsec has counted a packet": ("xfrm_stat", "XfrmInError \t0\nXfrmInHdrError \t3\n", WHOLE),
    "rules of legacy arptables": ("arp_tables_names", "filter\n", RULES),
}


@pytest.mark.parametrize(("file", "text", "left"), OF_FILES.values(), ids=OF_FILES)
def test_a_file_tells_that_more_is_there(file: str, text: str, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few machines have IPsec or arptables, so the file is a stand-in."""

    def told(path: str) -> str | None:
        return text if path.endswith(file) else text_of(path)

    text_of: Callable[[str], str | None] = files.text_of
    known = Facts("\n".join(f"{word} {' '.join(names)}" for word, names in facts().words.items()))
    known.words["loaded"] = (*known.words["loaded"], "xfrm")
    with held() as namespace:
        assert by_netlink(namespace, known).left == ()
        monkeypatch.setattr(insides, "text_of", told)
        assert by_netlink(namespace, known).left == (left,)


def test_a_link_with_an_xdp_program_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says of each link whether a program is attached: IFLA_XDP_ATTACHED is its second attribute."""
    plain: Callable[[Channel, int, bytes], Iterator[bytes]] = Channel.dump

    def dump(self: Channel, kind: int, request: bytes) -> Iterator[bytes]:
        for each in plain(self, kind, request):
            yield each + attribute(43, attribute(2, attached)) if kind == 18 else each

    monkeypatch.setattr(Channel, "dump", dump)
    with held() as namespace:
        attached = b"\0"
        assert by_netlink(namespace).left == ()
        attached = b"\1"
        assert by_netlink(namespace).left == (WHOLE,)


ERRORS: dict[str, bytes] = {
    "an error": struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1),
    "a dump that was interrupted": struct.pack("=IHHII", 16, 16, 0x10, 1, 0),
    "a message that is cut": struct.pack("=IHHII", 99, 16, 0, 1, 0),
    "a dump that ends with an error": struct.pack("=IHHIIi", 20, 3, 0, 1, 0, -95),
}


@pytest.mark.parametrize("answer", ERRORS.values(), ids=ERRORS)
def test_an_answer_that_is_no_whole_list_is_refused(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Kernel:
        """Takes the place of the socket."""

        def send(self, data: bytes) -> int:
            return len(data)

        def recv(self, size: int) -> bytes:
            return answer

    with Channel(ROUTE) as route:
        monkeypatch.setattr(route, "_socket", Kernel())
        with pytest.raises(NotOrdinaryError):
            tuple(route.dump(18, bytes(16)))
        monkeypatch.undo()


# ---- whole hosts -----------------------------------------------------------------------------------------------------

COMPOSE = LabPlan(
    networks=(NetworkPlan("shop"),),
    containers=(
        ContainerPlan(publish=("8151:80",)),
        ContainerPlan("api", networks=("shop",)),
        ContainerPlan("dns", networks=("shop",), serve="udp-echo"),
        ContainerPlan("both", networks=("bridge", "shop")),
        ContainerPlan("beside", serve="nothing", networks=("container:web",)),
    ),
    fillers=2,
)
COUNTED = ("evidence", "counters", "packets", "bytes")
"""Names of fields that differ between two readings of the same namespace."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab(COMPOSE) as lab:
        yield lab


def snapshot(lab: Lab) -> Evidence:
    """Return the snapshot that hairpin takes on the lab's host."""
    settings = " ".join(f"{name}={value}" for name, value in environment().items())
    printed = lab.host.run(f"{settings} {' '.join(HAIRPIN)} snapshot -o - | base64")
    return evidence_in(BytesIO(b64decode(printed)), source="lab")


def test_a_host_of_containers_is_the_same(lab: Lab) -> None:
    here = snapshot(lab)
    script = collect(LocalRunner((*lab.host.enter, "sh"), tuple(environment().items())))
    assert {(each.key, each.netns) for each in here.readings if not is_trace(each.key)} == {
        (each.key, each.netns) for each in script.readings
    }
    addresses = {each.netns: each.origin for each in here.all("ip-addr") if each.netns != "host"}
    assert len(addresses) == 6
    assert set(addresses.values()) == {"ip -j -d addr (by netlink)"}
    of_rules = {each.netns for each in here.all("iptables-nft-save4") if "(by netlink)" not in each.origin}
    assert of_rules == {"host", *(f"container:{name}" for name in ("api", "dns", "both"))}
    ours, theirs = parse(here), parse(script)
    assert ours.unread == ()
    for one in ours.namespaces:
        (other,) = (each for each in theirs.namespaces if each.name == one.name)
        assert_like(one, other)


def assert_like(one: Namespace, other: Namespace) -> None:
    """Assert that two namespaces that were read one after the other are equal in what does not change by itself."""
    plain_one, plain_other = (msgspec.json.decode(_bare(each)) for each in (one, other))
    for field in ("links", "addresses", "routes", "rules", "ruleset"):
        assert plain_one[field] == plain_other[field], (one.name, field)
    assert one.sysctls.values.keys() == other.sysctls.values.keys()
    assert {(each.protocol, each.address, each.port) for each in one.sockets} == {
        (each.protocol, each.address, each.port) for each in other.sockets
    }


def _bare(namespace: Namespace) -> bytes:
    """Return the namespace as JSON, without the readings' ids and the counters of rules."""
    bare = msgspec.structs.replace(namespace, sysctls=type(namespace.sysctls)(values={}), queues=None)
    return msgspec.json.encode(_without(msgspec.to_builtins(bare, str_keys=True)))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: _without(each) for key, each in fields.items() if key not in COUNTED}
    if isinstance(value, list | tuple):
        return [_without(each) for each in cast("list[Any]", value)]
    return value
