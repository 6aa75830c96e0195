"""The law of changes: simulating one on a snapshot equals the snapshot taken after its commands were carried out.

Each case has a network namespace of its own that ends with the test.  Needs root.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from hairpin.carry.act import Act, Command, Done
from hairpin.carry.run import do
from hairpin.change import change as c
from hairpin.change.commands.carrying import carrying_all
from hairpin.change.commands.text import all_shown
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Step, steps_from_json, steps_to_json, undo
from hairpin.change.steps import refusal_of, steps
from hairpin.collect.run import Answer, LocalRunner, collect
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.read.parse import parse
from hairpin.host.route import FdbEntry, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import Message
from hairpin.netfilter.address import Prefix
from hairpin.netfilter.evaluate.chain import Place, place_of, policy_place
from hairpin.netfilter.iptables.save import parse as parse_iptables
from hairpin.netfilter.ir import Dialect, Family, FieldMatch, Rule, Ruleset, Table, Verdict
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from tests.fidelity.changes.likeness import PARTS, rules
from tests.waiting import wait_until
from tests.whole import thinned

SETUP = """
set -eu
ip link set lo up
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip link add eth0 type veth peer name far
ip link set far up
ip link add br0 type bridge
ip link add v0 type veth peer name v1
ip link set v0 master br0
ip link add br1 type bridge
ip link add w0 type veth peer name w1
ip link add u0 type veth peer name u1
sysctl -qw net.ipv6.conf.br1.disable_ipv6=1 net.ipv6.conf.u0.disable_ipv6=1 net.ipv6.conf.u1.disable_ipv6=1
sysctl -qw net.ipv6.conf.w0.disable_ipv6=1 net.ipv6.conf.w1.disable_ipv6=1
ip link set w0 master br1
ip link set w0 up
ip link set w1 up
ip link set u0 up
ip address add 10.6.0.1/24 dev br1
ip address add 10.4.0.1/24 dev u0
ip address add 198.51.100.11/24 dev eth0
ip link add br2 type bridge
ip link add x0 type veth peer name x1
sysctl -qw net.ipv6.conf.br2.disable_ipv6=1 net.ipv6.conf.x0.disable_ipv6=1 net.ipv6.conf.x1.disable_ipv6=1
ip link set x0 master br2
ip link set x0 up
ip link set x1 up
ip link set br2 up
ip address add 10.3.0.1/24 dev br2
ip address add 10.7.0.1/24 dev br0
ip link set eth0 up
ip route add default via 198.51.100.1
ip route add 10.9.0.0/16 via 198.51.100.2 metric 5
ip link add y0 type veth peer name y1
ip link set y1 up
ip link set y0 up
for link in far y1; do  # up before their peers: the kernel gives them their address some time after the carrier
    for wait in $(seq 1500); do ip -6 address show dev $link | grep -q fe80 && break; sleep 0.2; done
done
ip address add 2001:db8:2::11/64 dev y0 nodad
ip route add fd09::/64 via 2001:db8:2::2
ip address add 10.14.0.1/24 dev y0
ip route add 10.14.0.0/24 dev y0 metric 10
ip route add blackhole 10.15.0.0/16
ip route add blackhole 10.15.0.0/16 metric 10
ip link add t0 address 02:00:00:00:0a:01 type vxlan id 7 dstport 4790 local 198.51.100.11 nolearning
ip link set t0 up
bridge fdb append 02:00:00:00:0a:02 dev t0 dst 198.51.100.98 self
bridge fdb append 00:00:00:00:00:00 dev t0 dst 198.51.100.98 self
bridge fdb add 02:00:00:00:00:99 dev w0 master static
ip link add vx0 type vxlan id 5 dstport 4789 local 10.4.0.1
sysctl -qw net.ipv6.conf.vx0.disable_ipv6=1
ip link set vx0 up
bridge fdb append 02:00:00:00:00:88 dev vx0 dst 10.4.0.9 via u0
ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
ip rule add priority 100 from 10.7.0.0/24 lookup 77
ip xfrm policy add src ::/0 dst fd77::/64 proto udp sport 53 dir out action block priority 1000
sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.eth0.forwarding=1
for tool in iptables-nft iptables-legacy; do
    $tool -N MINE
    $tool -N UNUSED
    $tool -A FORWARD -i br0 -j MINE
    $tool -A MINE -p tcp -m tcp --dport 80 -j ACCEPT
    $tool -A MINE -p tcp -m tcp --dport 80 -j ACCEPT
    $tool -A MINE -j DROP
