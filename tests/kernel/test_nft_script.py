"""Scripts of nft: what hairpin reads of them, held against what the real nft makes of them."""

import subprocess

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hairpin.errors import ParseError
from hairpin.netfilter.ir import Chain, Expression, InlineSetMatch, NatMap, Rule, Table, VerdictMap
from hairpin.netfilter.nft.render import render
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from tests.kernel.test_nft_json import EXAMPLES
from tests.kernel.test_nft_round_trip import REAL, bodies, listed, names_sorted
from tests.whole import thinned


def read(text: str) -> tuple[Table, ...]:
    files = {f"/{path.name}": path.read_text("utf-8") for path in EXAMPLES.glob("*.nft")}
    return tables_after(text, (), LoadingHost(frozenset({"lo"}), "1.0.6"), source="script", files=files)


def in_order(part: Expression) -> Expression:
    if isinstance(part, InlineSetMatch | NatMap | VerdictMap):
        return msgspec.structs.replace(part, elements=tuple(sorted(part.elements, key=repr)))
    return part


def meant(tables: tuple[Table, ...]) -> list[object]:
    """Return what the tables mean: nft gives elements and objects an order of its own."""
    return [
        (
            each.family,
            each.name,
            sorted(
                (chain.name, repr(msgspec.structs.replace(chain, rules=())), [rule_meant(one) for one in chain.rules])
                for chain in each.chains
            ),
            sorted((one.name, one.type, sorted(map(repr, one.elements))) for one in each.sets),
            sorted((one.name, one.type, sorted(map(repr, one.elements))) for one in each.maps),
        )
        for each in tables
    ]


def rule_meant(rule: Rule) -> list[str]:
    return [repr(in_order(part)) for part in names_sorted(rule)]


SCRIPTS = {name: text for name, text in REAL.items() if "xt " not in text}


@pytest.mark.parametrize("text", thinned(SCRIPTS.values(), 5), ids=SCRIPTS)
def test_scripts_of_real_tools_mean_what_nft_makes_of_them(text: str) -> None:
    assert meant(read(text)) == meant(listed(text))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(bodies(), min_size=1, max_size=20))
def test_written_rules_mean_what_nft_makes_of_them(found: list[tuple[Expression, ...]]) -> None:
    rules = tuple(Rule(body, "", number) for number, body in enumerate(found, 1))
    text = render(Table("inet", "generated", "nft", (Chain("in", rules, "input", "filter", -5, "drop"),)))
    assert meant(read(text)) == meant(listed(text))


SEVERAL: dict[str, str] = {
    "loaded twice": "table ip t {\n chain c {\n  accept\n }\n}\ntable ip t {\n chain c {\n  drop\n }\n}\n",
    "the idiom": "table ip t\ndelete table ip t\ntable ip t {\n chain c {\n  accept\n }\n}\n",
    "places": "add table ip t\nadd chain ip t c\nadd rule ip t c accept\ninsert rule ip t c drop\n"
    "add rule ip t c index 0 return\n",
    "flushed": "table ip t {\n set s {\n  type inet_service\n  elements = { 1, 2 }\n }\n chain c {\n  accept\n }\n}\n"
    "flush table ip t\nflush set ip t s\nadd element ip t s { ssh }\n",
    "variables": "define nets = { 10.0.0.0/8, 192.168.0.0/16 }\ndefine first = 1000\ntable inet t {\n chain c {\n"
    "  ip saddr $nets tcp dport { $first - 2000, http } accept\n }\n}\n",
    "a policy that changes": "table ip t {\n chain c {\n  type filter hook input priority filter + 5; policy accept;\n"
    " }\n}\nadd chain ip t c { policy drop; }\n",
    "elements that go": "table ip t {\n set s {\n  type ipv4_addr . inet_service\n  elements = { 1.1.1.1 . 1, "
    "1.1.1.2 . 2 }\n }\n}\ndelete element ip t s { 1.1.1.1 . 1 }\n",
}
REFUSED: dict[str, str] = {
    "no chain": "add table ip t\nadd rule ip t c accept\n",
    "no target": "table ip t {\n chain c {\n  jump d\n }\n}\n",
    "no set": "table ip t {\n chain c {\n  ip saddr @s drop\n }\n}\n",
    "no link": "table ip t {\n chain c {\n  iif wg9 drop\n }\n}\n",
    "no table": "delete table ip t\n",
    "another hook": "add table ip t\nadd chain ip t c { type filter hook input priority 0; }\n"
    "add chain ip t c { type filter hook output priority 0; }\n",
    "a policy without a hook": "add table ip t\nadd chain ip t c { policy drop; }\n",
    "created twice": "create table ip t\ncreate table ip t\n",
    "a chain in use": "table ip t {\n chain c {\n  jump d\n }\n chain d {\n }\n}\ndelete chain ip t d\n",
    "a variable twice": "define a = 1\ndefine a = 2\nadd table ip t\n",
    "no variable": "table ip t {\n chain c {\n  tcp dport $none drop\n }\n}\n",
    "a variable with a dash": "define a = 1\ntable ip t {\n chain c {\n  tcp dport $a-2 drop\n }\n}\n",
    "no line between": "table ip t { chain c { accept; } }\n",
    "no counter": 'table ip t {\n chain c {\n  counter name "none"\n }\n}\n',
    "no element": "add table ip t\nadd set ip t s { type inet_service; }\ndelete element ip t s { 1 }\n",
    "no word": "add table ip t\nadd chain ip t c\nadd rule ip t c frobnicate\n",
    "an unknown port": "add table ip t\nadd chain ip t c\nadd rule ip t c tcp dport nonesuch drop\n",
}


@pytest.mark.parametrize("text", thinned(SEVERAL.values(), 3), ids=SEVERAL)
def test_commands_one_after_another(text: str) -> None:
    assert meant(read(text)) == meant(listed(text))


@pytest.mark.parametrize("text", thinned(REFUSED.values(), 3), ids=REFUSED)
def test_what_nft_refuses(text: str) -> None:
    with pytest.raises(ParseError):
        read(text)
    argv = ("unshare", "--net", "nft", "-f", "-")
    assert subprocess.run(argv, input=text, capture_output=True, text=True, check=False).returncode != 0
