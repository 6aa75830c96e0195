from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bench.docker_host import docker_host
from hairpin.change import change as c
from hairpin.change.simulation.entries import table_of
from hairpin.change.simulation.simulate import simulate, with_sysctl
from hairpin.errors import ChangeError
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Redirect
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, Sysctls
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Rule, Ruleset, Verdict
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.network import Network, Port, veth_peer
from hairpin.network.world import Peer, World
from tests.rows import each_row
from tests.small_host import (
    HOST_ADDRESS,
    HOST_NETNS,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
    route,
    sibling,
)

RULE = PolicyRule(4, 100, table=5)
LIVE = Connection(4, Tuple(1, 2, 17), Tuple(2, 1, 17), live=True, evidence="e9")
ENTRY = Neighbour("eth0", 4, 7, 7, "PERMANENT")
HALTED = (Socket("tcp", 4, None, 80, pid=7, halted=True), Socket("tcp", 4, None, 81, pid=8))
NET = network(replace(host_namespace(policy_rules=(RULE,), sockets=HALTED), connections=(LIVE,), neighbours=(ENTRY,)))
JUMP = Place("iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j DOCKER-USER")
SOCKET = Socket("tcp", 4, None, 99)
DROP = Rule((Verdict("drop"),), "-A FORWARD -j DROP", 1)
WAY = route("10.0.0.0/8", "eth0")


def forward(net: Network) -> tuple[str, ...]:
    table = net.namespace(HOST_NETNS).ruleset.table("ip", "filter")
    assert table is not None
    chain = table.chain("FORWARD")
    assert chain is not None
    return (chain.policy or "", *(rule.text for rule in chain.rules[:1]))


def chains(net: Network) -> tuple[str, ...]:
    table = net.namespace(HOST_NETNS).ruleset.table("ip", "nat")
    assert table is not None
    return tuple(chain.name for chain in table.chains)


# change, (how to look at the changed part,) that part before, and after
CASES: dict[str, tuple[c.Primitive, object, object]] = {
    "sysctl": (c.SetSysctl(HOST_NETNS, ("net", "x"), "1"), None, "1"),
    "chain": (c.AddChain(HOST_NETNS, "iptables-nft", "ip", "nat", "NEW"), False, True),
    "rule": (c.InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", DROP, 1), JUMP.text, DROP.text),
    "rule away": (c.DeleteRule(HOST_NETNS, JUMP), True, False),
    "policy": (c.SetPolicy(HOST_NETNS, JUMP, "accept"), "drop", "accept"),
    "address": (c.AddEntry(HOST_NETNS, Address("eth0", 4, 7, 32)), False, True),
    "route": (c.AddEntry(HOST_NETNS, WAY), False, True),
    "route away": (c.DeleteEntry(HOST_NETNS, route("default", "eth0", via="198.51.100.1")), True, False),
    "policy rule away": (c.DeleteEntry(HOST_NETNS, RULE), True, False),
    "neighbour entry away": (c.DeleteEntry(HOST_NETNS, ENTRY), True, False),
    "socket": (c.AddSocket(HOST_NETNS, SOCKET, message("listen")), False, True),
    "connection away": (c.DropConnection(HOST_NETNS, 4, LIVE.original), True, False),
    "process": (c.ContinueProcess(HOST_NETNS.host, 7), True, False),
    "link": (c.SetLink(HOST_NETNS, Link(2, "eth0", up=False)), True, False),
    "container": (c.SetContainer(HOST_NETNS.host, container("paused")), "running", "paused"),
    "world": (c.ChangeWorld(World(peers=(Peer(4, 0, 0),)), message("")), 0, 1),
}


def seen(part: c.Primitive, net: Network) -> object:
    """Return the part of the network that this kind of change changes."""
    host = net.namespace(HOST_NETNS)
    match part:
        case c.SetSysctl():
            return host.sysctls.text("net", "x")
        case c.AddChain():
            return "NEW" in chains(net)
        case c.InsertRule():
            return forward(net)[1]
        case c.DeleteRule():
            return forward(net)[1] == JUMP.text
        case c.SetPolicy():
            return forward(net)[0]
        case c.AddEntry(entry=Address()):
            return any(each.value == 7 for each in host.addresses)
        case c.AddEntry(entry=entry) | c.DeleteEntry(entry=entry):
            return entry in table_of(host, entry)
        case c.ContinueProcess():
            return any(each.halted for each in net.namespace(HOST_NETNS).sockets)
        case c.AddSocket():
            return SOCKET in host.sockets
        case c.DropConnection():
            return LIVE in host.connections
        case c.SetLink():
            return any(each.up for each in host.links if each.name == "eth0")
        case c.SetContainer():
            return net.this.containers()[0].status
        case c.ChangeWorld():
            return len(net.world.peers)
        case _:
            raise AssertionError(part)


@each_row(("part", "before", "after"), CASES.values(), ids=CASES)
def test_simulate(part: c.Primitive, before: object, after: object) -> None:
    assert seen(part, NET) == before
    changed = simulate(c.one(part), NET)
    assert seen(part, changed) == after
    assert changed.namespace(sibling("container:web")) == NET.namespace(sibling("container:web"))


def of(net: Network) -> Namespace:
    return net.namespace(HOST_NETNS)


def tables(net: Network) -> tuple[str, ...]:
    return tuple(each.name for each in net.namespace(HOST_NETNS).ruleset.tables)


EMPTY_CHAIN = c.one(c.AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "EMPTY"))
OTHER_ENTRY = replace(ENTRY, value=8, mac=8)
LEARNED = replace(ENTRY, value=9, state="STALE")
FORWARDING = FdbEntry("docker0", "veth1", 7, state="static")
GROWN = simulate(EMPTY_CHAIN, NET)
REDIRECT = Redirect(4, 0xC0000201, HOST_ADDRESS, "eth0")
MORE = GROWN.with_namespace(
    HOST_NETNS,
    replace(GROWN.namespace(HOST_NETNS), neighbours=(ENTRY, LEARNED), fdb=(FORWARDING,), redirects=(REDIRECT,)),
)
Look = Callable[[Network], object]
H, LABEL = HOST_NETNS, HOST_NETNS.host

