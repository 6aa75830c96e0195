"""Small hosts rebuilt on the running kernel: it does with each packet what the walk says. Needs root."""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from hairpin.change.change import Change, InsertRule, SetPolicy, SetSysctl
from hairpin.host.docker import PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.judges.agreement import agreement
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.save import parse
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.judge import after_of, before_of, carry_all, judge, judge_all, missing, orders_of
from hairpin.walk.walk import walk_flow
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    local,
    network,
    route,
    ruleset,
    sibling,
)
from tests.waiting import wait_until
from tests.whole import thinned, thinned_rows

PROC = Path("/proc")
ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = Outside(CLIENT)
NEIGHBOUR = Lan(parse_address("198.51.100.77")[1])
INSIDE = FromContainer("web", sibling("container:web"))
FAR = parse_address("203.0.113.80")[1]
LOOPBACK = parse_address("127.0.0.1")[1]


def flow(start: Start = OUTSIDE, to: int = HOST_ADDRESS, port: int = 8151, protocol: str = "tcp") -> Flow:
    return msgspec.convert({**msgspec.to_builtins(Flow(start, 4, to, "tcp", port)), "protocol": protocol}, Flow)


def with_rule(before: str, rule: str) -> str:
    """Return Docker's rules with one more before the first that starts so."""
    assert f"\n{before}" in DOCKER_RULES
    return DOCKER_RULES.replace(f"\n{before}", f"\n{rule}\n{before}", 1)


def without(line: str) -> str:
    """Return Docker's rules without those that start so."""
    kept = [each for each in DOCKER_RULES.splitlines() if not each.startswith(line)]
    assert len(kept) < len(DOCKER_RULES.splitlines())
    return "\n".join((*kept, ""))


def with_link(namespace: Namespace, name: str, **changes: object) -> Namespace:
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


def rules(text: str) -> Network:
    return network(host_namespace(text))


def relay(*, holds_only: bool) -> tuple[Socket, ...]:
    return (Socket("tcp", 4, None, 8151, relay=Relay(4, WEB, 80, holds_only)),)


def led_out_again() -> Network:
    """Return a host whose policy routing sends packets from eth0 out of eth0 again, replies to containers, too."""
    away = (
        PolicyRule(4, 0, table=TABLE_LOCAL),
        PolicyRule(4, 100, table=100, iif="eth0"),
        PolicyRule(4, 32766, table=TABLE_MAIN),
    )
    default = route("default", "eth0", via="198.51.100.1", table=100)
    return network(host_namespace(routes=(default,), policy_rules=away))


def taken_for_others() -> Network:
    """Return a host that delivers every packet from eth0 locally, as a transparent proxy's host does, but has no
    proxy.
    """
    everything = Route(4, 0, 0, 100, "local", (NextHop("lo"),))
    away = (
        PolicyRule(4, 0, table=TABLE_LOCAL),
        PolicyRule(4, 100, table=100, iif="eth0"),
        PolicyRule(4, 32766, table=TABLE_MAIN),
    )
    return network(host_namespace(NO_RULES, routes=(everything,), policy_rules=away))


def udp() -> Network:
    """Return a host that publishes UDP."""
    text = DOCKER_RULES.replace("-p tcp -m tcp", "-p udp -m udp")
    inner = container_namespace((Socket("udp", 4, None, 80),))
    binding = PortBinding("udp", 80, 8151, None, 4)
    return network(host_namespace(text, sockets=()), inner, docker=engine(container(binding=binding)))


def macvlan() -> Network:
    """Return a host whose container has a macvlan on eth0, with an address of the outer network."""
    inner = container_namespace()
    address = parse_address("198.51.100.66")[1]
    link = Link(
        9, "eth0", "macvlan", lower="eth0", peer_index=2, peer_netnsid=0, macvlan_mode="bridge", mac=0x02AABBCCDD09
    )
    lo = inner.links[0]
    inner = msgspec.structs.replace(
        inner,
        links=(lo, link),
        addresses=(inner.addresses[0], Address("eth0", 4, address, 24)),
        routes=(
            inner.routes[0],
            local("198.51.100.66/32", "eth0"),
            route("198.51.100.0/24", "eth0"),
            route("default", "eth0", via="198.51.100.1"),
        ),
    )
    return network(inner=inner)


def silent_inside() -> Network:
    """The container drops its own SYN-ACK before a link sees it."""
    text = "*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n"
    return network(inner=msgspec.structs.replace(container_namespace(), ruleset=ruleset(text)))


