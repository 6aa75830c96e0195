"""Runs iptables' own tests: the tools load each rule and print it, hairpin reads that and prints it again.

Only in a network namespace made for it: the rules are really loaded.
"""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hairpin.errors import ChangeError, ParseError
from hairpin.netfilter.ebtables import save as ebtables_save
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.ir import OpaqueMatch, Outside, Rule
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.rule_address import IpFamily
from tests.conformance.iptables_lines import Line, commands_in, lines_in
from tests.conformance.userland import ToolRefusedError, Userland

_BACKENDS = {
    "iptables": ("iptables-nft", "iptables-legacy"), "ip6tables": ("ip6tables-nft", "ip6tables-legacy"),
    "arptables": ("arptables-nft",), "ebtables": ("ebtables-nft",),
}  # fmt: skip


class Outcome(NamedTuple):
    """The result for one line in one chain.

    ``loaded``: the tool that loaded it, or None.  ``text``: the rule as the tool prints it, or as the test says that it
    does.  ``rule`` None: the reader refused it.  ``printed``: as hairpin writes it, None if it has no words for it.
    """

    line: Line
    loaded: str | None
    text: str
    rule: Rule | None
    printed: str | None

    @property
    def flagged(self) -> bool:
        """Whether the reader refused the rule, or marked a part of it as not understood."""
        return self.rule is None or any(isinstance(part, OpaqueMatch | Outside) for part in self.rule.body)


def outcomes(extensions: Path, tools: Userland) -> Iterator[Outcome]:
    """Yield an outcome for each line and chain of every test file, in order."""
    for path in sorted(extensions.glob("*.t")):
        commands = commands_in(path)
        for command in commands:
            _done(tools, tuple(shlex.split(command)))
        for line in lines_in(path):
            for chain in line.chains:
                yield _outcome(tools, line, chain)


def _outcome(tools: Userland, line: Line, chain: str) -> Outcome:
    loaded, text = _loaded(tools, line, chain) if line.accepted else (None, None)
    if text is None:
        text = f"-A {chain} {line.saved if line.accepted else line.rule}".strip()
    rule = _read(line, chain, text)
    printed = None
    if rule is not None and line.tool in ("iptables", "ip6tables"):
        with suppress(ChangeError):
            printed = render_rule(rule, chain, _family(line))
    return Outcome(line, loaded, text, rule, printed)


def _family(line: Line) -> IpFamily:
    return "ip6" if line.tool == "ip6tables" else "ip"


def _loaded(tools: Userland, line: Line, chain: str) -> tuple[str | None, str | None]:
    """Load the rule with the first back end that takes it; return its name and the rule as it prints it."""
    for tool in _BACKENDS[line.tool]:
        if line.variant and line.variant.lower() not in tool:
            continue
        of_table = () if line.tool == "arptables" else ("-t", line.table)
        if _done(tools, (tool, *of_table, "-A", chain, *shlex.split(line.rule))) is None:
            continue
        printed = _done(tools, _listing(line, tool, chain))
        _done(tools, (tool, *of_table, "-F"))
        if line.tool == "arptables":
            return tool, printed
        rules = [row for row in (printed or "").splitlines() if row.startswith(f"-A {chain}")]
        if rules:
            return tool, rules[-1].strip()
    return None, None


def loads(tools: Userland, line: Line) -> bool:
    """Return whether the suite's tools load the line, whatever its test says."""
    return any(_loaded(tools, line, chain)[0] for chain in line.chains)


def _listing(line: Line, tool: str, chain: str) -> tuple[str, ...]:
    """Return the command that prints what was loaded; hairpin reads arptables' rules as nft prints them."""
    if line.tool == "arptables":
        return ("nft", "-j", "list", "table", "arp", "filter")
    return (f"{tool}-save",) if line.tool == "ebtables" else (tool, "-t", line.table, "-S", chain)


def _done(tools: Userland, argv: tuple[str, ...]) -> str | None:
    """Return what the command prints, or None if it failed or is not installed."""
    try:
        return tools.run(*argv)
    except ToolRefusedError:
        return None


def _read(line: Line, chain: str, text: str) -> Rule | None:
    base = chain in iptables_save.BASE_CHAINS.get(line.table, {}) or line.tool == "ebtables"
    document = f"*{line.table}\n:{chain} {'ACCEPT' if base else '- [0:0]'}\n{text}\n"
    try:
        if line.tool == "ebtables":
            (table,) = ebtables_save.parse(document, source=line.place)
        elif line.tool == "arptables":
            (table,) = nft_listing.parse(text, source=line.place)
            found = table.chain(chain)
            return found.rules[-1] if found is not None and found.rules else None
        else:
            (table,) = iptables_save.parse(
                f"{document}COMMIT\n", family=_family(line), dialect="iptables-nft", source=line.place
            )
    except ParseError:
        return None
    return table.chains[0].rules[0]


def means_the_same(outcome: Outcome) -> bool:
    """Return whether the rule that hairpin prints reads as the same rule."""
    if outcome.printed is None or outcome.rule is None:
        return False
    again = _read(outcome.line, outcome.text.split()[1], outcome.printed)
    return again is not None and _plain(again) == _plain(outcome.rule)


def _plain(rule: Rule) -> list[str]:
    """Return the parts without the quotes of what is not understood, which differ in other words."""
    return sorted(part.text.rpartition(" --")[2] if isinstance(part, OpaqueMatch) else repr(part) for part in rule.body)
