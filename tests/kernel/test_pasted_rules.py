"""What ``iptables -L``, ``iptables -S`` and ``nft list ruleset`` print of rules in the kernel is read as these rules.

The rules are loaded in a network namespace that ends with the command.  A match that a listing does not tell may become
a match of which nothing is known; it never becomes another match, and never none.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hairpin.evidence.file import read
from hairpin.evidence.reading import Evidence
from hairpin.netfilter import ir
from hairpin.netfilter.iptables import save
from hairpin.netfilter.iptables.match_rows import ROWS
from hairpin.netfilter.iptables.render import render
from hairpin.netfilter.nft import listing
from hairpin.netfilter.rule_address import IpFamily
from hairpin.pasted.forms.rules.sound_rules import is_gap
from tests.kernel.test_iptables_round_trip import SETS, WIDE
from tests.pasted.readings import evidence_in_text
from tests.strategies import row_matches
from tests.whole import thinned

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HOSTS = sorted(path.stem for path in (FIXTURES / "hosts").glob("*.hairpin"))
TABLES = ("raw", "mangle", "nat", "filter", "security")
LISTED = """
set -u
printf '%s' "$2" | ipset restore
"$1-restore" || exit 1
"$1-save"
shift 2
"""
_LOGS = re.compile(r"^(NoEffect\(name='(?:LOG|NFLOG|SET|RATEEST|NFACCT)').*")
"""Statements that decide nothing: a listing tells less of them."""


def outputs(text: str, tool: str, *commands: str, sets: str = SETS) -> tuple[str, ...]:
    """Return what the commands print in a namespace with these rules, after what the tool saves."""
    script = LISTED + "".join(f"echo '=== ===';{each} 2>/dev/null;" for each in commands)
    done = subprocess.run(
        ("unshare", "--net", "sh", "-c", script, "listed", tool, sets), input=text, capture_output=True, text=True,
        check=False, errors="replace",
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return tuple(done.stdout.split("=== ===\n"))


def tables_of(text: str, family: IpFamily) -> dict[str, ir.Table]:
    found = save.parse(text, family=family, dialect="iptables-nft", source="text")
    return {each.name: each for each in found}


def tables_in(pasted: str, family: IpFamily) -> dict[str, ir.Table]:
    """Return the tables that are read from a pasted text."""
    found: dict[str, ir.Table] = {}
    for reading in evidence_in_text(pasted).readings:
        if reading.key.startswith("iptables-"):
            assert reading.key.endswith("6" if family == "ip6" else "4")
            found |= tables_of(reading.text, family)
    return found


def assert_tells(listed: ir.Table, saved: ir.Table) -> int:
    """Fail if a listed rule says something else than the saved rule; return how many rules are the same."""
    same = 0
    assert {each.name for each in listed.chains} == {each.name for each in saved.chains}
    for chain in saved.chains:
        shown = listed.chain(chain.name)
        assert shown is not None
        if shown.hook is not None:
            assert (shown.policy, shown.hook, shown.priority) == (chain.policy, chain.hook, chain.priority)
        assert len(shown.rules) == len(chain.rules), (shown.rules, chain.rules)
        for rule, wanted in zip(shown.rules, chain.rules, strict=True):
            same += assert_is_part(rule, wanted)
    return same


def assert_is_part(rule: ir.Rule, wanted: ir.Rule) -> bool:
    """Fail if the rule has a part that the wanted one lacks, or lacks one without saying so; return whether it is the
    same rule."""
    left = _parts_of(wanted)
    beside = [each for each in _parts_of(rule) if not _taken(each, left)]
    unknown = [each for each in beside if each.startswith(("OpaqueMatch", "Outside"))]
    assert beside == unknown, (rule.text, wanted.text, beside, left)
    assert not left or unknown, (rule.text, wanted.text, left)
    return not unknown


def _parts_of(rule: ir.Rule) -> list[str]:
    """Return the parts of the rule, without ``-m tcp`` alone, which a listing does not show."""
    return [_LOGS.sub(r"\1", repr(each)) for each in rule.body if getattr(each, "name", "") not in ("tcp", "udp")]


def _taken(part: str, left: list[str]) -> bool:
    if part not in left:
        return False
    left.remove(part)
    return True


def listings(tool: str, options: str) -> tuple[str, ...]:
    return tuple(f"echo '# {tool} -t {each} -L {options}'; {tool} -t {each} -L {options}; echo" for each in TABLES)


@pytest.mark.parametrize("options", thinned(("-n -v", "-nv -x --line-numbers", "-n", "-v", ""), 4))
@pytest.mark.parametrize(("name", "tool"), WIDE.items())
def test_a_listing_of_every_option(name: str, tool: str, options: str) -> None:
    family: IpFamily = "ip6" if tool.startswith("ip6") else "ip"
    text = (FIXTURES / "netfilter" / name).read_text()
    text = "".join(
        line for line in text.splitlines(keepends=True) if "eui64" not in line
    )  # which iptables does not list
    saved, *listed = outputs(text, tool, *listings(tool, options))
    shown = tables_in("".join(listed), family)
    same = sum(assert_tells(shown[table], each) for table, each in tables_of(saved, family).items())
    assert same > 0 or "v" not in options


@pytest.mark.parametrize(("name", "tool"), WIDE.items())
def test_a_listing_in_the_words_of_commands(name: str, tool: str) -> None:
    family: IpFamily = "ip6" if tool.startswith("ip6") else "ip"
    commands = (f"echo '# {tool} -t {each} -S'; {tool} -t {each} -S; echo" for each in TABLES)
    saved, *listed = outputs((FIXTURES / "netfilter" / name).read_text(), tool, *commands)
    shown = tables_in("".join(listed), family)
    for table, each in tables_of(saved, family).items():
        assert assert_tells(shown[table], each) == sum(len(chain.rules) for chain in each.chains)


@cache
def evidence(name: str) -> Evidence:
    return read(FIXTURES / "hosts" / f"{name}.hairpin")


@pytest.mark.parametrize("name", thinned(HOSTS, 10))
def test_a_listing_of_a_recorded_host(name: str) -> None:
    sets = "".join(each.text for each in evidence(name).readings if each.key == "ipset" and each.netns == "host")
    for reading in evidence(name).readings:
        if reading.netns != "host" or not re.match(r"iptables-\w+-save[46]$", reading.key) or not reading.text.strip():
            continue
        family: IpFamily = "ip6" if reading.key.endswith("6") else "ip"
        tool = f"ip{'6' if family == 'ip6' else ''}tables-{'nft' if 'nft' in reading.key else 'legacy'}"
        saved, *listed = outputs(reading.text, tool, *listings(tool, "-n -v"), sets=sets)
        shown = tables_in("".join(listed), family)
        for table, each in tables_of(saved, family).items():
            rules = sum(len(chain.rules) for chain in each.chains)
            hidden = sum(" -m hashlimit" in rule.text for chain in each.chains for rule in chain.rules)
            assert assert_tells(shown[table], each) + hidden == rules


def _random_rules() -> st.SearchStrategy[tuple[ir.Expression, ...]]:
    rows = [row for row in ROWS if row.written and "ip" in row.families and row.module != "owner"]

    def of_row(number: int) -> st.SearchStrategy[tuple[ir.Expression, ...]]:
        row = rows[number]
        protocol = next(iter(row.protocols), 6)
        first = (ir.FieldMatch("protocol", ((protocol, protocol),)),) if row.option != "-p" else ()
        return row_matches(row, "ip").map(lambda match: (*first, match, ir.Verdict("accept")))

    return st.integers(0, len(rows) - 1).flatmap(of_row)


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)
@given(st.lists(_random_rules(), min_size=30, max_size=60), st.sampled_from(("iptables-nft", "iptables-legacy")))
def test_listings_of_random_rules(bodies: list[tuple[ir.Expression, ...]], tool: str) -> None:
    chain = ir.Chain("FORWARD", tuple(ir.Rule(body, "", 1) for body in bodies), "forward", policy="accept")
    text = render(ir.Table("ip", "filter", "iptables-nft", (chain,)))
    saved, listed = outputs(text, tool, f"echo '# {tool} -L -n -v'; {tool} -L -n -v")
    wanted = tables_of(saved, "ip")["filter"]
    shown = tables_in(listed, "ip")["filter"]
    assert not any(is_gap(rule.text) for each in shown.chains for rule in each.rules)
    assert_tells(shown, wanted)


NATIVE = Path(__file__).with_name("native_rules.nft")


@pytest.mark.parametrize("damage", ("none", "no indentation", "handles"))
def test_native_tables_of_nft(damage: str) -> None:
    shown_with = "-a" if damage == "handles" else ""
    script = f'nft -f {NATIVE}; nft -j list ruleset; echo; echo "=== ==="; nft {shown_with} list ruleset'
    done = subprocess.run(("unshare", "--net", "sh", "-c", script), capture_output=True, text=True, check=True)
    document, text = done.stdout.split("=== ===\n")
    if damage == "no indentation":
        text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    shown = [
        table
        for reading in evidence_in_text(f"# nft list ruleset\n{text}").readings
        if reading.key == "nft-table"
        for table in listing.parse(reading.text, source="text")
    ]
    wanted = listing.parse(document, source="json")
    assert [(each.family, each.name) for each in shown] == [(each.family, each.name) for each in wanted]
    for table, of_kernel in zip(shown, wanted, strict=True):
        assert table.sets == of_kernel.sets
        assert table.maps == of_kernel.maps
        for chain, kernels in zip(table.chains, of_kernel.chains, strict=True):
            assert (chain.name, chain.hook, chain.priority, chain.policy) == (
                kernels.name, kernels.hook, kernels.priority, kernels.policy,
            )  # fmt: skip
            assert [rule.body for rule in chain.rules] == [rule.body for rule in kernels.rules]


@pytest.mark.parametrize(
    "name", thinned(("none", "ufw", "multiport", "f2b", "hairpin-masquerade.proxy-off", "isolated"), 3)
)
def test_tables_of_iptables_in_the_words_of_nft(name: str) -> None:
    reading = next(
        each for each in evidence(name).readings if each.key == "iptables-nft-save4" and each.netns == "host"
    )
    saved, listed = outputs(reading.text, "iptables-nft", "echo '# nft list ruleset'; nft list ruleset")
    wanted = tables_of(saved, "ip")
    shown = tables_in(listed, "ip")
    assert shown.keys() == wanted.keys()
    for table, each in shown.items():
        for chain in each.chains:
            of_iptables = wanted[table].chain(chain.name)
            assert of_iptables is not None
            assert (chain.policy, chain.hook, chain.priority) == (
                of_iptables.policy,
                of_iptables.hook,
                of_iptables.priority,
            )
            for rule, one in zip(chain.rules, of_iptables.rules, strict=True):
                assert _decides(rule) == _decides(one) or any(
                    "OpaqueMatch" in part or "Outside" in part for part in _decides(rule)
                )


def _decides(rule: ir.Rule) -> list[str]:
    limited = re.compile(r"(StatefulMatch\(name='limit'), text='[^']*'")  # in words of its own
    return sorted(limited.sub(r"\1", repr(each)) for each in rule.body if not isinstance(each, ir.NoEffect))
