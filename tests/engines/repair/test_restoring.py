"""The change that restores exactly the missing rules, where the engine would have put them."""

from collections.abc import Callable, Iterator

import msgspec

from hairpin.carry.act import Act, Command, Done
from hairpin.change.change import AddChain, Change, InsertRule
from hairpin.change.commands.carrying import carrying
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Step
from hairpin.change.steps import steps
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.missing import Missing, missing
from hairpin.engines.repair.restoring import placements, restoring, restoring_all
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Dialect, Verdict
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.network.network import Network
from tests.engines.hosts import DOCKER0, EMPTY, N1, WEB, docker, programmed
from tests.rows import each_row
from tests.rule_text import without
from tests.small_host import HOST_NETNS as SMALL_NETNS
from tests.small_host import container, host_namespace
from tests.small_host import engine as small_engine
from tests.small_host import network as small_network

HOST_NETNS = Netns("h")
ENGINE = docker("26.1.5", N1, containers=(WEB,))
FOREIGN: Meaning = (Verdict("accept"),)


def network(namespace: Namespace) -> Network:
    return Network((Host(HOST_NETNS.host, namespaces=(namespace,)),))


def loads(lost: Missing, namespace: Namespace) -> list[Command]:
    """Return the loads of the change, on a host that has no nft rules to name by handle."""
    return [act for step in steps(restoring_all(lost, HOST_NETNS, namespace), network(namespace)) for act in acts(step)]


def acts(step: Step) -> Iterator[Command]:
    acting = carrying(step)
    act: Act | None = next(acting)
    while act is not None:
        assert isinstance(act, Command)
        if act.text:
            yield act
        try:
            act = acting.send(Done(0))
        except StopIteration:
            act = None


def forward() -> list[ExpectedRule]:
    """jump to users, jump to stages, then four rules of the bridge, each put at the head in its turn."""
    return [one for one in expected(ENGINE, EMPTY).rules if one.chain == "FORWARD"]


def test_a_flushed_table_is_filled_again() -> None:
    flushed = programmed(ENGINE, lambda one: one.table != "nat")
    (load,) = loads(missing(ENGINE, flushed), flushed)
    assert load.argv == ("iptables-nft-restore", "--noflush")
    itself = "-s 172.21.0.2/32 -d 172.21.0.2/32 -p tcp -m tcp --dport 80"
    assert load.text.splitlines() == [
        "*nat",
        "-A POSTROUTING -s 172.21.0.0/16 ! -o br-n1 -j MASQUERADE",
        f"-A POSTROUTING {itself} -j MASQUERADE",
        "-A DOCKER -i br-n1 -j RETURN",
        "-A DOCKER ! -i br-n1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80",
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
        "COMMIT",
    ]


def test_only_missing_chains_are_made() -> None:
    """No chain is declared: declaring one that exists would empty it."""
    lacking = programmed(ENGINE, lambda one: one.purpose != "dnat")
    (load,) = loads(missing(ENGINE, lacking), lacking)
    assert ":" not in load.text.split("-A")[0]
    assert "-N " not in load.text
    everything = loads(missing(ENGINE, EMPTY), EMPTY)
    assert [line for load in everything for line in load.text.splitlines() if line.startswith((":", "-N"))] == [
        "-N DOCKER",
        "-N DOCKER",
        "-N DOCKER-ISOLATION-STAGE-1",
        "-N DOCKER-ISOLATION-STAGE-2",
        "-N DOCKER-USER",
    ]


def test_nothing_missing_needs_no_change() -> None:
    assert restoring_all(missing(ENGINE, programmed(ENGINE)), HOST_NETNS, programmed(ENGINE)) == Change(())


def test_the_change_leaves_nothing_missing() -> None:
    cases: tuple[tuple[Engine, Dialect], ...] = ((ENGINE, "iptables-legacy"), (NATIVE, "nft"))
    for engine, dialect in cases:
        for lacking in (programmed(engine, lambda one: one.purpose != "accept", dialect=dialect), EMPTY):
            lost = missing(engine, lacking)
            after = simulate(restoring_all(lost, HOST_NETNS, lacking), network(lacking))
            assert not missing(engine, after.namespace(HOST_NETNS))


