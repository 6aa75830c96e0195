"""Runs nftables' own tests: nft loads each rule and lists it as JSON, hairpin reads that.

Only in a network namespace made for it: the rules are really loaded.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hairpin.errors import ChangeError, ParseError
from hairpin.netfilter.ir import Rule as RuleOfIr
from hairpin.netfilter.ir import Table
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.nft.render import render
from tests.conformance.nft_json_lines import expected
from tests.conformance.nft_lines import Rule, Setting, read
from tests.conformance.nft_script_run import read_alike
from tests.conformance.userland import ToolRefusedError, Userland


class Outcome(NamedTuple):
    """The result for one rule in one chain.

    ``refused``: why nft did not load it; hairpin then reads the JSON that the test expects.  ``problem``: why hairpin
    did not read it.  ``again``: whether nft lists the same after it has loaded the rule as hairpin writes it (None: it
    was not loaded).  ``alike``: whether the rule's own words, as a script, mean the same to hairpin.
    """

    file: str
    rule: Rule
    family: str
    refused: str | None
    problem: str | None
    read: tuple[RuleOfIr, ...]
    again: bool | None
    alike: bool


def outcomes(tests: Path, tools: Userland) -> Iterator[Outcome]:
    """Yield an outcome for each rule, table and chain of every test file that nft should take."""
    for path in sorted(tests.glob("*/*.t")):
        setting = read(path)
        for family, name, chains in setting.tables:
            for chain in chains:
                yield from _chain(path, setting, (family, name, chain), tools)


def _chain(path: Path, setting: Setting, place: tuple[str, str, str], tools: Userland) -> Iterator[Outcome]:
    file = f"{path.parent.name}/{path.name}"
    wanted = expected(path)
    family, name, chain = place
    table = f"{family} {name}"
    nft(tools, "flush ruleset")
    refused = nft(tools, f"add table {table}\nadd chain {table} {chain} {{ {setting.chains[chain]} ; }}")
    head = f"add table {table}\nadd chain {table} {chain} {{ {setting.chains[chain]} ; }}\n"
    version = tools.version("nft")
    loaded: list[tuple[Rule, str]] = []
    for step in setting.steps:
        if isinstance(step, str):
            nft(tools, step.format(table=table))
            head += step.format(table=table) + "\n"
        elif step.accepted:
            said = f"add rule {table} {chain} {step.words}"
            why = refused or nft(tools, said)
            if why is None:
                loaded.append((step, head + said))
            else:
                body = {"family": family, "table": name, "chain": chain, "expr": wanted[step.words]}
                tables, problem = _read([{"rule": body}], file)
                rules = _rules(tables, chain)
                alike = read_alike(head + said, chain, rules, version)
                yield Outcome(file, step, family, why, problem, rules, None, alike)
    objects = _listed(tools, table)
    rest = [each for each in objects if "rule" not in each]
    for (rule, script), one in zip(loaded, [each for each in objects if "rule" in each], strict=True):
        tables, problem = _read([*rest, one], file)
        again = _comes_back(tools, tables) if problem is None else None
        rules = _rules(tables, chain)
        yield Outcome(file, rule, family, None, problem, rules, again, read_alike(script, chain, rules, version))


def _listed(tools: Userland, table: str) -> list[Any]:
    try:
        printed = tools.run("nft", "-j", "list", "table", *table.split())
    except ToolRefusedError:
        return []
    return json.loads(printed)["nftables"] if printed else []


def _read(objects: list[Any], file: str) -> tuple[tuple[Table, ...], str | None]:
    try:
        return nft_listing.parse(json.dumps({"nftables": objects}), source=file), None
    except ParseError as error:
        return (), str(error)


def _rules(tables: tuple[Table, ...], chain: str) -> tuple[RuleOfIr, ...]:
    found = tables[0].chain(chain) if tables else None
    return found.rules if found is not None else ()


def _comes_back(tools: Userland, tables: tuple[Table, ...]) -> bool:
    """Write the table, load it in place of the earlier one, and return whether it reads as the same."""
    (before,) = map(_on_loopback, tables)
    nft(tools, "flush ruleset")
    try:
        if nft(tools, render(before)) is not None:
            return False
    except ChangeError:
        return False
    after, problem = _read(_listed(tools, f"{before.family} {before.name}"), "written")
    return problem is None and [_meaning(_on_loopback(each)) for each in after] == [_meaning(before)]


def _on_loopback(table: Table) -> Table:
    """Give ingress and egress chains the device of all the tests: nft before 1.0.7 leaves it out of its JSON."""
    replace = msgspec.structs.replace
    chains = tuple(
        replace(chain, devices=("lo",) if chain.hook in ("ingress", "egress") else ()) for chain in table.chains
    )
    return replace(table, chains=chains)


def _meaning(table: Table) -> tuple[object, ...]:
    """Return the table without texts, handles and the order of a rule's matches: nft moves those that it implies."""
    chains = [
        (msgspec.structs.replace(chain, rules=()), [sorted(map(repr, rule.body)) for rule in chain.rules])
        for chain in table.chains
    ]
    return (table.family, table.name, chains, table.sets, table.maps, table.objects)


def nft(tools: Userland, commands: str) -> str | None:
    """Run the commands; return nft's error, or None."""
    try:
        tools.run("nft", "-f", "-", given=commands)
    except ToolRefusedError as error:
        return str(error)
    return None
