"""Which of several outputs tells a table of rules: ``iptables-save``, then ``nft list ruleset``, then ``iptables -L``.

``nft list ruleset`` also lists the tables of iptables-nft.  The same rules must not be in a host twice.
"""

import re
from collections.abc import Iterator

from hairpin.pasted.form import Part
from hairpin.pasted.joining import Output

_SAVE = re.compile(r"iptables-nft-save([46])$")
_NFT = re.compile(r"nft (?:-j )?list table (?P<family>ip6?) (?P<name>filter|nat|mangle|raw|security)$")
_UNKNOWN = re.compile(r"unlisted|\bxt\b")
_MANAGED = ("filter", "nat")
_Place = tuple[str, str, str]
"""A namespace, an IP family and the name of a table."""


def without_doubles(outputs: tuple[Output, ...], exact: frozenset[int]) -> tuple[Output, ...]:
    """Return the outputs in which each table is told once.

    ``exact``: the numbers of the outputs of ``iptables-save`` or ``iptables -S``, which are more exact than nft's."""
    of_nft: dict[_Place, bool] = {}
    saved: dict[_Place, bool] = {}
    for number, each in enumerate(outputs):
        for part in each.parts:
            if part.key == "nft-table" and (place := _of_nft(part)) is not None:
                of_nft[place] = _UNKNOWN.search(part.text) is None
            for place in _saved(part):
                saved[place] = saved.get(place, False) or number in exact
    doubled = of_nft.keys() & saved.keys()
    by_save = {place for place in doubled if saved[place] or not of_nft[place]}
    by_nft = doubled - by_save
    return tuple(
        Output(each.recognised, each.origin, tuple(_kept(each.parts, by_save, by_nft))) for each in outputs
    )


def absent(outputs: tuple[Output, ...]) -> Iterator[Part]:
    """Yield the tables of iptables-nft that the host does not have, as empty tables: ``nft list ruleset`` lists all that
    there are.  Yield none if it lists no table of iptables: the rules may be in the legacy back end."""
    listed = {place for each in outputs for part in each.parts if (place := _of_nft(part)) is not None}
    listed |= {place for each in outputs for part in each.parts for place in _saved(part)}
    whole = {
        part.netns
        for each in outputs
        for part in each.parts
        if part.key == "nft-table" and each.recognised.as_.startswith("nft list")
    }
    for netns in sorted(whole):
        if any(place[0] == netns for place in listed):
            for family, version in (("ip", 4), ("ip6", 6)):
                lacking = [name for name in _MANAGED if (netns, family, name) not in listed]
                if lacking:
                    text = "".join(f"*{name}\nCOMMIT\n" for name in lacking)
                    yield Part(f"iptables-nft-save{version}", text, netns)


def _of_nft(part: Part) -> _Place | None:
    found = _NFT.search(part.origin) if part.key == "nft-table" else None
    return None if found is None else (part.netns, found["family"], found["name"])


def _saved(part: Part) -> Iterator[_Place]:
    key = _SAVE.match(part.key)
    if key is not None:
        for line in part.text.splitlines():
            if line.startswith("*"):
                yield part.netns, "ip" if key[1] == "4" else "ip6", line[1:].strip()


def _kept(parts: tuple[Part, ...], by_save: set[_Place], by_nft: set[_Place]) -> Iterator[Part]:
    for part in parts:
        key = _SAVE.match(part.key)
        if part.key in ("nft-table", "nft-table-text"):
            found = _NFT.search(part.origin.replace("nft -t list", "nft list"))
            if found is None or (part.netns, found["family"], found["name"]) not in by_save:
                yield part
        elif key is not None and any(place in by_nft for place in _saved(part)):
            family = "ip" if key[1] == "4" else "ip6"
            text = _without(part.text, {name for netns, of, name in by_nft if (netns, of) == (part.netns, family)})
            if text:
                yield part._replace(text=text)
        else:
            yield part


def _without(text: str, tables: set[str]) -> str:
    lines: list[str] = []
    is_kept = True
    for line in text.splitlines(keepends=True):
        if line.startswith("*"):
            is_kept = line[1:].strip() not in tables
        if is_kept:
            lines.append(line)
    return "".join(lines)
