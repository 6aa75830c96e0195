"""The difference of two networks is the change that makes one of the other."""

import msgspec
import pytest

from hairpin.change import change as c
from hairpin.change.commands.text import all_shown
from hairpin.change.difference import difference
from hairpin.change.simulation.simulate import simulate
from hairpin.change.steps import steps
from hairpin.errors import ChangeError
from hairpin.host.link import Address
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Rule, Verdict
from tests.rows import each_row
from tests.small_host import GATEWAY, HOST_NETNS, host_namespace, network, route

NET = network(host_namespace(values={"conf__eth0__forwarding": "1", "conf__all__forwarding": "0", "ip_forward": "0"}))
DROP = Rule((Verdict("drop"),), "-A FORWARD -j DROP", 1)
JUMP = Place("iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j DOCKER-USER")

CASES: dict[str, c.Primitive] = {
    "a sysctl that the kernel copies": c.SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1"),
    "address": c.AddEntry(HOST_NETNS, Address("eth0", 4, 7, 24)),
    "address away, with its routes": c.DeleteEntry(HOST_NETNS, Address("docker0", 4, GATEWAY, 16)),
    "route": c.DeleteEntry(HOST_NETNS, route("172.17.0.0/16", "docker0")),
    "link renamed": c.RenameLink(HOST_NETNS, "docker0", "stray0"),
    "policy rule": c.AddEntry(HOST_NETNS, PolicyRule(4, 9, table=7)),
    "chain": c.AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "NEW"),
    "rule": c.InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", DROP, 2),
    "rule away": c.DeleteRule(HOST_NETNS, JUMP),
    "policy": c.SetPolicy(HOST_NETNS, JUMP, "accept"),
    "table": c.ReplaceTable(HOST_NETNS, "iptables-nft", "ip", "filter", None),
}


@each_row("part", CASES.values(), ids=CASES)
def test_a_difference_makes_and_undoes_a_change(part: c.Primitive) -> None:
    after = simulate(c.Change((part,)), NET)
    for now, wanted in ((NET, after), (after, NET)):
        change = difference(now, wanted)
        assert change.parts
        assert difference(simulate(change, now), wanted) == c.Change(())


def test_nothing_differs_from_itself() -> None:
    assert difference(NET, NET) == c.Change(())


def test_rules_are_deleted_from_the_last_and_inserted_from_the_first() -> None:
    second = msgspec.structs.replace(
        JUMP, text="-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    )
    parts = (c.DeleteRule(HOST_NETNS, JUMP), c.DeleteRule(HOST_NETNS, second))
    after = simulate(c.Change(parts), NET)
    assert all_shown(steps(difference(NET, after), NET))[0].endswith("--ctstate RELATED,ESTABLISHED -j ACCEPT")
    assert [part.position for part in difference(after, NET).parts if isinstance(part, c.InsertRule)] == [1, 2]


def test_no_command_makes_a_link() -> None:
    host = NET.namespace(HOST_NETNS)
    without = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=host.links[:1]))
    with pytest.raises(ChangeError):
        difference(without, NET)


def test_a_link_is_set_first() -> None:
    link = NET.namespace(HOST_NETNS).links[1]
    down = simulate(c.Change((c.SetLink(HOST_NETNS, msgspec.structs.replace(link, up=False, carrier=False)),)), NET)
    assert isinstance(difference(NET, down).parts[0], c.SetLink)


def test_entries_at_one_place_are_replaced() -> None:
    host = NET.namespace(HOST_NETNS)
    route = next(each for each in host.routes if each.prefix_length == 0)
    nowhere = msgspec.structs.replace(route, next_hops=(), type="blackhole")
    entry = Neighbour("eth0", 4, 7, 7, "PERMANENT")
    remote = FdbEntry(None, "vx", 9, remote=7, state="permanent")
    before = NET.with_namespace(HOST_NETNS, msgspec.structs.replace(host, neighbours=(entry,), fdb=(remote,)))
    other, far = msgspec.structs.replace(entry, mac=8), msgspec.structs.replace(remote, remote=8)
    routes = tuple(nowhere if each is route else each for each in host.routes)
    wanted = msgspec.structs.replace(host, routes=routes, neighbours=(other,), fdb=(far,))
    after = NET.with_namespace(HOST_NETNS, wanted)
    forth = (c.AddEntry(HOST_NETNS, other), c.ReplaceEntry(HOST_NETNS, remote, far))
    back = (c.AddEntry(HOST_NETNS, entry), c.ReplaceEntry(HOST_NETNS, far, remote))
    assert difference(before, after).parts == (*forth, c.ReplaceEntry(HOST_NETNS, route, nowhere))
    assert difference(after, before).parts == (*back, c.ReplaceEntry(HOST_NETNS, nowhere, route))
