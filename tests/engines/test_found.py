"""An engine's rules looked up among the host's."""

import msgspec

from hairpin.engines.docker.dockerd import expected
from hairpin.engines.found import count_of_rules, of_dialect, positions, shown_runs, tables_of_backend
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Dialect, Rule, Ruleset, Table, Verdict
from tests.engines.hosts import DOCKER0, EMPTY, N1, WEB, docker, programmed
from tests.rows import each_row

ENGINE = docker("26.1.5", DOCKER0, N1, containers=(WEB,))
WANTED = expected(ENGINE, EMPTY)
FILTER: dict[Dialect, Table] = {
    dialect: Table("ip", "filter", dialect, chains=()) for dialect in ("iptables-nft", "iptables-legacy")
}


def holding(*tables: Table) -> Namespace:
    return Namespace(name="host", ruleset=Ruleset(tables=tables))


BACK_ENDS: dict[str, tuple[Namespace, str | None, Dialect]] = {
    "the one that holds the rules": (programmed(ENGINE, dialect="iptables-legacy"), None, "iptables-legacy"),
    "whatever iptables is now": (
        programmed(ENGINE, dialect="iptables-legacy"),
        "iptables v1.8.9 (nf_tables)",
        "iptables-legacy",
    ),
    "nothing there: what iptables is now": (EMPTY, "iptables v1.8.9 (legacy)", "iptables-legacy"),
    "all lost: what iptables is now": (
        holding(FILTER["iptables-legacy"]),
        "iptables v1.8.9 (nf_tables)",
        "iptables-nft",
    ),
    "all lost: the only one in use": (holding(FILTER["iptables-legacy"]), None, "iptables-legacy"),
    "both in use": (holding(*FILTER.values()), None, "iptables-nft"),
    "nothing known": (EMPTY, None, "iptables-nft"),
}


@each_row(("namespace", "version", "dialect"), BACK_ENDS.values(), ids=BACK_ENDS)
def test_back_end(namespace: Namespace, version: str | None, dialect: Dialect) -> None:
    assert tables_of_backend("iptables", WANTED.rules, namespace, version).dialect == dialect


def test_more_rules_decide_between_two_back_ends() -> None:
    some = programmed(ENGINE, lambda one: one.purpose == "return")
    legacy = programmed(ENGINE, dialect="iptables-legacy")
    both = holding(*some.ruleset.tables, *legacy.ruleset.tables)
    assert tables_of_backend("iptables", WANTED.rules, both).dialect == "iptables-legacy"
    assert count_of_rules(of_dialect("iptables-legacy", both), WANTED.rules) == len(WANTED.rules)


def test_unread_families_are_known() -> None:
    namespace = msgspec.structs.replace(EMPTY, unread=("iptables-nft-save6", "conntrack"))
    assert of_dialect("iptables-nft", namespace).unread == ("ip6",)
    assert of_dialect("iptables-legacy", namespace).unread == ()


DROP = Verdict("drop")


def test_only_expected_rules_are_looked_up() -> None:
    rules = tuple(Rule(body=(Verdict(verdict),), text="", number=1) for verdict in ("accept", "drop", "drop"))
    assert positions(rules, {(DROP,)}) == {(DROP,): 1}


def test_runs_are_in_the_order_of_making() -> None:
    """Masquerades are inserted, so the last one made stands first."""
    runs = {
        run[0].purpose: [one.network for one in run] for run in shown_runs("iptables", WANTED.rules, programmed(ENGINE))
    }
    assert runs["masquerade"] == ["bridge", "n1"]
    assert runs["outgoing"] == ["bridge", "n1"]
    assert runs["dnat"] == ["n1"]


def test_the_engines_own_chains_are_searched_first() -> None:
    runs = [run[0].chain for run in shown_runs("iptables", WANTED.rules, programmed(ENGINE))]
    assert runs.index("DOCKER") < runs.index("POSTROUTING")