done
nft -f - <<'END'
table inet own {
    chain base { type filter hook forward priority 0; policy accept; tcp dport 80 accept; udp dport 53 drop; }
    chain other { }
}
END
"""


BETWEEN_READINGS_S = 0.1
OTHER_JOBS = re.compile(rb"^    job (?!0|1[012]-)\d.*\n", re.MULTILINE)


class OfNamespace(msgspec.Struct, frozen=True):
    """Runs the collector without its jobs for engines, processes, files and sockets: no change here concerns these, and
    they cost three quarters of its time."""

    shell: tuple[str, ...]

    @property
    def name(self) -> str:
        return "the namespace"

    def run(self, script: bytes, arguments: tuple[str, ...]) -> Answer:
        kept, left_out = OTHER_JOBS.subn(b"", script)
        assert left_out == 5
        return LocalRunner(self.shell).run(kept, arguments)


# A killed process leaves files in /run. They go with the namespace.
HOLD = "mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run && echo ready && read -r line"


class Host:
    """A network namespace with its own /sys and /run, which live as long as its shell waits for a line."""

    def __init__(self) -> None:
        argv = ("unshare", "--net", "--mount", "sh", "-c", HOLD)
        self.holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout is not None
        assert self.holder.stdout.readline() == "ready\n"
        self.enter = ("nsenter", "-t", str(self.holder.pid), "-n", "-m")

    def run(self, script: str) -> None:
        done = subprocess.run((*self.enter, "sh", "-c", script), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{script}\n{done.stderr}"

    def type_in(self, command: str) -> None:
        """Type a command into a shell, whatever its status is: it may say that all was made before."""
        subprocess.run((*self.enter, "sh", "-c", command), capture_output=True, check=False)

    def network(self) -> Network:
        return Network((parse(collect(OfNamespace((*self.enter, "sh")))),))

    def settled(self, wanted: Network) -> Network:
        """Read until the namespace is as wanted, and return it: routes follow a lost carrier up to a second later."""
        found = wanted

        def is_wanted() -> bool:
            nonlocal found
            found = self.network()
            return not differing(found, wanted)

        wait_until(is_wanted, BETWEEN_READINGS_S)
        for part in PARTS:
            assert part(wanted.namespace(HOST_NETNS)) == part(found.namespace(HOST_NETNS))
        return found

    def do(self, act: Act) -> Done:
        """Do one act in the namespace."""
        return do(Command((*self.enter, *act.argv), act.text) if isinstance(act, Command) else act)

    def carry_out(self, made: tuple[Step, ...]) -> None:
        acting = carrying_all(made)
        try:
            act = next(acting)
            while True:
                assert isinstance(act, Command)
                act = acting.send(self.do(act))
        except StopIteration as ended:
            said: Message | None = ended.value
            if said is not None:
                pytest.fail(f"{said}: {all_shown(made)}")

    def close(self) -> None:
        self.holder.communicate("\n")


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    try:
        made.run(SETUP)
        yield made
    finally:
        made.close()


def differing(one: Network, other: Network) -> bool:
    first, second = (each.namespace(HOST_NETNS) for each in (one, other))
    return any(part(first) != part(second) for part in PARTS)


def link(namespace: Namespace, name: str) -> Link:
    found = namespace.link(name)
    assert found is not None
    return found


def up(namespace: Namespace, name: str, *, carrier: bool = False) -> c.SetLink:
    changed = msgspec.structs.replace(link(namespace, name), up=True, carrier=carrier)
    return c.SetLink(HOST_NETNS, changed)


def down(namespace: Namespace, name: str) -> c.SetLink:
    return c.SetLink(HOST_NETNS, msgspec.structs.replace(link(namespace, name), up=False, carrier=False))


def without_rules(ruleset: Ruleset) -> Ruleset:
    """Return the ruleset with half of its tables, none of which has a rule."""
    chains = {
        table: tuple(msgspec.structs.replace(each, rules=()) for each in table.chains) for table in ruleset.tables
    }
    kept = (msgspec.structs.replace(table, chains=found) for table, found in list(chains.items())[::2])
    return msgspec.structs.replace(ruleset, tables=tuple(kept))


def in_bridge(namespace: Namespace, name: str, **flags: bool) -> c.SetLink:
    old = link(namespace, name)
    assert old.port is not None
    changed = msgspec.structs.replace(old, port=msgspec.structs.replace(old.port, **flags))
    return c.SetLink(HOST_NETNS, changed)


def table_of(namespace: Namespace, dialect: Dialect) -> Table:
    family: Family = "inet" if dialect == "nft" else "ip"
    found = namespace.ruleset.table(family, "own" if dialect == "nft" else "filter", dialect)
    assert found is not None
    return found


def place(namespace: Namespace, dialect: Dialect, chain: str, number: int) -> Place:
    """Return the place of a rule; number 0: of the chain's policy."""
    table = table_of(namespace, dialect)
    found = table.chain(chain)
    assert found is not None
    return place_of(table, chain, found.rules[number - 1]) if number else policy_place(table, found)


