"""Chooses the output from which each table of iptables is read.

``iptables-save`` is chosen if there is one, else ``iptables -nvL``, else nft's listing.  ``nft list ruleset`` also
lists the tables of iptables-nft, but without comments and extensions.  The choice is needed because a host must not
have the same rules twice.
"""

import re
from collections.abc import Iterator

from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.pasted.form import Fragment
from hairpin.pasted.forms.rules.listed_words import UNLISTED
from hairpin.pasted.joining import Output

_SAVE = re.compile(r"iptables-(?:nft|any)-save([46])$")
_LEGACY = re.compile(r"iptables-legacy-save[46]$")
_MANAGED = ("filter", "nat")
_Place = tuple[str, str, str]
"""A namespace, an IP family and the name of a table."""


def without_doubles(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Return the outputs, in which each table is kept only once.  The table is kept in the last output that has the
    complete table.  If no output has the complete table, it is kept in the last output that has a part of the table."""
    of: dict[_Place, list[tuple[bool, int]]] = {}
    for number, each in enumerate(outputs):
        for part in each.parts:
            for place in _places_in(part):
                of.setdefault(place, []).append((_is_whole(part.text, place[2]), number))
    last = {place: max(found)[1] for place, found in of.items()}
    return tuple(
        Output(each.recognised, each.origin, tuple(_parts_told(each.parts, last, number)))
        for number, each in enumerate(outputs)
    )


def absent(outputs: tuple[Output, ...]) -> Iterator[Fragment]:
    """Yield the tables of iptables-nft that the host does not have, as empty tables.  A table that ``nft list ruleset``
    does not list does not exist.  Yield none if the rules of iptables may be in the legacy back end."""
    listed = {place for each in outputs for part in each.parts for place in _places_in(part)}
    if any(_LEGACY.match(part.key) for each in outputs for part in each.parts):
        return
    of_nft = [each for each in outputs if each.origin.startswith("nft list ruleset")]
    for netns in dict.fromkeys(part.netns for each in of_nft for part in each.parts if _SAVE.match(part.key)):
        for family in ("ip", "ip6"):
            lacking = [name for name in _MANAGED if (netns, family, name) not in listed]
            if lacking:
                text = "".join(map(_empty, lacking))
                yield Fragment(f"iptables-nft-save{_version(family)}", text, netns)


def _empty(table: str) -> str:
    return "".join(
        f"{line}\n" for line in (f"*{table}", *(f":{each} ACCEPT [0:0]" for each in BASE_CHAINS[table]), "COMMIT")
    )


def _is_whole(text: str, table: str) -> bool:
    """Return whether hairpin knows all words of the table's rules."""
    of_table = text.partition(f"*{table}\n")[2].partition("\n*")[0]
    return f"-m {UNLISTED} " not in of_table


def _version(family: str) -> int:
    return 4 if family == "ip" else 6


def _places_in(part: Fragment) -> Iterator[_Place]:
    key = _SAVE.match(part.key)
    if key is not None:
        for line in part.text.splitlines():
            if line.startswith("*"):
                yield part.netns, "ip" if key[1] == "4" else "ip6", line[1:].strip()


def _parts_told(parts: tuple[Fragment, ...], last: dict[_Place, int], number: int) -> Iterator[Fragment]:
    """Yield the parts, only with the tables that are to be read from the output with this number."""
    for part in parts:
        dropped = {place[2] for place in _places_in(part) if last[place] != number}
        text = _without(part.text, dropped) if dropped else part.text
        if text or not dropped:
            yield part._replace(text=text)


def _without(text: str, tables: set[str]) -> str:
    lines: list[str] = []
    is_kept = True
    for line in text.splitlines(keepends=True):
        if line.startswith("*"):
            is_kept = line[1:].strip() not in tables
        if is_kept and not line.startswith("#"):
            lines.append(line)
    return "".join(lines)
