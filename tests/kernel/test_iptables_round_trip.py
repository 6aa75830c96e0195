"""Rules that iptables saved are read, written, loaded into the real kernel by the real tool, and saved again.

Each load happens in a network namespace of its own that ends with the command.
"""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from hairpin.netfilter import ipset, ir
from hairpin.netfilter.iptables.match_rows import ROWS, OptionRow
from hairpin.netfilter.iptables.render import render
from hairpin.netfilter.iptables.save import IptablesDialect, parse
from hairpin.netfilter.ir import Table
from hairpin.netfilter.rule_address import IpFamily
from tests.strategies import row_matches

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "netfilter"
SETS = (
    "create foo hash:ip family inet timeout 100\n"
    "create ipport hash:ip,port family inet\n"
    "create six hash:ip family inet6\n"
)
RELOAD = """
set -eu
printf '%s' "$2" | ipset restore
"$1-restore" -c
"$1-save" -c
"""

DOCKER: dict[str, str] = {
    "iptables-nft": "docker-28.5-iptables-save.txt",
    "iptables-legacy": "docker-28.5-iptables-save.txt",
    "ip6tables-nft": "docker-28.5-ip6tables-save.txt",
    "ip6tables-legacy": "docker-28.5-ip6tables-save.txt",
}
OLDER_DOCKER = {"docker-20.10-iptables-save.txt": "iptables-nft", "docker-26.1-iptables-save.txt": "iptables-legacy"}
WIDE: dict[str, str] = {
    "every-option-iptables-nft-save.txt": "iptables-nft",
    "every-option-iptables-legacy-save.txt": "iptables-legacy",
    "every-option-ip6tables-nft-save.txt": "ip6tables-nft",
    "every-option-ip6tables-legacy-save.txt": "ip6tables-legacy",
}
# Rules that come back in other words of the same meaning: one module for another, one group of options as two.
OTHER_WORDS = re.compile(
    r"--tcp-option 5|--chunk-types|--dccp-types|--dports 80 |-m state|--ctexpire|--dst-range 10\.0\.0\.0-10\.0\.0\.255"
    r"|--physdev-is-out|-m ecn|-j NOTRACK|-p tcp -m tcp -j DROP"
)


def family_of(tool: str) -> IpFamily:
    return "ip6" if tool.startswith("ip6") else "ip"


def read(text: str, tool: str) -> tuple[Table, ...]:
    dialect: IptablesDialect = "iptables-legacy" if tool.endswith("legacy") else "iptables-nft"
    sets = ipset.parse(SETS, source="sets")
    return parse(text, family=family_of(tool), dialect=dialect, source=tool, ipsets=sets)


def reloaded(text: str, tool: str) -> str:
    """Return what the tool saves after it restored the text, in a fresh network namespace."""
    argv = ("unshare", "--net", "sh", "-c", RELOAD, "reload", tool, SETS)
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines_of(text: str) -> dict[str, list[str]]:
    """Return lines by table, without dates and without the byte counts of policies (which the IR does not keep)."""
    found: dict[str, list[str]] = {}
    table: list[str] = []
    for line in text.splitlines():
        if line.startswith("*"):
            table = found.setdefault(line, [])
        elif line and not line.startswith("#"):
            table.append(re.sub(r"^(:.* \[\d+):\d+\]$", r"\1:0]", line))
    return found


def meaning_of(tables: tuple[Table, ...]) -> dict[str, list[tuple[str, list[list[str]]]]]:
    """Return each rule's expressions by table and chain; the order of a rule's matches is the tool's to choose."""
    return {
        table.name: [(chain.name, [sorted(map(repr, rule.body)) for rule in chain.rules]) for chain in table.chains]
        for table in tables
    }


@pytest.mark.parametrize(("name", "tool"), (*((name, tool) for tool, name in DOCKER.items()), *OLDER_DOCKER.items()))
def test_dockers_rules_come_back_word_for_word(name: str, tool: str) -> None:
    saved = (FIXTURES / name).read_text()
    again = reloaded("".join(map(render, read(saved, tool))), tool)
    assert lines_of(again) == lines_of(saved)


@pytest.mark.parametrize(("name", "tool"), WIDE.items())
def test_every_option_comes_back_with_its_meaning(name: str, tool: str) -> None:
    saved = (FIXTURES / name).read_text()
    tables = read(saved, tool)
    again = reloaded("".join(map(render, tables)), tool)
    assert meaning_of(read(again, tool)) == meaning_of(tables)
    before, after = lines_of(saved), lines_of(again)
    assert before.keys() == after.keys()
    changed = [
        (old, new)
        for table in before
        for old, new in zip(before[table], after[table], strict=True)
        if old != new and not OTHER_WORDS.search(old)
    ]
    assert changed == []


# --- each row of the table -------------------------------------------------------------------------------------------


def some_matches(row: OptionRow, family: IpFamily) -> list[ir.Match]:
    """Return a few matches that the row has words for."""
    found: list[ir.Match] = []

    @settings(max_examples=6, phases=(Phase.generate,), database=None)
    @given(row_matches(row, family))
    def collect(match: ir.Match) -> None:
        found.append(match)

    collect()
    # iptables 1.8.9 saves no mask of a connection's address that is not the length of a prefix (measured).
    return [each for each in found if not (row.module == "conntrack" and "addr" in repr(each) and is_masked(each))]


def is_masked(match: ir.Match) -> bool:
    return isinstance(match, ir.FieldMatch) and match.mask != ir.FULL_MASK


def plain(part: ir.Expression) -> ir.Expression:
    """Return the match as iptables-nft prints it: ``--sport 2:65535`` for ``! --sport 0:1``."""
    match part:
        case ir.FieldMatch(field="sport" | "dport" as field, ranges=((0, last),), negated=True):
            return ir.FieldMatch(field, ((last + 1, 0xFFFF),))
        case ir.FieldMatch(field="sport" | "dport" as field, ranges=((first, 0xFFFF),), negated=True):
            return ir.FieldMatch(field, ((0, first - 1),))
        case _:
            return part


@pytest.mark.parametrize("tool", DOCKER)
def test_the_tool_takes_every_row_of_the_table(tool: str) -> None:
    family = family_of(tool)
    bodies: dict[str, list[tuple[ir.Expression, ...]]] = {"FORWARD": [], "OUTPUT": []}
    for row in ROWS:
        if row.written and family in row.families:
            number = next(iter(row.protocols), 6)
            protocol = (ir.FieldMatch("protocol", ((number, number),)),) if row.option != "-p" else ()
            bodies["OUTPUT" if row.module == "owner" else "FORWARD"] += [
                (*protocol, match, ir.Verdict("accept")) for match in some_matches(row, family)
            ]
    hooks: dict[str, ir.Hook] = {"FORWARD": "forward", "OUTPUT": "output"}
    chains = tuple(
        ir.Chain(name, tuple(ir.Rule(body, "", 1) for body in bodies[name]), hook, policy="accept")
        for name, hook in hooks.items()
    )
    (again,) = read(reloaded(render(Table(family, "filter", "iptables-nft", chains)), tool), tool)
    for name, written in bodies.items():
        chain = again.chain(name)
        listed = [rule.body for rule in chain.rules] if chain is not None else []
        assert [sorted(repr(plain(part)) for part in body) for body in listed] == [
            sorted(repr(plain(part)) for part in body) for body in written
        ]
