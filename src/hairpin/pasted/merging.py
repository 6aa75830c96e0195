"""Merges the fragments of one reading that come from several outputs in a text.

If two outputs are about the same chain, link, table of routes, socket or neighbour, the later output counts.  For a
chain, an output with all words of its rules counts more.  If an output does not show a thing, the other output's
fragment about this thing stays.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from hairpin.pasted.forms.rules.listed_words import UNLISTED
from hairpin.pasted.forms.rules.sound_rules import is_gap
from hairpin.sought import Sought

_CHAIN = Sought(r":(\S+) (\S+)")
_TARGET = Sought(r" -[jg] \S")
_RULE = Sought(r"(?:\[\d+:\d+\] )?-A (\S+)")


def merge(key: str, texts: list[str]) -> str:
    """Return the text of a reading with this key.  The fragments are in the order of the pasted text.  The text is
    empty if the fragments make no reading."""
    if key.startswith("iptables-") or key == "ebtables":
        return _tables(texts, commits=key != "ebtables")
    for beginning, of_kind in _MERGES:
        if key.startswith(beginning):
            return of_kind(texts)
    return "".join(texts)


class _Chain:
    def __init__(self, declaration: str) -> None:
        self.declaration = declaration
        self.rules: list[str] = []

    @property
    def is_unlisted(self) -> bool:
        """Whether the chain has only rules that replace unknown rules."""
        return bool(self.rules) and all(map(is_gap, self.rules))

    @property
    def is_partly_known(self) -> bool:
        """Whether a rule is incomplete: nft has not shown all its words, or its target is missing and may have been cut
        off."""
        return any(f"-m {UNLISTED} " in each or _TARGET.search(each) is None for each in self.rules)


def _tables(texts: list[str], *, commits: bool) -> str:
    tables: dict[str, dict[str, _Chain]] = {}
    comments: list[str] = []
    for text in texts:
        comments += [line for line in text.splitlines()[:1] if line.startswith("# Generated")][: not comments]
        for table, chains in _tables_of(text):
            known = tables.setdefault(table, {})
            for name, chain in chains.items():
                if name in known and (chain.is_unlisted or (chain.is_partly_known and not known[name].is_partly_known)):
                    continue
                known[name] = chain
    lines = list(comments)
    for table, chains in tables.items():
        lines.append(table)
        lines += [each.declaration for each in chains.values()]
        lines += [rule for each in chains.values() for rule in each.rules]
        lines += ["COMMIT"] if commits else []
    return "".join(f"{line}\n" for line in lines)


def _tables_of(text: str) -> Iterator[tuple[str, dict[str, _Chain]]]:
    chains: dict[str, _Chain] = {}
    table = ""
    for line in text.splitlines():
        declared, rule = _CHAIN.match(line), _RULE.match(line)
        if line.startswith("*"):
            if table:
                yield table, chains
            table, chains = line.strip(), {}
        elif declared is not None:
            chains[declared[1]] = _Chain(line)
        elif rule is not None:
            chains.setdefault(rule[1], _Chain(f":{rule[1]} - [0:0]")).rules.append(line)
    if table:
        yield table, chains


def _links(texts: list[str]) -> str:
    found: dict[str, list[str]] = {}
    for text in texts:
        of_text: dict[str, list[str]] = {}
        name = ""
        for line in text.splitlines():
            if line[:1].isdigit():
                name = line.split(": ")[1].partition("@")[0]
                of_text[name] = []
            of_text.setdefault(name, []).append(line)
        # A listing of all links has the loopback link.
        found = of_text if "lo" in of_text else {**found, **of_text}
    return "".join(f"{line}\n" for lines in found.values() for line in lines)


def _routes(texts: list[str]) -> str:
    """Return the routes by table.  If the text has only routes of tables other than main, this does not mean that main
    has no routes."""
    tables: dict[str, list[str]] = {}
    for text in texts:
        of_text: dict[str, list[str]] = {}
        table = "main"
        for line in text.splitlines():
            if not line[:1].isspace():
                named = re.search(r" table (\S+)", line)
                table = named[1] if named is not None else "main"
            of_text.setdefault(table, []).append(line)
        tables |= of_text
    return "".join(f"{line}\n" for lines in tables.values() for line in lines) if "main" in tables else ""


def _sockets(texts: list[str]) -> str:
    found: dict[tuple[str, ...], str] = {}
    for line in _lines(texts):
        words = line.split()
        place = (words[0], words[4])
        if place in found and "users:" in found[place] and "users:" not in line:
            continue  # the earlier listing names the program, too
        found[place] = line
    return "".join(f"{line}\n" for line in found.values())


def _neighbours(texts: list[str]) -> str:
    found = {tuple(line.split()[:3]): line for line in _lines(texts)}
    return "".join(f"{line}\n" for line in found.values())


def _sysctls(texts: list[str]) -> str:
    """Return the values, each from the last text that has it.  Several lines of one text are one value with several
    lines."""
    found: dict[str, list[str]] = {}
    for text in texts:
        of_text: dict[str, list[str]] = {}
        for line in text.splitlines():
            of_text.setdefault(line.partition(":")[0], []).append(line)
        found |= of_text
    return "".join(f"{line}\n" for lines in found.values() for line in lines)


def _once(texts: list[str]) -> str:
    return "".join(f"{line}\n" for line in dict.fromkeys(_lines(texts)))


def _lines(texts: Iterable[str]) -> Iterator[str]:
    return (line for text in texts for line in text.splitlines())


def _last(texts: list[str]) -> str:
    return texts[-1]


_MERGES: tuple[tuple[str, Callable[[list[str]], str]], ...] = (
    ("ip-addr-text", _links), ("ip-link-text", _links), ("ip-route", _routes), ("sockets", _sockets),
    ("ip-neigh-text", _neighbours), ("conntrack", _once), ("bridge-fdb-text", _once), ("bridge-link-text", _links),
    ("ip-rule", _last), ("sysctl", _sysctls),
)  # fmt: skip
MERGED = (
    "sysctl", "ip-neigh-text", "iptables-", "sockets", "ebtables", "ipset", "ip-addr-text", "ip-link-text",
    "ip-route4-text", "ip-route6-text", "ip-rule4-text", "ip-rule6-text", "conntrack", "bridge-fdb-text",
    "bridge-link-text", "firewalld-zones-text", "packages", "klog", "dockerd-log", "container-resolvers",
    "container-hosts",
)  # fmt: skip
"""The beginnings of the keys whose fragments are merged.  Of any other key, a later reading with the same key,
namespace and origin replaces an earlier one."""
