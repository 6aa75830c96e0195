"""What a candidate is about is told in words that users have seen before: the keys and their order are part of JSON."""

from typing import get_args

from hairpin.causes.where import (
    Entry,
    OfAddress,
    OfConnection,
    OfContainer,
    OfFile,
    OfForwarding,
    OfLink,
    OfLostRules,
    OfNeighbour,
    OfNetwork,
    OfPeer,
    OfPolicyRule,
    OfPort,
    OfProcess,
    OfRoute,
    OfRule,
    OfSocket,
    OfSysctl,
    OfTool,
    OfTrafficControl,
    OfTunnelEnd,
    OfUnit,
    OfWall,
    OfXfrmPolicy,
    OfZone,
    Where,
    container_of,
    of_missing,
    places,
    read_entries,
    rule_of,
)
from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.traffic_control import Qdisc
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Rule
from tests.rows import each_row
from tests.small_host import HOST_NETNS

DROP = Place("iptables-nft", "ip", "filter", "FORWARD", 2, "-A FORWARD -j DROP", line=9, evidence="e1")
ZONE = Place("nft", "inet", "firewalld", "filter_IN_public", 1, "reject", 7)
JUMP = ExpectedRule("ip", "nat", "PREROUTING", Rule((), "-A PREROUTING -j DOCKER", 0), "jump", "last")
VPN = Route(4, 0x0A000000, 8, table=51, next_hops=(NextHop("tun0"),))
LOOP = Socket("tcp", 4, 0x7F000001, 80, process="httpd", pid=4)
FORWARD = PolicyRule(4, 9, "blackhole", mark=(7, 7), text="9: from all fwmark 0x7 blackhole")
PEER = Neighbour("flannel.1", 4, 0x0AF40200, 2, "PERMANENT")
FAR = FdbEntry(None, "flannel.1", 2, remote=1)