FORWARD_DROP = with_rule("-A FORWARD -j DOCKER-USER", "-A FORWARD -i eth0 -j DROP")
REJECT = with_rule("-A FORWARD -j DOCKER-USER", "-A FORWARD -i eth0 -j REJECT --reject-with icmp-host-prohibited")
RESET = with_rule("-A FORWARD -j DOCKER-USER", "-A FORWARD -i eth0 -p tcp -j REJECT --reject-with tcp-reset")
NO_DNAT = without("-A DOCKER ! -i docker0 -p tcp")
NO_MASQUERADE = without("-A POSTROUTING -s 172.17.0.0/16")
NO_RULES = "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
NO_ERRORS = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp --icmp-type 3 -j DROP\nCOMMIT\n"
REJECTED_OUT = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT ! -o lo -j REJECT\nCOMMIT\n"
MASQUERADED = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
LOST_REPLY = with_rule("-A FORWARD -j DOCKER-USER", "-A FORWARD -o eth0 -j DROP")
INPUT_DROP = DOCKER_RULES.replace(":INPUT ACCEPT [0:0]\n:FORWARD", ":INPUT DROP [0:0]\n:FORWARD")
OUTPUT_DROP = DOCKER_RULES.replace(
    ":OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER", ":OUTPUT DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER"
)

CASES: dict[str, tuple[Network, Flow]] = {
    "published, from far away": (network(), flow()),
    "published, from a neighbour": (network(), flow(NEIGHBOUR)),
    "published, from the host": (network(), flow(FromHost())),
    "published, by loopback": (network(), flow(FromHost(), LOOPBACK)),
    "the container's own port": (network(), flow(FromHost(), WEB, 80)),
    "published, from the container": (network(), flow(INSIDE)),
    "back out is dropped": (network(), flow(NEIGHBOUR, FAR, 443)),
    "back out, to another address": (rules(NO_RULES), flow(OUTSIDE, FAR, 443)),
    "back out, from a neighbour": (rules(NO_RULES), flow(NEIGHBOUR, FAR, 53, "udp")),
    "back out, masqueraded": (rules(MASQUERADED), flow(NEIGHBOUR, FAR, 443)),
    "the way out": (network(), flow(INSIDE, FAR, 443)),
    "the reply is routed out again": (led_out_again(), flow(INSIDE, FAR, 443)),
    "local, to another's address": (taken_for_others(), flow(OUTSIDE, FAR, 8151)),
    "refused, to another's address": (taken_for_others(), flow(OUTSIDE, FAR, 9999)),
    "UDP, not masqueraded": (rules(NO_MASQUERADE), flow(INSIDE, FAR, 53, "udp")),
    "the way out by UDP": (network(), flow(INSIDE, FAR, 53, "udp")),
    "ping out": (network(), flow(INSIDE, FAR, 7, "icmp")),
    "ping the host": (network(), flow(OUTSIDE, HOST_ADDRESS, 7, "icmp")),
    "ping the bridge from inside": (network(), flow(INSIDE, GATEWAY, 7, "icmp")),
    "published UDP": (udp(), flow(protocol="udp")),
    "UDP without a listener": (udp(), flow(protocol="udp", port=9999)),
    "UDP, and the error is dropped": (rules(NO_ERRORS), flow(protocol="udp", port=9999)),
    "UDP, the host's error dropped": (rules(NO_ERRORS), flow(FromHost(), HOST_ADDRESS, 9999, "udp")),
    "nobody listens": (network(), flow(port=9999)),
    "nobody listens inside": (network(inner=container_namespace(())), flow()),
    "dropped in FORWARD": (rules(FORWARD_DROP), flow()),
    "rejected in FORWARD": (rules(REJECT), flow()),
    "reset in FORWARD": (rules(RESET), flow()),
    "the reply dropped": (rules(LOST_REPLY), flow()),
    "the reply dropped inside": (silent_inside(), flow()),
    "the relay's reply dropped": (network(host_namespace(NO_DNAT), silent_inside().this.namespaces[1]), flow()),
    "dropped by INPUT's policy": (rules(INPUT_DROP), flow(port=9999)),
    "dropped by OUTPUT's policy": (rules(OUTPUT_DROP), flow(FromHost(), WEB, 80)),
    "rejected in OUTPUT": (rules(REJECTED_OUT), flow(FromHost(), WEB, 80)),
    "UDP, rejected in OUTPUT": (rules(REJECTED_OUT), flow(FromHost(), FAR, 53, "udp")),
    "a ping, rejected in OUTPUT": (rules(REJECTED_OUT), flow(FromHost(), FAR, 7, "icmp")),
    "no DNAT: the relay replies": (rules(NO_DNAT), flow()),
    "no DNAT, the port is held": (network(host_namespace(NO_DNAT, sockets=relay(holds_only=True))), flow()),
    "the relay finds no listener": (network(host_namespace(NO_DNAT), container_namespace(())), flow()),
    "not masqueraded": (rules(NO_MASQUERADE), flow(INSIDE, FAR, 443)),
    "paused": (network(docker=engine(container("paused"))), flow()),
    "eth0 does not forward": (network(host_namespace(values={"conf__eth0__forwarding": "0"})), flow()),
    "no way back from inside": (network(inner=container_namespace(default=False)), flow()),
    "the bridge is down": (network(with_link(host_namespace(), "docker0", up=False)), flow()),
    "the veth is down": (network(with_link(host_namespace(), "veth1", up=False)), flow()),
    "the veth left its bridge": (network(with_link(host_namespace(), "veth1", master=None, port=None)), flow()),
    "a strict reverse path": (
        network(host_namespace(values={"conf__all__rp_filter": "1"}, routes=(route("192.0.2.0/24", "docker0"),))),
        flow(),
    ),
}