def insertion(dialect: Dialect, chain: str, position: int | None, *, table: str = "filter") -> c.InsertRule:
    if dialect == "nft":
        rule = Rule((FieldMatch("mark", ((7, 7),)), Verdict("accept")), "meta mark 0x00000007 accept", 0)
        return c.InsertRule(HOST_NETNS, "nft", "inet", "own", chain, rule, position)
    text = f"*{table}\n:{chain} - [0:0]\n-A {chain} -m mark --mark 0x7 -j ACCEPT\nCOMMIT\n"
    (read,) = parse_iptables(text, family="ip", dialect="iptables-nft", source="test")
    return c.InsertRule(HOST_NETNS, dialect, "ip", table, chain, read.chains[0].rules[0], position)


def route(namespace: Namespace, text: str) -> Route:
    """Return the route to that prefix in the main table, the first of several."""
    version, network, length = parse_prefix(text)
    found, *_ = (
        each for each in namespace.routes
        if (each.version, each.destination, each.prefix_length, each.table) == (version, network, length, 254)
    )  # fmt: skip
    return found


def new_route(text: str, **other: Any) -> Route:
    version, network, length = parse_prefix(text)
    return Route(version, network, length, **other)


def address(name: str, text: str, length: int) -> c.AddEntry:
    version, value = parse_address(text)
    return c.AddEntry(HOST_NETNS, Address(name, version, value, length))


def remote_of(namespace: Namespace) -> FdbEntry:
    """Return the entry of the vxlan for one host's hardware address."""
    return next(each for each in namespace.fdb if each.port == "t0" and each.mac)


FAR6 = NextHop("y0", parse_address("2001:db8:2::9")[1], gateway_version=6)
VIA = NextHop("eth0", parse_address("198.51.100.3")[1], gateway_version=4)

Make = Callable[[Namespace], c.Primitive]


