"""Runs nftables' own tests: nft loads each rule and lists it as JSON, hairpin reads that.

Only in a network namespace made for it: the rules are really loaded.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hairpin.errors import ParseError
from hairpin.netfilter import nft_json
from hairpin.netfilter.ir import Rule as RuleOfIr
from tests.conformance.nft_lines import Rule, Setting, read


class Outcome(NamedTuple):
    """What became of one rule in one chain.  ``refused``: why nft did not load it; ``problem``: why it was not read."""

    file: str
    rule: Rule
    family: str
    refused: str | None
    problem: str | None
    read: tuple[RuleOfIr, ...]


def outcomes(tests: Path) -> Iterator[Outcome]:
    """Yield an outcome for each rule, table and chain of every test file that nft should take."""
    for path in sorted(tests.glob("*/*.t")):
        setting = read(path)
        for family, name, chains in setting.tables:
            for chain in chains:
                yield from _chain(f"{path.parent.name}/{path.name}", setting, (family, name, chain))


def _chain(file: str, setting: Setting, place: tuple[str, str, str]) -> Iterator[Outcome]:
    family, name, chain = place
    table = f"{family} {name}"
    nft("flush ruleset")
    refused = nft(f"add table {table}\nadd chain {table} {chain} {{ {setting.chains[chain]} ; }}")
    loaded: list[Rule] = []
    for step in setting.steps:
        if isinstance(step, str):
            nft(step.format(table=table))
        elif step.accepted:
            why = refused or nft(f"add rule {table} {chain} {step.words}")
            if why is None:
                loaded.append(step)
            else:
                yield Outcome(file, step, family, why, None, ())
    listed = subprocess.run(("nft", "-j", "list", "table", *table.split()), capture_output=True, text=True, check=False)
    objects: list[Any] = json.loads(listed.stdout)["nftables"] if listed.returncode == 0 else []
    rest = [each for each in objects if "rule" not in each]
    for rule, one in zip(loaded, [each for each in objects if "rule" in each], strict=True):
        try:
            tables = nft_json.parse(json.dumps({"nftables": [*rest, one]}), source=file)
            found = tables[0].chain(chain)
            yield Outcome(file, rule, family, None, None, found.rules if found is not None else ())
        except ParseError as error:
            yield Outcome(file, rule, family, None, str(error), ())


def nft(commands: str) -> str | None:
    """Run the commands; return what nft complains of, or None."""
    done = subprocess.run(("nft", "-f", "-"), input=commands, capture_output=True, text=True, check=False)
    return done.stderr.strip().partition("\n")[0] or "failed" if done.returncode else None