# change, (how to look at the changed part,) that part before, and after
OTHER_WAY: dict[str, tuple[c.Primitive, Look, object, object]] = {
    "sysctls": (
        c.ReplaceSysctls(H, ((("net", "x"), "1"), (("net", "y"), "2"))),
        lambda net: (of(net).sysctls.text("net", "x"), of(net).sysctls.text("net", "y")),
        (None, None), ("1", "2"),
    ),
    "chain away": (
        c.DeleteChain(H, "iptables-nft", "ip", "filter", "EMPTY"),
        lambda net: of(net).ruleset.tables[1].chain("EMPTY") is None, False, True,
    ),
    "table away": (c.ReplaceTable(H, "iptables-nft", "ip", "nat", None), tables, ("nat", "filter"), ("filter",)),
    "ruleset": (c.ReplaceRuleset(H, Ruleset()), tables, ("nat", "filter"), ()),
    "address away": (
        c.DeleteEntry(H, Address("eth0", 4, HOST_ADDRESS, 24)),
        lambda net: any(hop.link == "eth0" for each in of(net).routes for hop in each.next_hops),
        True, False,
    ),
    "policy rule": (
        c.AddEntry(H, PolicyRule(4, 99, table=6)),
        lambda net: [each.priority for each in of(net).rules], [100], [99, 100],
    ),
    "neighbour entry": (
        c.AddEntry(H, OTHER_ENTRY), lambda net: OTHER_ENTRY in of(net).neighbours, False, True
    ),
    "forwarding entry": (
        c.AddEntry(H, replace(FORWARDING, mac=8)),
        lambda net: len(of(net).fdb), 1, 2,
    ),
    "forwarding entry away": (c.DeleteEntry(H, FORWARDING), lambda net: len(of(net).fdb), 1, 0),
    "nothing listens": (
        c.DeleteSocket(H, HALTED[1]), lambda net: HALTED[1] in of(net).sockets, True, False
    ),
    "a process is stopped": (
        c.HaltProcess(LABEL, 8), lambda net: [each.halted for each in of(net).sockets], [True, False], [True, True]
    ),
    "unit": (
        c.SetUnit(LABEL, Unit("a.service", "active", "enabled")), lambda net: [each.name for each in net.this.units],
        [], ["a.service"],
    ),
    "file": (c.WriteFile(LABEL, "/etc/a", "text"), lambda net: [each.text for each in net.this.files], [], ["text"]),
    "module": (c.LoadModule(LABEL, "br_netfilter"), lambda net: net is MORE, True, True),
    "connections forgotten": (
        c.Forget(H, "connections"), lambda net: len(of(net).connections), 1, 0
    ),
    "neighbours forgotten": (
        c.Forget(H, "neighbours"), lambda net: of(net).neighbours, (ENTRY, LEARNED), (ENTRY,)
    ),
    "redirects forgotten": (c.Forget(H, "redirects"), lambda net: len(of(net).redirects), 1, 0),
    "link away": (c.DeleteLink(H, "docker0"), lambda net: of(net).link("docker0") is None, False, True),
    "namespace away": (
        c.DeleteNamespace(sibling("container:web")),
        lambda net: (len(net.this.namespaces), of(net).link("veth1") is None), (2, False), (1, True),
    ),
}  # fmt: skip