def of_iptables(dialect: Dialect) -> dict[str, Make]:
    return {
        f"{dialect}: chain": lambda _: c.AddChain(HOST_NETNS, dialect, "ip", "filter", "NEW"),
        f"{dialect}: chain in a table that is not there": lambda _: c.AddChain(HOST_NETNS, dialect, "ip", "nat", "NEW"),
        f"{dialect}: first": lambda _: insertion(dialect, "FORWARD", 1),
        f"{dialect}: second": lambda _: insertion(dialect, "MINE", 2),
        f"{dialect}: last": lambda _: insertion(dialect, "MINE", None),
        f"{dialect}: in a table that is not there": lambda _: insertion(dialect, "OUTPUT", 1, table="mangle"),
        f"{dialect}: rule away": lambda host: c.DeleteRule(HOST_NETNS, place(host, dialect, "FORWARD", 1)),
        f"{dialect}: last rule away": lambda host: c.DeleteRule(HOST_NETNS, place(host, dialect, "MINE", 3)),
        f"{dialect}: one of two equal rules away": lambda host: c.DeleteRule(
            HOST_NETNS, place(host, dialect, "MINE", 2)
        ),
        f"{dialect}: chain away": lambda _: c.DeleteChain(HOST_NETNS, dialect, "ip", "filter", "UNUSED"),
        f"{dialect}: table emptied": lambda _: c.ReplaceTable(HOST_NETNS, dialect, "ip", "filter", None),
        f"{dialect}: policy": lambda host: c.SetPolicy(HOST_NETNS, place(host, dialect, "FORWARD", 0), "drop"),
    }


HOST_NETNS = Netns(os.uname().nodename)
"""The namespace that is read, as the collector names its host."""