PLACES: dict[str, tuple[Where, dict[str, str]]] = {
    "a rule": (
        OfRule(DROP),
        {"tool": "iptables-nft", "family": "ip", "table": "filter", "chain": "FORWARD", "number": "2",
         "rule": "-A FORWARD -j DROP"},
    ),
    "a rule of an engine": (
        OfWall(DROP, "docker0"),
        {"table": "filter", "chain": "FORWARD", "rule": "-A FORWARD -j DROP", "link": "docker0"},
    ),
    "a zone": (
        OfZone(ZONE, zone="public", port="80/tcp"),
        {"zone": "public", "port": "80/tcp", "table": "inet firewalld", "chain": "filter_IN_public"},
    ),
    "a rule of a zone": (
        OfZone(ZONE, tells_rule=True), {"table": "inet firewalld", "chain": "filter_IN_public", "rule": "reject"},
    ),
    "lost rules of Docker": (
        OfLostRules((ExpectedChain("ip", "filter", "DOCKER"),), (JUMP,)),
        {"table": "filter, nat", "chains": "filter DOCKER", "rules": "-t nat -A PREROUTING -j DOCKER"},
    ),
    "lost rules of Podman": (
        OfLostRules((), (JUMP,), "netavark"), {"backend": "netavark", "rules": "-t nat -A PREROUTING -j DOCKER"},
    ),
    "a sysctl": (
        OfSysctl(("net", "ipv4", "conf", "eth0.5", "forwarding"), "0", 1),
        {"sysctl": "net.ipv4.conf.eth0/5.forwarding", "value": "0", "wanted": "1"},
    ),
    "a route": (
        OfRoute(VPN, network="web", subnet="10.9.0.0/16"),
        {"network": "web", "subnet": "10.9.0.0/16", "route": "10.0.0.0/8 dev tun0 table 51"},
    ),
    "a wrong route of a host": (
        OfRoute(VPN, host="node1", wanted=Route(4, 0, 0)),
        {"host": "node1", "route": "10.0.0.0/8 dev tun0 table 51", "wanted": "default"},
    ),
    "a missing route": (of_missing(Route(4, 0, 0), (VPN,), link="eth0"), {"route": "default", "link": "eth0"}),
    "a policy rule": (OfPolicyRule(FORWARD), {"rule": "9: from all fwmark 0x7 blackhole", "priority": "9"}),
    "an IPsec policy": (
        OfXfrmPolicy("src ::/0 dst ::/0 dir in action block", 9, "in"),
        {"policy": "src ::/0 dst ::/0 dir in action block", "priority": "9", "direction": "in"},
    ),
    "a link": (
        OfLink("eth0", netns=HOST_NETNS, state="down"), {"netns": str(HOST_NETNS), "link": "eth0", "state": "down"},
    ),
    "the end of a tunnel": (
        OfTunnelEnd("node2", "vxlan", "192.0.2.2"), {"host": "node2", "kind": "vxlan", "address": "192.0.2.2"},
    ),
    "a neighbour entry": (
        OfNeighbour("flannel.1", "10.244.2.0", mac="00:00:00:00:00:02", entry=PEER),
        {"link": "flannel.1", "address": "10.244.2.0", "mac": "00:00:00:00:00:02"},
    ),
    "a forwarding entry": (
        OfForwarding("h", "flannel.1", "00:00:00:00:00:02", None, "192.0.2.2", (FAR,)),
        {"host": "h", "link": "flannel.1", "mac": "00:00:00:00:00:02", "wanted": "192.0.2.2"},
    ),
    "a queueing discipline": (
        OfTrafficControl("eth0", "host", Qdisc("pfifo", limit=0, words=("limit", "0"))),
        {"link": "eth0", "netns": "host", "qdisc": "pfifo limit 0"},
    ),
    "a peer": (OfPeer("h", "10.9.0.0/16", "db"), {"host": "h", "subnet": "10.9.0.0/16", "peer": "db"}),
    "an address": (
        OfAddress("203.0.113.9", private="10.0.0.5", port="80/tcp"),
        {"address": "203.0.113.9", "private": "10.0.0.5", "port": "80/tcp"},
    ),
    "a container": (
        OfContainer("web", state="exited", exit_code=137), {"container": "web", "state": "exited", "exit_code": "137"},
    ),
    "an entry of the connection table": (
        OfConnection("tcp", "192.0.2.1", 40000, "192.0.2.2", 80),
        {"table": "conntrack", "protocol": "tcp", "source": "192.0.2.1", "sport": "40000", "destination": "192.0.2.2",
         "port": "80"},
    ),
    "a port": (OfPort(80), {"port": "80"}),
    "a socket": (
        OfSocket(LOOP, "web"), {"container": "web", "socket": "127.0.0.1:80/tcp (httpd, pid 4)"},
    ),
    "a process": (
        OfProcess("httpd", 4, 80, group="/sys/fs/cgroup/x"),
        {"process": "httpd", "pid": "4", "port": "80", "group": "/sys/fs/cgroup/x"},
    ),
    "a network": (OfNetwork("web", "icc=false"), {"network": "web", "option": "icc=false"}),
    "a program": (
        OfTool(program="iptables", version="iptables v1.8.11 (nf_tables)", package="1.8.11-1"),
        {"program": "iptables", "version": "iptables v1.8.11 (nf_tables)", "package": "1.8.11-1"},
    ),
    "a unit": (OfUnit("docker.service", "stopped"), {"unit": "docker.service", "state": "stopped"}),
    "a file": (OfFile("/etc/docker/daemon.json"), {"file": "/etc/docker/daemon.json"}),
}  # fmt: skip


@each_row(("where", "told"), PLACES.values(), ids=PLACES)
def test_places(where: Where, told: dict[str, str]) -> None:
    assert list(places(where)) == list(told.items())


def test_each_kind_is_told() -> None:
    assert {type(where) for where, _ in PLACES.values()} == {*get_args(Where)}


RULES = {"a rule": DROP, "a rule of an engine": DROP, "a rule of a zone": ZONE, "a zone": None, "a policy rule": None}
READ: dict[str, tuple[Entry, ...]] = {
    "a policy rule": (FORWARD,), "a neighbour entry": (PEER,), "a forwarding entry": (FAR,), "a socket": (LOOP,),
    "a process": (), "a rule": (),
}  # fmt: skip


@each_row(("name", "rule"), RULES.items(), ids=RULES)
def test_the_rule_that_is_meant(name: str, rule: Place | None) -> None:
    assert rule_of(PLACES[name][0]) == rule


@each_row(("name", "entries"), READ.items(), ids=READ)
def test_the_entries_that_are_meant(name: str, entries: tuple[Entry, ...]) -> None:
    assert read_entries(PLACES[name][0]) == entries


def test_the_container_that_is_meant() -> None:
    named = {name: container_of(where) for name, (where, _) in PLACES.items()}
    assert {name: found for name, found in named.items() if found} == {"a container": "web", "a socket": "web"}


def test_the_routes_to_the_same_destination_stand_beside_a_missing_one() -> None:
    other = Route(4, 0x0A000000, 8, type="blackhole")
    assert of_missing(VPN, (other, Route(4, 0, 0))).rivals == (other,)