@each_row(("part", "look", "before", "after"), OTHER_WAY.values(), ids=OTHER_WAY)
def test_changes_that_events_make(part: c.Primitive, look: Look, before: object, after: object) -> None:
    assert look(MORE) == before
    assert look(simulate(c.one(part), MORE)) == after


def test_a_deleted_file_is_restored() -> None:
    written = simulate(c.Change((c.WriteFile(LABEL, "/etc/a", "b"), c.WriteFile(LABEL, "/etc/a", "c"))), NET)
    assert [each.text for each in written.this.files] == ["c"]
    assert simulate(c.one(c.WriteFile(LABEL, "/etc/a", None)), written).this.files == ()


def test_a_container_comes_with_its_namespace_and_veth_pair() -> None:
    stopped = engine(container("exited"))
    host = host_namespace()
    bare = replace(host, links=host.links[:3])
    whole = network(bare, docker=stopped)
    whole = whole.with_host(replace(whole.this, namespaces=(bare,)))
    after = simulate(c.one(c.AddNamespace(HOST_NETNS.host, container_namespace(), host.links[3], container())), whole)
    assert after.this.containers()[0].status == "running"
    assert veth_peer(after, sibling("container:web"), container_namespace().links[1]) == Port(HOST_NETNS, "veth1")
    again = simulate(c.one(c.AddNamespace(HOST_NETNS.host, container_namespace(), host.links[3], container())), after)
    assert again == after


def test_a_bridge_has_a_carrier_once_its_first_container_is_there() -> None:
    host = host_namespace()
    veth = next(each for each in host.links if each.name == "veth1")
    links = tuple(
        replace(each, carrier=False, operstate="DOWN") if each.name == "docker0" else each
        for each in host.links
        if each != veth
    )
    routes = tuple(
        replace(route, next_hops=tuple(replace(hop, linkdown=hop.link == "docker0") for hop in route.next_hops))
        if route.type in ("unicast", "broadcast")
        else route
        for route in host.routes
    )
    empty = network(replace(host, links=links, routes=routes))
    after = simulate(
        c.one(c.AddNamespace(HOST_NETNS.host, container_namespace(), veth, container())), empty
    ).this.namespaces[0]
    docker0 = after.link("docker0")
    assert docker0 is not None
    assert docker0.carrier
    assert not any(hop.linkdown for route in after.routes for hop in route.next_hops)


def test_parts_are_made_in_order() -> None:
    parts = (c.SetSysctl(HOST_NETNS, ("net", "x"), "1"), c.SetSysctl(HOST_NETNS, ("net", "x"), "2"))
    assert simulate(c.Change(parts), NET).namespace(HOST_NETNS).sysctls.text("net", "x") == "2"
    assert simulate(c.Change(()), NET) is NET


MISFITS: dict[str, c.Primitive] = {
    "namespace": c.SetSysctl(sibling("container:gone"), ("net", "x"), "1"),
    "rule": c.DeleteRule(HOST_NETNS, replace(JUMP, number=9)),
    "table": c.SetPolicy(HOST_NETNS, replace(JUMP, table="raw"), "drop"),
}


@pytest.mark.parametrize("part", MISFITS.values(), ids=MISFITS)
def test_a_change_that_does_not_fit_is_refused(part: c.Primitive) -> None:
    with pytest.raises(ChangeError):
        simulate(c.one(part), NET)


def test_dockerd_has_other_options_once_its_file_says_so() -> None:
    path = "/etc/docker/daemon.json"
    text = '{"iptables":false,"icc":false}'
    docker = Engine("docker", "26.1.5", iptables=False, icc=False, userland_proxy=False)
    host = replace(NET.this, engines=(docker, Engine("podman", "4")), files=(ConfigFile(path, text),))
    was = NET.with_host(host)
    now = simulate(c.Change((c.WriteFile(host.name, path, '{"icc":true,"ip":"192.0.2.1"}'),)), was).this
    assert now.engines == (
        replace(docker, iptables=None, icc=True, default_ip=0xC0000201), Engine("podman", "4"),
    )  # fmt: skip
    other = simulate(c.Change((c.WriteFile(host.name, "/etc/a.json", "{}"),)), was).this
    assert other.engines == host.engines


