"""Tables of iptables-nft in ``nft list ruleset``, as lines of ``iptables-save``.

Some bundles have no other listing of the host's NAT rules.  A table is one of iptables if nft says so, or if it has
iptables' name and base chains.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.pasted.nft_words import options_of

_TABLE = re.compile(r"table (?P<family>ip6?) (?P<name>filter|nat|mangle|raw|security) \{(?:\s*# handle \d+)?\s*$")
_CHAIN = re.compile(r"\s+chain (?P<name>\S+) \{(?:\s*# handle \d+)?\s*$")
_HOOK = re.compile(r"\s*type \w+ hook \w+ priority [^;]+; policy (?P<policy>\w+);")
_HANDLE = re.compile(r"\s*# handle \d+\s*$")
_WARNING = re.compile(r"# Warning: table \S+ \S+ is managed by iptables-nft")
_BUILT_IN = frozenset({"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"})
BASE_CHAINS = {"filter": ("INPUT", "FORWARD", "OUTPUT"), "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")}
"""The base chains of a table.  The kernel has those that were needed; one that is not there lets everything pass, and
``iptables-save`` shows it so."""


class Saved(NamedTuple):
    """A table of iptables.  ``family``: ``ip`` or ``ip6``.  ``text``: its lines of ``iptables-save``.  ``first`` and
    ``end``: the indices of its lines."""

    family: str
    name: str
    text: str
    first: int
    end: int


def split(lines: tuple[str, ...]) -> tuple[tuple[Saved, ...], tuple[str, ...]]:
    """Return the tables of iptables in the listing, and the listing with empty lines in their place."""
    found = tuple(_tables(lines))
    taken = {index for each in found for index in range(each.first, each.end)}
    left = ("" if index in taken or _WARNING.match(line) else line for index, line in enumerate(lines))
    return found, tuple(left)


def _tables(lines: tuple[str, ...]) -> Iterator[Saved]:
    at = 0
    while at < len(lines):
        head = _TABLE.match(lines[at])
        end = next((index + 1 for index in range(at, len(lines)) if lines[index].rstrip() == "}"), None)
        if head is None or end is None:
            at += 1
            continue
        table = _table(head, lines[at + 1 : end - 1], at, end)
        if table is not None:
            yield table
        at = end


def _table(head: re.Match[str], lines: tuple[str, ...], first: int, end: int) -> Saved | None:
    """Return the table; None if it has something that no table of iptables has."""
    chains: dict[str, str] = {}
    rules: list[str] = []
    name = ""
    for line in lines:
        chain, hook, bare = _CHAIN.match(line), _HOOK.match(line), _HANDLE.sub("", line).strip()
        if chain is not None:
            name = chain["name"]
            chains[name] = "-"
        elif hook is not None:
            chains[name] = hook["policy"].upper()
        elif bare == "}":
            name = ""
        elif bare and not name:
            return None  # a set, or another object
        elif bare:
            words = options_of(bare, head["family"])
            rules.append(" ".join(each for each in (f"-A {name}", words.matches, words.target) if each))
    if any(policy != "-" and each not in _BUILT_IN for each, policy in chains.items()):
        return None
    chains = dict.fromkeys(BASE_CHAINS.get(head["name"], ()), "ACCEPT") | chains
    heads = [f":{each} {policy} [0:0]" for each, policy in chains.items()]
    text = "".join(f"{line}\n" for line in (f"*{head['name']}", *heads, *rules, "COMMIT"))
    return Saved(head["family"], head["name"], text, first, end)
