"""The plans that are killed: every kind of step, on a host without a manager and on hosts with real ones."""

from collections.abc import Callable
from typing import Literal

import msgspec

from hairpin.change import calls
from hairpin.change import change as c
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Step
from hairpin.change.steps import steps
from hairpin.host.link import Address
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.netfilter.evaluate.chain import policy_place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import FieldMatch, Rule
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix

Make = Callable[[Network], c.Primitive | c.Change]
FOLDER = "/etc/sysctl.d"
_LINE = "net.ipv4.conf.lo.rp_filter = {}\n"


class KilledHost(msgspec.Struct, frozen=True):
    """A kind of host: its lab, and the steps of now and those that last, each made for the host that those before it
    leave.  ``port``: the flow that is asked."""

    plan: LabPlan
    port: str
    now: tuple[Make, ...]
    lasting: tuple[Make, ...]

    def steps(self, network: Network) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """Return the steps of now, and those that last."""
        made: list[tuple[Step, ...]] = []
        for some in (self.now, self.lasting):
            own: list[Step] = []
            for make in some:
                part = make(network)
                change = part if isinstance(part, c.Change) else c.Change((part,))
                own.extend(steps(change, network))
                network = simulate(change, network)
            made.append(tuple(own))
        return made[0], made[1]


def _rule(words: str, position: int | None, table: str = "filter") -> Make:
    chain = words.split(maxsplit=1)[0]
    text = f"*{table}\n:{chain} - [0:0]\n-A {words}\nCOMMIT\n"
    rule = parse(text, family="ip", dialect="iptables-nft", source="kills")[0].chains[0].rules[0]
    return lambda seen: c.InsertRule(seen.this.netns, "iptables-nft", "ip", table, chain, rule, position)


def _nft(seen: Network) -> c.Primitive:
    table = seen.namespace(seen.this.netns).ruleset.table("inet", "own", "nft")
    assert table is not None
    found = table.chain("base")
    assert found is not None
    body = tuple(
        msgspec.structs.replace(each, ranges=((10, 10),))
        if isinstance(each, FieldMatch) and each.field == "dport"
        else each
        for each in found.rules[0].body
    )
    rule = Rule(body, "tcp dport 10 drop", 0)
    return c.InsertRule(seen.this.netns, "nft", "inet", "own", "base", rule, 1)


def _policy(seen: Network) -> c.Primitive:
    table = seen.namespace(seen.this.netns).ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    chain = table.chain("FORWARD")
    assert chain is not None
    return c.SetPolicy(seen.this.netns, policy_place(table, chain), "drop")


def _link(**values: object) -> Make:
    def make(seen: Network) -> c.Primitive:
        link = seen.namespace(seen.this.netns).link("eth1")
        assert link is not None
        return c.SetLink(seen.this.netns, msgspec.structs.replace(link, **values))

    return make


def _address(seen: Network) -> c.Primitive:
    return c.AddEntry(seen.this.netns, Address("eth0", 4, parse_address("198.51.100.77")[1], 24))


def _route(table: int) -> Make:
    version, network, length = parse_prefix("203.0.113.0/24")
    hop = NextHop("eth0", parse_address("198.51.100.2")[1], gateway_version=4)
    return lambda seen: c.AddEntry(seen.this.netns, Route(version, network, length, table, next_hops=(hop,)))


def _diverted(seen: Network) -> c.Primitive:
    return c.AddEntry(seen.this.netns, PolicyRule(4, 90, table=77, source=(parse_address("10.9.0.0")[1], 16)))


def _file(name: str, text: str | None) -> Make:
    return lambda seen: c.WriteFile(seen.this.name, f"{FOLDER}/{name}", text)


def _call(call: calls.Call) -> Make:
    return lambda _seen: c.Change((), (call,))


def _container(verb: Literal["pause", "unpause"], name: str) -> Make:
    def make(seen: Network) -> c.Change:
        found = seen.this.container(name)
        assert found is not None
        then = msgspec.structs.replace(found, status="paused" if verb == "pause" else "running")
        return c.Change((c.SetContainer(seen.this.name, then),), (calls.SetContainerState("docker", verb, name),))

    return make