PLACES: dict[str, tuple[Callable[[list[Meaning]], list[Meaning]], list[tuple[int, int | None]]]] = {
    "first": (lambda chain: chain[1:], [(0, 1)]),
    "middle": (lambda chain: [*chain[:3], *chain[4:]], [(3, 4)]),
    "two in a row": (lambda chain: [*chain[:1], *chain[3:]], [(1, 2), (2, 3)]),
    "before what a user appended": (lambda _chain: [FOREIGN], [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]),
    "behind what a user put first": (lambda chain: [FOREIGN, *chain[:3], *chain[4:]], [(3, 5)]),
    "an empty chain": (lambda _chain: [], [(0, None), (1, None), (2, None), (3, None), (4, None), (5, None)]),
}


@each_row(("damage", "wanted"), PLACES.values(), ids=PLACES)
def test_places(damage: Callable[[list[Meaning]], list[Meaning]], wanted: list[tuple[int, int | None]]) -> None:
    rules = forward()
    present = damage([meaning(one.rule) for one in rules])
    assert [(rules.index(one), position) for one, position in placements(present, rules)] == wanted


def test_appended_rules_keep_their_order_before_successors() -> None:
    engine = docker("28.5.2", DOCKER0, N1)
    rules = [one for one in expected(engine, EMPTY).rules if (one.family, one.chain) == ("ip", "DOCKER-CT")]
    present = [meaning(rules[1].rule)]
    assert [position for _one, position in placements(present, rules)] == [1]


NATIVE = msgspec.structs.replace(docker("29.1.0", N1, containers=(WEB,)), firewall_backend="nftables", ip6tables=False)


def test_a_rule_of_an_nftables_chain_comes_to_its_place() -> None:
    lacking = programmed(NATIVE, lambda one: one.purpose != "accept", dialect="nft")
    parts = restoring_all(missing(NATIVE, lacking), HOST_NETNS, lacking).parts
    assert [(part.chain, part.position, part.rule.text) for part in parts if isinstance(part, InsertRule)] == [
        ("filter-forward-in__br-n1", 3, "ip daddr 172.21.0.2 tcp dport 80 counter accept")
    ]


def test_a_missing_nftables_table_is_made_as_a_whole() -> None:
    (load,) = loads(missing(NATIVE, EMPTY), EMPTY)
    assert load.argv == ("nft", "-f", "-")
    assert load.text.startswith(
        "add table ip docker-bridges\ndelete table ip docker-bridges\ntable ip docker-bridges {"
    )
    assert 'elements = { "br-n1" : jump filter-forward-in__br-n1 }' in load.text


SMALL = small_engine(container())
NO_CHAIN = "\n".join(
    line for line in without("DOCKER ").splitlines() if not line.endswith("-j DOCKER") and line != ":DOCKER - [0:0]"
)


def lost_of(net: Network) -> Missing:
    return missing(SMALL, net.namespace(SMALL_NETNS))


def test_all_that_is_lost_can_be_put_back_at_once() -> None:
    net = small_network(host_namespace(NO_CHAIN))
    before = lost_of(net)
    change = restoring(SMALL_NETNS, net.namespace(SMALL_NETNS), before, before.chains, before.rules)
    assert ("nat", "DOCKER") in {(each.table, each.chain) for each in change.parts if isinstance(each, AddChain)}
    assert not lost_of(simulate(change, net))


def test_rules_that_are_not_named_stay_lost() -> None:
    net = small_network(host_namespace(NO_CHAIN))
    before = lost_of(net)
    chains = tuple(each for each in before.chains if each.table == "nat")
    rules = tuple(each for each in before.rules if each.table == "nat")
    after = lost_of(simulate(restoring(SMALL_NETNS, net.namespace(SMALL_NETNS), before, chains, rules), net))
    assert {each.table for each in after.rules} == {"filter"}
    assert {each.table for each in after.chains} == {"filter"}


def test_a_rule_comes_back_in_front_of_the_rule_that_it_stood_before() -> None:
    net = small_network(host_namespace(without("-j DOCKER-USER")))
    before = lost_of(net)
    jump = next(each for each in before.rules if each.rule.text.endswith("-j DOCKER-USER"))
    (added,) = restoring(SMALL_NETNS, net.namespace(SMALL_NETNS), before, (), (jump,)).parts
    assert isinstance(added, InsertRule)
    assert (added.chain, added.position) == ("FORWARD", 1)