@pytest.mark.parametrize(("built", "asked"), thinned_rows(CASES.values(), 10), ids=CASES)
def test_the_kernel_agrees_with_the_walk(built: Network, asked: Flow) -> None:
    judgement = judge(built, asked)
    trace = walk_flow(built, asked)
    found = agreement(trace, judgement)
    # The world answers packets that leave.
    said = "delivered" if trace.verdict == "leaves" else trace.verdict
    assert (judgement.verdict, found.agrees, found.reason) == (said, True, None)


def test_a_relays_own_connections_leave_the_flows_ports_free() -> None:
    """The kernel chooses the port of a relay's connection, and keeps it for a minute after the end."""
    host = host_namespace(NO_DNAT, values={"ip_local_port_range": "40000 40127"})
    asked = tuple(msgspec.structs.replace(flow(FromHost(), to=LOOPBACK), sport=40000 + 2 * n) for n in range(24))
    assert {each.verdict for each in judge_all(network(host), asked)} == {"delivered"}


MACVLANS: dict[str, Flow] = {
    "from a neighbour": flow(NEIGHBOUR, parse_address("198.51.100.66")[1], 80),
    "out": flow(INSIDE, FAR, 443),
}


@pytest.mark.parametrize("asked", MACVLANS.values(), ids=MACVLANS)
def test_a_macvlan_receives_its_frames_before_the_hosts_rules(asked: Flow) -> None:
    """The macvlan takes its frames from eth0 before the host's rules see them."""
    judgement = judge(macvlan(), asked)
    assert (judgement.verdict, judgement.left_out) == ("delivered", ())


def test_a_wrong_walk_is_a_disagreement() -> None:
    """The kernel has the rule, but the walk's network lacks it."""
    judgement = judge(rules(FORWARD_DROP), flow())
    found = agreement(walk_flow(network(), flow()), judgement)
    assert (found.agrees, str(found.reason)) == (False, "simulated delivered, the kernel says dropped")
    assert judgement.place is not None
    assert [(hit.table, hit.chain, hit.number) for hit in judgement.place.rules] == [("filter", "FORWARD", 1)]


def _rule(text: str) -> InsertRule:
    (table,) = parse(
        f"*filter\n:DOCKER-USER - [0:0]\n{text}\nCOMMIT\n", family="ip", dialect="iptables-nft", source="test"
    )
    (rule,) = table.chains[0].rules
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "DOCKER-USER", rule, 1)


CLOSED = DOCKER_RULES.replace(
    "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n", ""
)
POLICY = Place("iptables-nft", "ip", "filter", "FORWARD", 0, "policy drop")
CHANGES: dict[str, tuple[Network, Change]] = {
    "a sysctl": (
        network(host_namespace(values={"conf__eth0__forwarding": "0"})),
        Change((SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), "1"),)),
    ),
    "a rule": (rules(CLOSED), Change((_rule("-A DOCKER-USER -i eth0 -o docker0 -j ACCEPT"),))),
    "a policy": (rules(CLOSED), Change((SetPolicy(HOST_NETNS, POLICY, "accept"),))),
}


@pytest.mark.parametrize(("built", "change"), thinned_rows(CHANGES.values(), 5), ids=CHANGES)
def test_a_change_carried_out_inside_delivers(built: Network, change: Change) -> None:
    outcomes = carry_all(orders_of(built, (flow(),), change))
    (before,), (after,) = before_of(outcomes), after_of(outcomes)
    assert (before.verdict, after.verdict, after.left_out) == ("dropped", "delivered", ())


