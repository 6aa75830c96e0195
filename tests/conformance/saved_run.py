"""The rulesets among the fixtures: each suite's tools load them and print them again, hairpin has to read the same.

Only in a network namespace made for it: the rules are really loaded.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hairpin.netfilter.ebtables import save as ebtables_save
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import Table
from tests.conformance.userland import ToolRefusedError, Userland

_FIXTURES = Path(__file__).parents[1] / "fixtures" / "netfilter"
_FILES: dict[str, tuple[str, ...]] = {
    "iptables-nft": ("docker-20.10-iptables-save", "docker-28.5-iptables-save", "every-option-iptables-nft-save"),
    "iptables-legacy": ("docker-26.1-iptables-save", "every-option-iptables-legacy-save"),
    "ip6tables-nft": ("docker-28.5-ip6tables-save", "every-option-ip6tables-nft-save"),
    "ip6tables-legacy": ("every-option-ip6tables-legacy-save",),
    "ebtables-nft": ("ebtables-nft-save",),
}
"""By the tool that loads them."""
_LOADED_AS_OTHERS = {
    ("1.8.7", "-A FORWARD -s 10.0.0.0/255.0.255.0 -j DROP"), ("1.8.7", "-A FORWARD -s fd00::1/ffff::ffff -j ACCEPT"),
    ("1.8.7", "-A FORWARD -p Length -j DROP"),
}  # fmt: skip
"""Rules that a version of iptables loads as another rule, which it then prints."""


class Saved(NamedTuple):
    """One file: how many rules the suite's tool loaded, refused, and loaded as other rules; ``wrong``: rules that read
    otherwise.
    """

    file: str
    taken: int
    refused: int
    misloaded: int
    wrong: tuple[str, ...]


def outcomes(tools: Userland) -> Iterator[Saved]:
    """Yield an outcome for each file."""
    for tool, files in _FILES.items():
        for file in files:
            yield _outcome(tools, tool, file)


def _outcome(tools: Userland, tool: str, file: str) -> Saved:
    kept: list[str] = []
    table = ""
    version = tools.version("iptables-nft")
    refused = taken = misloaded = 0
    for line in (_FIXTURES / f"{file}.txt").read_text("utf-8").splitlines():
        if line.startswith("*"):
            table = line
            _restored(tools, tool, f"{table}\nCOMMIT\n")
            kept.append(line)
        elif line.startswith(":"):
            _restored(tools, tool, f"{table}\n{line}\nCOMMIT\n")
            kept.append(line)
        elif line.startswith(("-A", "[")):
            if (version, line[line.index("-A") :]) in _LOADED_AS_OTHERS:
                misloaded += 1
            elif _restored(tools, tool, f"{table}\n{line}\nCOMMIT\n"):
                kept.append(line)
                taken += 1
            else:
                refused += 1
        elif line == "COMMIT":
            kept.append(line)
    wanted = _rules(tool, "\n".join((*kept, "")))
    found = _rules(tool, tools.run(f"{tool}-save"))
    for name in dict.fromkeys(line[1:] for line in kept if line.startswith("*")):
        _restored(tools, tool, f"*{name}\nCOMMIT\n", flush=True)
    wrong = tuple(
        f"{tool} {file}: {place}: {text}"
        for place in {**wanted, **found}
        if (text := _difference(wanted.get(place, []), found.get(place, []))) is not None
    )
    return Saved(file, taken, refused, misloaded, wrong)


def _restored(tools: Userland, tool: str, text: str, *, flush: bool = False) -> bool:
    try:
        tools.run(f"{tool}-restore", *(() if flush else ("--noflush",)), given=text)
    except ToolRefusedError:
        return False
    return True


def _rules(tool: str, text: str) -> dict[str, list[tuple[str, list[Any]]]]:
    """Return the rules' texts and meanings by table and chain."""
    if tool == "ebtables-nft":
        tables: tuple[Table, ...] = ebtables_save.parse(text, source=tool)
    else:
        tables = iptables_save.parse(
            text,
            family="ip6" if tool.startswith("ip6") else "ip",
            dialect="iptables-legacy" if tool.endswith("legacy") else "iptables-nft",
            source=tool,
        )
    return {
        f"{table.name} {chain.name}": [(rule.text, msgspec.to_builtins(rule.body)) for rule in chain.rules]
        for table in tables
        for chain in table.chains
        if chain.rules
    }


def _difference(wanted: list[tuple[str, list[Any]]], found: list[tuple[str, list[Any]]]) -> str | None:
    if len(wanted) != len(found):
        return f"{len(wanted)} rules loaded, {len(found)} printed"
    for (before, meant), (after, means) in zip(wanted, found, strict=True):
        if _plain(meant) != _plain(means):
            return f"{before!r} is printed as {after!r}"
    return None


def _plain(body: list[Any]) -> list[str]:
    """Return the parts without order and without quoted words: versions order options differently."""
    return sorted(repr({key: value for key, value in part.items() if key != "text"}) for part in body)