_BESIDE = ContainerPlan("beside", networks=("apart",))
_DOCKER = LabPlan(networks=(NetworkPlan("apart"),), containers=(ContainerPlan(publish=("8151:80",)), _BESIDE))
_ENGINE = (
    _container("pause", "beside"),
    _container("unpause", "beside"),
    _call(calls.ConnectContainer("docker", "connect", "bridge", "beside")),
)
_RICH = calls.AddRichRule("zone", "public", 'rule family="ipv4" source address="203.0.113.9" accept')
FILES = (
    f"cd {FOLDER}; for each in linked gone changed; do echo 'net.ipv4.conf.lo.rp_filter = 0' >70-$each.conf; done;"
    " ln 70-linked.conf 70-other.conf; chmod 600 70-gone.conf"
)
_ADDED_ANEW = "ufw allow 7001/tcp; ufw delete allow 7001/tcp"
"""ufw's first call leaves out some of its own rules of IPv6, and each later one makes them."""
_TRUSTED = "for how in add remove; do firewall-cmd --zone=trusted --$how-source=10.8.0.0/16; done"
"""firewalld makes the chains of a zone when it has its first source, and leaves them."""
TABLES = (
    "for how in A D; do for chain in INPUT FORWARD; do iptables -$how $chain -j ACCEPT; done; done;"
    " nft 'table inet own { chain base { type filter hook input priority 10; tcp dport 9 drop; }; }'"
)


HOSTS: dict[str, KilledHost] = {
    "kernel": KilledHost(
        LabPlan(
            containers=(),
            docker=False,
            second_nic=True,
            setup=("busybox httpd -p 198.51.100.11:8151 -h /run", TABLES, FILES),
        ),
        "8151",
        (
            lambda seen: c.SetSysctl(seen.this.netns, ("net", "ipv4", "ip_forward"), "1"),
            lambda seen: c.AddChain(seen.this.netns, "iptables-nft", "ip", "filter", "OWN"),
            _rule("OWN -p tcp -m tcp --dport 9999 -j ACCEPT", None),
            _rule("FORWARD -j OWN", 1),
            _policy,
            _nft,
            _address,
            _route(77),
            _diverted,
            _route(254),
            _link(mtu_bytes=1400),
            _link(up=False, carrier=False),
        ),
        (
            _file("70-new.conf", _LINE.format(2)),
            _file("70-linked.conf", 3 * _LINE.format(0)),
            _file("70-gone.conf", None),
            _file("70-changed.conf", _LINE.format(1)),
        ),
    ),
    "firewalld, docker": KilledHost(
        msgspec.structs.replace(_DOCKER, firewall="firewalld", setup=(_TRUSTED, FILES)),
        "8151",
        (_call(calls.OpenPort("public", 9999, "tcp")), _call(_RICH), _call(calls.TrustSource("10.9.0.0/16")), *_ENGINE),
        (
            _call(calls.OpenPort("public", 9999, "tcp", permanent=True)),
            _call(msgspec.structs.replace(_RICH, permanent=True)),
            _call(calls.AddDirectRule("ip", "filter", "INPUT", "-p tcp -m tcp --dport 9999 -j ACCEPT")),
            _file("70-changed.conf", _LINE.format(1)),
        ),
    ),
    "ufw, docker": KilledHost(
        msgspec.structs.replace(_DOCKER, firewall="ufw", setup=("ufw allow 7000/tcp", _ADDED_ANEW, FILES)),
        "8151",
        (
            _call(calls.AllowInUfw(9999, "tcp")),
            _call(calls.AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True)),
            _call(calls.AllowInUfw(9998, "tcp", first=True, iif="eth0")),
            *_ENGINE,
        ),
        (_call(calls.SetRestartPolicy("docker", "always", "web")), _file("70-new.conf", _LINE.format(2))),
    ),
}
