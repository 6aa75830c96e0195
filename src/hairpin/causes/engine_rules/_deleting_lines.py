"""The lines of scripts, of cron and of units that delete rules such as the engine has lost.

A line is named as what it does when it runs, never as what has run: the loss itself has no author.
"""

import re
import shlex
from itertools import pairwise

from hairpin.host.host import Host
from hairpin.host.managers import ScriptLine
from hairpin.message import Message, message

_NAMED = 2
"""Lines that are named."""
_IPTABLES = re.compile(r"(?:^|[\s;&|/])(ip6?tables)(?:-legacy|-nft)?(-restore)?(?=\s|$)([^;&|]*)")
_NFT = re.compile(r"(?:^|[\s;&|/])nft\s+([^;&|]*)")


def deleting_lines(host: Host, family: str, table: str, chains: frozenset[str]) -> tuple[ScriptLine, ...]:
    """Return the lines that empty one of these chains of the table, or the whole table, when they run."""
    return tuple(
        each for each in host.boot_lines or () if deletes(each.text, "ip6" if family == "ip6" else "ip", table, chains)
    )


def deletes(text: str, family: str, table: str, chains: frozenset[str]) -> bool:
    """Return whether a command of the line empties one of the chains, or the whole table.

    Source: iptables(8) ``-F`` and ``-X`` without a chain, iptables-restore(8), nft(8)"""
    program = "ip6tables" if family == "ip6" else "iptables"
    for name, restores, rest in _IPTABLES.findall(text):
        if name == program and (_replaces(rest) if restores else _flushes(_words(rest), table, chains)):
            return True
    return any(_flushed_by_nft(_words(rest), family, table, chains) for rest in _NFT.findall(text))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # a quotation of several lines
        return text.split()


def _replaces(rest: str) -> bool:
    words = _words(rest)
    return "--noflush" not in words and "-n" not in words


def _flushes(words: list[str], table: str, chains: frozenset[str]) -> bool:
    named = next((value for word, value in pairwise(words) if word in ("-t", "--table")), "") or "filter"
    at = next((number for number, word in enumerate(words) if word in ("-F", "--flush")), None)
    if at is None or named != table:
        return False
    chain = next((word for word in words[at + 1 : at + 2] if not word.startswith(("-", ">", "2>"))), None)
    return chain is None or chain in chains


def _flushed_by_nft(words: list[str], family: str, table: str, chains: frozenset[str]) -> bool:
    match [word.strip("'\"") for word in words if not word.startswith("-")]:
        case ["flush", "ruleset", *rest]:
            return rest[:1] in ([], [family])
        case ["flush" | "delete" | "destroy", "table", *place]:
            return _of_family(place, family) == (table,)
        case ["flush", "chain", *place]:
            found = _of_family(place, family)
            return found is not None and found[:1] == (table,) and found[1:2] != () and found[1] in chains
        case _:
            return False


def _of_family(place: list[str], family: str) -> tuple[str, ...] | None:
    """Return the words behind the family; ``ip`` is nft's default."""
    if place[:1] and place[0] in ("ip", "ip6", "inet", "arp", "bridge", "netdev"):
        return tuple(place[1:]) if place[0] == family else None
    return tuple(place) if family == "ip" else None


def lines_told(lines: tuple[ScriptLine, ...]) -> Message:
    """Return the sentence that names the first lines."""
    return message(
        "dockerd would recreate these rules at its next start. Such rules are deleted whenever this runs: {lines}",
        lines="; ".join(f"{each.path}:{each.number}: `{each.text.strip()}`" for each in lines[:_NAMED]),
    )
