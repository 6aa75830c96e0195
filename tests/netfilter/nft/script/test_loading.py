"""What a script makes of the tables that are there."""

import msgspec
import pytest

from hairpin.errors import ParseError
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Jump, Table
from hairpin.netfilter.nft.render import render
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from tests.rows import each_row

MINE = """
table inet mine {
    set admins { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }
    map ports { type inet_service : verdict; elements = { 22 : accept, 80 : jump web } }
    chain web { tcp dport 80 accept; }
    chain in {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        ip saddr @admins tcp dport vmap @ports
        limit rate 5/second accept
    }
}
"""
SAVED = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"
IPTABLES = parse(SAVED, family="ip", dialect="iptables-nft", source="saved")
LEGACY = parse(SAVED, family="ip", dialect="iptables-legacy", source="saved")


def after(text: str, *held: Table, version: str = "1.0.9") -> tuple[Table, ...]:
    return tables_after(text, held, LoadingHost(frozenset({"lo"}), version), source="here")


def sizes(tables: tuple[Table, ...]) -> dict[str, int]:
    return {f"{each.family} {each.name}": sum(len(chain.rules) for chain in each.chains) for each in tables}


def without_texts(table: Table) -> Table:
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, rules=tuple(replace(rule, text="", line=0) for rule in chain.rules)) for chain in table.chains
    )
    return replace(table, chains=chains)


def test_what_hairpin_writes_reads_as_it_was() -> None:
    (first,) = after(MINE)
    (again,) = after(render(first))
    assert without_texts(again) == without_texts(first)


def test_a_script_loaded_twice_has_its_rules_twice() -> None:
    (first,) = after(MINE)
    (again,) = after(MINE, first)
    assert sizes((first,)) == {"inet mine": 4}
    assert sizes((again,)) == {"inet mine": 8}
    assert again.sets == first.sets
    assert again.chains[1].rules[:3] == first.chains[1].rules


@pytest.mark.parametrize(
    "head",
    ("flush ruleset\n", "table inet mine\ndelete table inet mine\n", "destroy table inet mine\n",
     "table inet mine\nflush table inet mine\n"),
)  # fmt: skip
def test_idioms_that_load_a_table_anew(head: str) -> None:
    (first,) = after(MINE)
    assert sizes(after(head + MINE, first)) == {"inet mine": 4}
    assert sizes(after(head + MINE)) == {"inet mine": 4}


def test_a_flush_takes_the_tables_of_iptables_nft_and_leaves_the_legacy_ones() -> None:
    assert after("flush ruleset", *IPTABLES, *LEGACY) == LEGACY
    assert after("flush ruleset inet", *IPTABLES, *LEGACY) == (*IPTABLES, *LEGACY)


def test_rules_are_added_to_a_table_of_iptables() -> None:
    text = "table ip filter {\n chain INPUT { tcp dport 22 accept; }\n chain FORWARD { policy accept; }\n}\n"
    (found,) = after(text, *IPTABLES)
    chain, forward = found.chain("INPUT"), found.chain("FORWARD")
    assert chain is not None
    assert forward is not None
    assert found.dialect == "iptables-nft"
    texts = ["-A INPUT -i lo -j ACCEPT", "tcp dport 22 accept"]
    assert [(each.number, each.text) for each in chain.rules] == list(enumerate(texts, 1))
    assert forward.policy == "accept"


def test_a_chain_without_a_name() -> None:
    (found,) = after("table ip t { chain c { tcp dport 22 jump { accept; }; }; }")
    chain = found.chain("c")
    assert chain is not None
    jump = chain.rules[0].body[-1]
    assert isinstance(jump, Jump)
    inner = found.chain(jump.chain)
    assert inner is not None
    assert [each.text for each in inner.rules] == ["accept"]


@each_row(
    ("text", "line"),
    (("flush ruleset\nadd rule ip t c accept", 2), ("create table inet mine", 1), ("delete table ip none", 1),
     ("table ip t { chain c { iif eth9 accept; }; }", 1), ("add table ip t\n\nadd rule ip t c accept", 3)),
)  # fmt: skip
def test_a_script_that_is_refused_names_the_line(text: str, line: int) -> None:
    (first,) = after(MINE)
    with pytest.raises(ParseError) as raised:
        after(text, first)
    assert raised.value.line == line


def test_an_old_nft_does_not_know_destroy() -> None:
    with pytest.raises(ParseError, match="destroy"):
        after("destroy table inet mine", version="1.0.6")


def test_a_table_is_made_dormant() -> None:
    (found,) = after("table ip t { flags dormant; chain c { type filter hook input priority 0; policy drop; }; }")
    assert found.dormant


OWNED = msgspec.structs.replace(after("table inet owned { chain in { accept; }; }")[0], owned=True)


def test_a_flush_leaves_the_table_that_has_an_owner() -> None:
    """Measured on Linux 6.18 with firewalld 2.3: nft ends with status 0."""
    (mine,) = after(MINE)
    assert after("flush ruleset", mine, OWNED) == (OWNED,)
    assert after("flush ruleset inet", mine, OWNED) == (OWNED,)


@each_row(
    "text",
    (
        "delete table inet owned", "destroy table inet owned", "add table inet owned", "flush table inet owned",
        "insert rule inet owned in drop", "flush chain inet owned in", "add chain inet owned more",
        "add set inet owned s { type ipv4_addr; }",
    ),
)  # fmt: skip
def test_every_other_command_about_it_fails_with_the_whole_script(text: str) -> None:
    with pytest.raises(ParseError, match="flags owner"):
        after(f"flush ruleset\n{text}\n", OWNED)


@pytest.mark.parametrize(
    ("flags", "left"), (("owner", None), ("owner, persist", False), ("owner; flags persist", False), ("dormant", False))
)
def test_a_table_that_the_script_itself_owns_ends_with_nft(flags: str, *, left: bool | None) -> None:
    found = after(f"table inet own {{ flags {flags}; chain in {{ accept; }}; }}")
    assert [each.owned for each in found] == ([left] if left is not None else [])