CASES: dict[str, Make] = {
    "ip_forward": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1"),
    "ip_forward unchanged": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "0"),
    "conf.all.forwarding": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "all", "forwarding"), "1"),
    "conf.default.forwarding": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "default", "forwarding"), "1"),
    "conf.eth0.forwarding": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), "0"),
    "conf.eth0.rp_filter": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "rp_filter"), "1"),
    "conf.all.rp_filter": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "all", "rp_filter"), "2"),
    "ipv6 conf.all.forwarding": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv6", "conf", "all", "forwarding"), "1"),
    "ipv6 conf.eth0.forwarding": lambda _: c.SetSysctl(HOST_NETNS, ("net", "ipv6", "conf", "eth0", "forwarding"), "1"),
    "route": lambda _: c.AddEntry(HOST_NETNS, new_route("10.8.0.0/16", next_hops=(VIA,))),
    "route with metric in a table": lambda _: c.AddEntry(
        HOST_NETNS, new_route("10.8.0.0/16", next_hops=(VIA,), metric=7, table=77)
    ),
    "blackhole route": lambda _: c.AddEntry(HOST_NETNS, new_route("10.8.0.0/16", type="blackhole")),
    "route replaced": lambda host: c.ReplaceEntry(
        HOST_NETNS, route(host, "10.9.0.0/16"), new_route("10.9.0.0/16", next_hops=(VIA,), metric=5)
    ),
    "route replaced by a blackhole": lambda host: c.ReplaceEntry(
        HOST_NETNS, route(host, "10.9.0.0/16"), new_route("10.9.0.0/16", type="blackhole", metric=5)
    ),
    "route of IPv6 replaced": lambda host: c.ReplaceEntry(
        HOST_NETNS, route(host, "fd09::/64"), new_route("fd09::/64", next_hops=(FAR6,), metric=1024)
    ),
    "route of IPv6 replaced by one on the link": lambda host: c.ReplaceEntry(
        HOST_NETNS, route(host, "fd09::/64"), new_route("fd09::/64", next_hops=(NextHop("y0"),), metric=1024)
    ),
    "neighbour entry replaced": lambda host: c.AddEntry(
        HOST_NETNS,
        msgspec.structs.replace(
            next(each for each in host.neighbours if each.state == "PERMANENT"),
            mac=0x020000000055,
            evidence="",
            entry=0,
        ),
    ),
    "forwarding entry of a vxlan replaced": lambda host: c.ReplaceEntry(
        HOST_NETNS, remote_of(host), msgspec.structs.replace(remote_of(host), remote=0xC6336463, evidence="", entry=0)
    ),
    "forwarding entry of a vxlan deleted": lambda host: c.DeleteEntry(HOST_NETNS, remote_of(host)),
    "route deleted": lambda host: c.DeleteEntry(HOST_NETNS, route(host, "10.9.0.0/16")),
    "connected route deleted that another one stands behind": lambda host: c.DeleteEntry(
        HOST_NETNS, route(host, "10.14.0.0/24")
    ),
    "blackhole deleted that another one stands behind": lambda host: c.DeleteEntry(
        HOST_NETNS, route(host, "10.15.0.0/16")
    ),
    "default route deleted": lambda host: c.DeleteEntry(HOST_NETNS, route(host, "0.0.0.0/0")),
    "address": lambda _: address("eth0", "10.5.0.1", 24),
    "address of IPv6": lambda _: address("eth0", "fd00:5::1", 64),
    "address without a network": lambda _: address("eth0", "10.5.0.1", 32),
    "policy rule deleted": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.rules if each.priority == 100)
    ),
    "neighbour entry deleted": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.neighbours if each.state == "PERMANENT")
    ),
    "address deleted": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.addresses if each.link == "eth0")
    ),
    "primary address deleted": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.addresses if each.link == "u0")
    ),
    "policy rule": lambda _: c.AddEntry(
        HOST_NETNS,
        PolicyRule(4, 99, table=78, source=(0x0A070000, 24), iif="br0", mark=(1, 255), protocol=6, dports=(80, 90)),
    ),
    "policy rule of IPv6": lambda _: c.AddEntry(HOST_NETNS, PolicyRule(6, 99, "blackhole", oif="eth0")),
    "neighbour entry": lambda _: c.AddEntry(
        HOST_NETNS, Neighbour("eth0", 4, parse_address("198.51.100.8")[1], 0x020000000008, "PERMANENT")
    ),
    "forwarding entry": lambda _: c.AddEntry(HOST_NETNS, FdbEntry("br1", "w0", 0x020000000077, state="static")),
    "forwarding entry deleted": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.fdb if each.mac == 0x020000000099)
    ),
    "forwarding entry of a tunnel": lambda _: c.AddEntry(
        HOST_NETNS, FdbEntry(None, "vx0", 0x020000000078, state="permanent", remote=0x0A040009, via="u0")
    ),
    "forwarding entry of a tunnel away": lambda host: c.DeleteEntry(
        HOST_NETNS, next(each for each in host.fdb if each.mac == 0x020000000088)
    ),
    "IPsec policy": lambda _: c.AddEntry(
        HOST_NETNS,
        XfrmPolicy(
            "fwd",
            Prefix(4, 0x0A070000, 24),
            Prefix(4, 0, 0),
            blocks=True,
            priority=9,
            protocol=6,
            dport=80,
            link="eth0",
            mark=1,
            mask=255,
        ),
    ),
    "IPsec policy deleted": lambda host: c.DeleteEntry(HOST_NETNS, host.xfrm_policies[0]),
    "several sysctls": lambda _: c.ReplaceSysctls(
        HOST_NETNS, ((("net", "ipv4", "ip_forward"), "1"), (("net", "ipv4", "conf", "eth0", "rp_filter"), "2"))
    ),
    "link down": lambda host: down(host, "u0"),
    "link down with routes by a gateway": lambda host: down(host, "eth0"),
    "bridge port down": lambda host: down(host, "w0"),
    "forwarding entry of a bridge itself": lambda _: c.AddEntry(
        HOST_NETNS, FdbEntry("br2", "br2", 0x020000000077, state="permanent", local=True)
    ),
    "bridge renamed": lambda _: c.RenameLink(HOST_NETNS, "br2", "br9"),
    "veth renamed": lambda _: c.RenameLink(HOST_NETNS, "u0", "u9"),
    "bridge down": lambda host: down(host, "br2"),
    "port of a running bridge down": lambda host: down(host, "x0"),
    "MTU": lambda host: c.SetLink(HOST_NETNS, msgspec.structs.replace(link(host, "u0"), mtu_bytes=1400)),
    "port out of its bridge": lambda host: c.SetLink(
        HOST_NETNS, msgspec.structs.replace(link(host, "v0"), master=None, port=None)
    ),
    "nft: chain deleted": lambda _: c.DeleteChain(HOST_NETNS, "nft", "inet", "own", "other"),
    "nft: table deleted": lambda _: c.ReplaceTable(HOST_NETNS, "nft", "inet", "own", None),
    "ruleset": lambda host: c.ReplaceRuleset(HOST_NETNS, without_rules(host.ruleset)),
    "bridge up": lambda host: up(host, "br0"),
    "bridge up with a port that is up": lambda host: up(host, "br1", carrier=True),
    "veth up while its other end is down": lambda host: up(host, "v1"),
    "veth up while its other end is up": lambda host: up(host, "u1", carrier=True),
    "second address of a network": lambda _: address("eth0", "198.51.100.12", 24),
    "address of a link that is down": lambda _: address("v1", "10.5.0.1", 24),
    "bridge port in hairpin mode": lambda host: in_bridge(host, "v0", hairpin=True),
    "bridge port isolated": lambda host: in_bridge(host, "v0", isolated=True),
    "nft: chain": lambda _: c.AddChain(HOST_NETNS, "nft", "inet", "own", "new"),
    "nft: rule inserted first": lambda _: insertion("nft", "base", 1),
    "nft: rule inserted second": lambda _: insertion("nft", "base", 2),
    "nft: rule inserted third of two": lambda _: insertion("nft", "base", 3),
    "nft: rule appended": lambda _: insertion("nft", "other", None),
    "nft: rule deleted": lambda host: c.DeleteRule(HOST_NETNS, place(host, "nft", "base", 1)),
    "nft: policy": lambda host: c.SetPolicy(HOST_NETNS, place(host, "nft", "base", 0), "drop"),
    **of_iptables("iptables-nft"),
    **of_iptables("iptables-legacy"),
}


