"""Which of an engine's chains and rules the host lacks."""

import msgspec

from hairpin.engines.found import of_dialect
from hairpin.engines.missing import lacking, loss_text, missing, missing_on
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import OpaqueMatch, Rule, Ruleset
from tests.engines.hosts import DOCKER0, EMPTY, N1, SIX, WEB, docker, programmed

ENGINE = docker("28.5.2", DOCKER0, N1, containers=(WEB,))
NATIVE = msgspec.structs.replace(docker("29.1.0", DOCKER0, SIX), firewall_backend="nftables")


def without_chain(engine: Engine, name: str) -> Namespace:
    namespace = programmed(engine)
    tables = tuple(
        msgspec.structs.replace(table, chains=tuple(chain for chain in table.chains if chain.name != name))
        for table in namespace.ruleset.tables
    )
    return msgspec.structs.replace(namespace, ruleset=Ruleset(tables=tables))


def test_a_complete_host_lacks_nothing() -> None:
    assert not missing(ENGINE, programmed(ENGINE))


def test_an_empty_host_lacks_everything() -> None:
    lost = missing(ENGINE, EMPTY)
    assert (lost.rules, lost.chains) == (lost.wanted.rules, lost.wanted.chains)
    assert lost


def test_rules_by_purpose() -> None:
    lost = missing(ENGINE, programmed(ENGINE, lambda one: one.purpose not in {"dnat", "masquerade"}))
    assert {one.purpose for one in lost.rules} == {"dnat", "masquerade"}
    assert [one.container for one in lost.of("dnat")] == ["web"]
    assert lost.chains == ()


def test_a_missing_chain_takes_its_rules_with_it() -> None:
    lost = missing(ENGINE, without_chain(ENGINE, "DOCKER-CT"))
    assert {(one.family, one.chain) for one in lost.chains} == {("ip", "DOCKER-CT"), ("ip6", "DOCKER-CT")}
    assert {one.chain for one in lost.rules} == {"DOCKER-CT"}


def test_rules_that_were_not_read_are_not_missing() -> None:
    namespace = msgspec.structs.replace(EMPTY, unread=("iptables-nft-save4",))
    lost = missing(ENGINE, namespace)
    assert {one.family for one in lost.rules} == {"ip6"}
    assert {one.family for one in lost.chains} == {"ip6"}
    assert lost.undecided == ("the iptables-nft rules of family ip could not be read",)


def named_only(namespace: Namespace, chain: str) -> Namespace:
    """Return the namespace with IPv4's tables as nft shows them.  Of the chain's rules, nft names the extensions."""
    unknown = Rule((OpaqueMatch('xt match "addrtype"'),), 'xt match "addrtype"', 1)
    tables = tuple(
        msgspec.structs.replace(
            table,
            dialect="nft" if table.family == "ip" else table.dialect,
            chains=tuple(
                msgspec.structs.replace(each, rules=tuple(unknown for _ in each.rules))
                if (table.family, each.name) == ("ip", chain)
                else each
                for each in table.chains
            ),
        )
        for table in namespace.ruleset.tables
    )
    return msgspec.structs.replace(namespace, ruleset=Ruleset(tables=tables))


def test_rules_of_which_nft_shows_a_name_only_are_not_missing() -> None:
    lost = missing(ENGINE, named_only(programmed(ENGINE), "PREROUTING"))
    assert not lost
    assert "nft names the extensions in ip nat PREROUTING only" in lost.undecided


def test_a_table_that_only_nft_shows_is_iptables_table() -> None:
    native = named_only(programmed(ENGINE, lambda one: one.purpose != "dnat"), "")
    lost = missing(ENGINE, native)
    assert {one.purpose for one in lost.rules} == {"dnat"}
    assert lost.undecided == ()


def test_rules_in_the_other_back_end_are_found_there() -> None:
    lost = missing(ENGINE, programmed(ENGINE, dialect="iptables-legacy"), "iptables v1.8.9 (nf_tables)")
    assert not lost
    assert lost.dialect == "iptables-legacy"


def test_a_rule_in_another_chain_does_not_count() -> None:
    where = of_dialect("iptables-nft", without_chain(ENGINE, "DOCKER"))
    assert {one.chain for one in lacking(where, missing(ENGINE, EMPTY).wanted.rules)} == {"DOCKER"}


def test_nftables() -> None:
    namespace = programmed(NATIVE, dialect="nft")
    assert not missing(NATIVE, namespace)
    assert missing(NATIVE, EMPTY).dialect == "nft"


def test_a_bridge_that_is_gone_from_a_map() -> None:
    namespace = programmed(NATIVE, dialect="nft")
    empty = tuple(msgspec.structs.replace(table, maps=()) for table in namespace.ruleset.tables)
    lost = missing(NATIVE, msgspec.structs.replace(namespace, ruleset=Ruleset(tables=empty)))
    assert lost.elements == lost.wanted.elements
    assert lost.rules == ()


def test_each_engine_has_its_own_missing_rules() -> None:
    without_dnat = programmed(ENGINE, lambda one: one.purpose != "dnat")
    host = Host("test", namespaces=(without_dnat,), engines=(ENGINE, Engine("podman", "4.3.1")))
    (asked, lost), (_, of_podman) = missing_on(host)
    assert asked == ENGINE
    assert {one.purpose for one in lost.rules} == {"dnat"}
    assert of_podman.undecided
    assert not of_podman


def test_what_is_lost_is_counted_in_words() -> None:
    told = [str(loss_text(*each)) for each in ((1, 0), (8, 0), (8, 1), (26, 5))]
    assert told == ["1 rule", "8 rules", "8 rules and 1 chain", "26 rules and 5 chains"]
