"""Input that puts back exactly what is missing, where the engine would have put it."""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.engines.dockerd import expected
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.found import Meaning, meaning
from hairpin.engines.missing import missing
from hairpin.engines.restore import additions, placements, restore_text
from hairpin.netfilter.ir import Verdict
from tests.engines.hosts import DOCKER0, EMPTY, N1, WEB, docker, programmed

ENGINE = docker("26.1.5", N1, containers=(WEB,))
FOREIGN: Meaning = (Verdict("accept"),)


def forward() -> list[ExpectedRule]:
    """jump to users, jump to stages, then four rules of the bridge, each put at the head in its turn."""
    return [one for one in expected(ENGINE, EMPTY).rules if one.chain == "FORWARD"]


def test_a_flushed_table_is_filled_again() -> None:
    flushed = programmed(ENGINE, lambda one: one.table != "nat")
    (restore,) = restore_text(missing(ENGINE, flushed), flushed)
    assert (restore.family, restore.dialect) == ("ip", "iptables-nft")
    itself = "-s 172.21.0.2/32 -d 172.21.0.2/32 -p tcp -m tcp --dport 80"
    assert restore.text.splitlines() == [
        "*nat",
        "-A POSTROUTING -s 172.21.0.0/16 ! -o br-n1 -j MASQUERADE",
        f"-A POSTROUTING {itself} -j MASQUERADE",
        "-A DOCKER -i br-n1 -j RETURN",
        "-A DOCKER ! -i br-n1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80",
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
        "COMMIT",
    ]


def test_only_missing_chains_are_declared() -> None:
    """Declaring a chain that exists would empty it."""
    (restore,) = restore_text(missing(ENGINE, programmed(ENGINE, lambda one: one.purpose != "dnat")), EMPTY)
    assert ":" not in restore.text.split("-A")[0]
    restores = restore_text(missing(ENGINE, EMPTY), EMPTY)
    assert [line for line in restores[0].text.splitlines() if line.startswith(":")] == [
        ":DOCKER - [0:0]",
        ":DOCKER - [0:0]",
        ":DOCKER-ISOLATION-STAGE-1 - [0:0]",
        ":DOCKER-ISOLATION-STAGE-2 - [0:0]",
        ":DOCKER-USER - [0:0]",
    ]


def test_nothing_missing_needs_no_input() -> None:
    assert restore_text(missing(ENGINE, programmed(ENGINE)), programmed(ENGINE)) == ()


PLACES: dict[str, tuple[Callable[[list[Meaning]], list[Meaning]], list[tuple[int, int | None]]]] = {
    "first": (lambda chain: chain[1:], [(0, 1)]),
    "middle": (lambda chain: [*chain[:3], *chain[4:]], [(3, 4)]),
    "two in a row": (lambda chain: [*chain[:1], *chain[3:]], [(1, 2), (2, 3)]),
    "before what a user appended": (lambda _chain: [FOREIGN], [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]),
    "behind what a user put first": (lambda chain: [FOREIGN, *chain[:3], *chain[4:]], [(3, 5)]),
    "an empty chain": (lambda _chain: [], [(0, None), (1, None), (2, None), (3, None), (4, None), (5, None)]),
}


@pytest.mark.parametrize(("damage", "wanted"), PLACES.values(), ids=PLACES)
def test_places(damage: Callable[[list[Meaning]], list[Meaning]], wanted: list[tuple[int, int | None]]) -> None:
    rules = forward()
    present = damage([meaning(one.rule) for one in rules])
    assert [(rules.index(one), position) for one, position in placements(present, rules)] == wanted


def test_appended_rules_keep_their_order_before_successors() -> None:
    engine = docker("28.5.2", DOCKER0, N1)
    rules = [one for one in expected(engine, EMPTY).rules if (one.family, one.chain) == ("ip", "DOCKER-CT")]
    present = [meaning(rules[1].rule)]
    assert [position for _one, position in placements(present, rules)] == [1]
    assert list(additions(present, rules)) == [
        "-I DOCKER-CT 1 -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    ]


def test_nftables_chains_are_written_anew() -> None:
    engine = msgspec.structs.replace(
        docker("29.1.0", N1, containers=(WEB,)), firewall_backend="nftables", ip6tables=False
    )
    namespace = programmed(engine, lambda one: one.purpose != "accept", dialect="nft")
    (restore,) = restore_text(missing(engine, namespace), namespace)
    chain = "ip docker-bridges filter-forward-in__br-n1"
    assert restore.text.splitlines() == [
        "add table ip docker-bridges",
        f"flush chain {chain}",
        f"add rule {chain} ct state established,related counter accept",
        f'add rule {chain} iifname "br-n1" counter accept comment "ICC"',
        f"add rule {chain} ip daddr 172.21.0.2 tcp dport 80 counter accept",
        f'add rule {chain} counter drop comment "UNPUBLISHED PORT DROP"',
    ]