@pytest.mark.parametrize("make", thinned(CASES.values(), 14), ids=CASES)
def test_a_change_is_as_simulated_leads_back_and_may_be_typed_in_twice(host: Host, make: Make) -> None:
    """All laws of one change, in turn on one namespace, since each reading of it costs more than the change."""
    before = host.network()
    change = c.Change((make(before.namespace(HOST_NETNS)),))
    made = steps(change, before)
    assert [refusal_of(step, before) for step in made] == [None] * len(made)
    back = steps_from_json(steps_to_json(undo(made)))
    assert back == undo(made), "another process can carry the undo out, which is complete before the first step runs"
    host.carry_out(made)
    moved = host.settled(simulate(change, before))
    if back or differing(moved, before):
        assert any(refusal_of(step, moved) for step in made), "the world has moved"
    host.carry_out(back)
    undone = host.settled(before)
    again = c.Change((make(undone.namespace(HOST_NETNS)),))
    typed = all_shown(steps(again, undone))
    assert typed
    for _ in range(2):  # the second time the commands change nothing
        for command in typed:
            host.type_in(command)
        host.settled(simulate(again, undone))


def test_the_namespace_is_read_as_it_was_made(host: Host) -> None:
    namespace = host.network().namespace(HOST_NETNS)
    assert namespace.unread == ()
    assert {each.dialect for each in namespace.ruleset.tables} == {"iptables-nft", "iptables-legacy", "nft"}
    assert rules(namespace)["nft inet own"]["base"][1][-1][-1] == Verdict("drop")