def test_a_stand_in_lowers_the_claim() -> None:
    """An XDP program is not rebuilt, so the kernel's verdict on a packet that would meet it does not decide."""
    built = network(with_link(host_namespace(), "eth0", xdp=True))
    judgement = judge(built, flow())
    assert [each for each in judgement.left_out if "XDP" in str(each)]
    assert agreement(walk_flow(built, flow()), judgement).judge == "simulated"


def _own_namespace() -> tuple[str, ...]:
    """Return the state of this machine's own network namespace, as far as a replica could have changed it."""
    asked = (("ip", "-o", "link"), ("ip", "rule"), ("ip", "route", "show", "table", "all"), ("nft", "list", "tables"))
    said = tuple(subprocess.run(argv, capture_output=True, text=True, check=True).stdout for argv in asked)
    keys = ("ipv4/ip_forward", "ipv4/conf/all/rp_filter", "ipv4/conf/default/forwarding", "ipv6/conf/all/forwarding")
    return (*said, *((PROC / "sys/net" / key).read_text() for key in keys))


def test_this_machines_own_namespace_is_not_touched() -> None:
    before = _own_namespace()
    assert judge(rules(FORWARD_DROP), flow()).verdict == "dropped"
    assert _own_namespace() == before


# --- nothing is left behind -----------------------------------------------------------------------------------------

MARK = f"kill{os.getpid()}"
"""A link of the killed replicas: the kernel gives numbers of namespaces that are gone to others."""
_SCRIPT = f"""
from tests.kernel.test_replica import flow, marked
from hairpin.replica.judge import judge
print("ready", flush=True)
while True:
    judge(marked("{MARK}"), flow())
"""


def marked(name: str) -> Network:
    """Return a network whose host has one more link, of this name."""
    host = host_namespace()
    return network(msgspec.structs.replace(host, links=(*host.links, Link(9, name, "dummy"))))


def _target(path: Path) -> str:
    """Return the target of a link in /proc; nothing if its process has ended."""
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _descriptors(pid: int) -> list[Path]:
    """Return the targets of a process's open files; none if it has ended."""
    try:
        return list((PROC / str(pid) / "fd").iterdir())
    except OSError:
        return []


def _net_namespaces() -> dict[str, Path]:
    """Return every network namespace that a process of this machine is in or holds open, with a path to it."""
    pids = [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]
    paths = [path for pid in pids for path in (PROC / f"{pid}/ns/net", *_descriptors(pid))]
    return {target: path for path in paths if (target := _target(path)).startswith("net:[")}


def _links_of(path: Path) -> str:
    """Return the names of the namespace's links; nothing if it is gone."""
    argv = ("nsenter", f"--net={path}", "ip", "-o", "link")
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _descendants(pid: int) -> frozenset[int]:
    children: dict[int, list[int]] = {}
    for child in (int(path.name) for path in PROC.iterdir() if path.name.isdigit()):
        try:
            fields = (PROC / f"{child}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(child)
    found: set[int] = set()
    pending = [pid]
    while pending:
        more = children.get(pending.pop(), [])
        found.update(more)
        pending += more
    return frozenset(found)


def _held_by(pids: frozenset[int]) -> frozenset[str]:
    paths = (path for pid in pids for path in (PROC / f"{pid}/ns/net", *_descriptors(pid)))
    own = _target(PROC / "self/ns/net")
    return frozenset(target for path in paths if (target := _target(path)).startswith("net:[") and target != own)


def _named() -> list[str]:
    folder = Path("/run/netns")
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _at_a_moment_of(process: subprocess.Popen[bytes], seed: int) -> tuple[frozenset[int], frozenset[str]]:
    """Return the processes and namespaces of the replica that is up at the moment; another one for each seed."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    moment = time.monotonic() + 0.05 * seed  # a replica takes some 200 ms here
    while process.poll() is None:
        pids = _descendants(process.pid)
        held = _held_by(pids)
        if held and time.monotonic() >= moment:
            return pids, held
    raise AssertionError(f"no replica could be built: exit status {process.returncode}")


@pytest.mark.parametrize("seed", thinned(range(8), 8))
def test_nothing_is_left_of_a_replica_that_is_killed(seed: int) -> None:
    """The replica is killed at a random moment: the kernel ends its processes, and with them its namespaces and
    links.
    """
    named = _named()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(
        (sys.executable, "-c", _SCRIPT), stdout=subprocess.PIPE, env=environment, cwd=ROOT
    ) as process:
        try:
            pids, held = _at_a_moment_of(process, seed)
        finally:
            process.kill()
    assert wait_until(lambda: not any((PROC / str(pid)).exists() for pid in pids))
    alive = _net_namespaces()
    assert [netns for netns in held & alive.keys() if MARK in _links_of(alive[netns])] == []
    assert _named() == named


def test_this_machine_can_build_replicas() -> None:
    assert missing() is None