@pytest.mark.parametrize("count", (1, 4))
def test_the_ends_of_gone_namespaces_go_as_deleted_links_do(count: int) -> None:
    before = docker_host(4)
    host = before.host_netns()
    gone = tuple(host.sibling(each.name) for each in before.this.namespaces if host.sibling(each.name) != host)[:count]
    ends = [peer.link for netns in gone for link in before.namespace(netns).links
            if (peer := veth_peer(before, netns, link)) is not None]  # fmt: skip
    deleted = simulate(c.Change(tuple(c.DeleteLink(host, each) for each in ends)), before)
    together = simulate(c.Change(tuple(map(c.DeleteNamespace, gone))), before)
    assert len(ends) == count
    assert together.namespace(host) == deleted.namespace(host)
    assert not [each for each in gone if each in together]


OFF: dict[Path, str] = {
    ("net", "ipv4", "ip_forward"): "0",
    ("net", "ipv4", "conf", "all", "forwarding"): "0",
    ("net", "ipv4", "conf", "default", "forwarding"): "0",
    ("net", "ipv4", "conf", "eth0", "forwarding"): "1",
    ("net", "ipv4", "conf", "eth0", "rp_filter"): "2",
    ("net", "ipv4", "conf", "all", "accept_redirects"): "1",
    ("net", "ipv6", "conf", "all", "forwarding"): "0",
    ("net", "ipv6", "conf", "eth0", "forwarding"): "0",
    ("net", "ipv6", "conf", "eth1", "forwarding"): "1",
}


def four(name: str) -> Path:
    return ("net", "ipv4", "conf", name, "forwarding")


IP_FORWARD: Path = ("net", "ipv4", "ip_forward")
ON = {IP_FORWARD: "1", four("all"): "1", four("default"): "1", ("net", "ipv4", "conf", "all", "accept_redirects"): "0"}

# path, value, what differs afterwards
SYSCTLS: dict[str, tuple[Path, str, dict[Path, str]]] = {
    "ip_forward on": (IP_FORWARD, "1", ON),
    "ip_forward with the same value changes nothing": (IP_FORWARD, "0", {}),
    "conf.all.forwarding is the same value": (four("all"), "1", ON),
    "one interface": (four("eth0"), "0", {four("eth0"): "0"}),
    "another value of an interface": (
        ("net", "ipv4", "conf", "eth0", "rp_filter"), "1", {("net", "ipv4", "conf", "eth0", "rp_filter"): "1"},
    ),
    "ipv6": (
        ("net", "ipv6", "conf", "all", "forwarding"),
        "1",
        {("net", "ipv6", "conf", name, "forwarding"): "1" for name in ("all", "eth0")},
    ),
    "ipv6 with the same value reaches every interface, too": (
        ("net", "ipv6", "conf", "all", "forwarding"), "0", {("net", "ipv6", "conf", "eth1", "forwarding"): "0"},
    ),
    "a value that was not read": (("net", "x"), "1", {("net", "x"): "1"}),
}  # fmt: skip


@each_row(("path", "value", "changed"), SYSCTLS.values(), ids=SYSCTLS)
def test_written(path: Path, value: str, changed: dict[Path, str]) -> None:
    after = with_sysctl(Sysctls(OFF, "e1"), path, value)
    assert {key: text for key, text in after.values.items() if OFF.get(key) != text} == changed
    assert after.evidence == "e1"


def test_switching_off_reaches_every_interface() -> None:
    on = Sysctls({**OFF, **ON})
    after = with_sysctl(on, IP_FORWARD, "0")
    assert [after.text(*four(name)) for name in ("all", "default", "eth0")] == ["0", "0", "0"]
    assert after.text("net", "ipv4", "conf", "all", "accept_redirects") == "1"


def test_ipv6_forwarding_off_ends_forced_forwarding_of_every_interface() -> None:
    """Seen on Linux 6.18: the values of ``all`` and ``default`` stay."""
    forced: dict[Path, str] = {
        ("net", "ipv6", "conf", name, "force_forwarding"): "1" for name in ("all", "default", "eth0", "lo")
    }
    for value, left in (("1", "1"), ("0", "0")):
        after = with_sysctl(Sysctls({**OFF, **forced}), ("net", "ipv6", "conf", "all", "forwarding"), value)
        texts = [
            after.text("net", "ipv6", "conf", name, "force_forwarding") for name in ("all", "default", "eth0", "lo")
        ]
        assert texts == ["1", "1", left, left]
