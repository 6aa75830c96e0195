"""Hints from versions that a text states: the facts of such a version that fit what the text says.

A version alone says nothing, because most hosts with it work.  A fact counts if the text has the words of its
behaviour.  It weighs more if the text says that the trouble began as the fact says (after an upgrade, a reboot), and
most if the text names the version that mends it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from hairpin.evidence.reading import Evidence
from hairpin.facts.fact import PRODUCTS, Fact, Product
from hairpin.facts.version import ProgramVersion, version_of
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.product_versions import product_versions
from hairpin.pasted.listed import recognised_in
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

CAUSE = "known-version-fault"
_SAID, _BEGUN = 14, 20
_NUMBER = (
    r"v?(?P<version>\d+(?:\.\d+)+(?:[-+~^][a-z0-9.+~^-]*[a-z0-9])?|20\d{6}[a-z0-9.^-]*|2[3-9]\d?(?=[\s,.;:)）]|$))"
)
_BETWEEN = (
    r"(?:[ \t(（:=]|\bengine\b|\bcommunity\b|\bserver\b|\bce\b|\bversions?\b|\bis\b|\bwas\b|\bto\b|\bfrom\b|\brelease\b"
    r"|\bpackage\b|\bat\b|\bupgraded\b|\bupdated\b|\bnow\b|-|版本|升级|更新|降级|到|至|为|是|的){0,9}"
)
_TURNED_FROM = sought(
    r"\b(?:downgrad\w+|roll\w* ?back|revert\w*|back|works?|worked|fine|good|instead of|from|fixed|mended|solved)\b"
    r"[^\n]{0,24}$"
    r"|(?:降级|回退|修复)[^\n]{0,12}$"
)
_AFTER = Sought(r"\s*(?:[:/]\d|\(legacy\)|\.\d)")


class StatedVersion(NamedTuple):
    """A version that a text states.  ``line``: the number of its line, from 1; 0 if no line is known.  ``quote``: the
    line."""

    product: Product
    version: ProgramVersion
    line: int
    quote: str


@cache
def _patterns() -> tuple[tuple[Product, Sought], ...]:
    """Return a pattern for each product: its name, and a version near it."""
    return tuple(
        (
            each.product,
            Sought(rf"(?<![A-Za-z0-9_./-])(?:{each.named})(?::\w+)?{_BETWEEN}{_NUMBER}", re.IGNORECASE | re.ASCII),
        )
        for each in PRODUCTS
    )


def known_version_faults(prose: Prose, evidence: tuple[Evidence, ...], host: Host) -> Iterator[Hinted]:
    """Yield the facts about versions that the text states, as far as its words fit them."""
    stated = tuple(stated_versions(prose, evidence, host))
    if not stated:
        return
    from hairpin.facts.catalogue import REVIEWED, facts_of  # noqa: PLC0415 - most texts state no version

    whole = _whole(prose, stated)
    for each in stated:
        for fact in facts_of(each.product, each.version):
            weight = _weight(fact, whole) if _fits(fact, stated) else 0
            if weight:
                means = message(
                    "{product} {version}: {does} (known since {day}, {source}; hairpin's list is of {reviewed}). To "
                    "mend it: {advice}",
                    product=each.product,
                    version=each.version.text,
                    does=fact.does,
                    day=fact.day,
                    source=fact.sources[0],
                    reviewed=REVIEWED,
                    advice=fact.advice,
                )
                yield Hinted(CAUSE, weight, means, each.line, each.quote, fact.test, fact.shows)


def stated_versions(prose: Prose, evidence: tuple[Evidence, ...], host: Host) -> Iterator[StatedVersion]:
    """Yield the versions that outputs in the text show; for a program without such an output, the versions that the
    text's sentences state."""
    shown = set[Product]()
    for each in product_versions(host):
        shown.add(each.product)
        yield StatedVersion(each.product, each.version, *_place(each.product, evidence))
    for product, pattern in _patterns():
        if product not in shown:
            yield from _in_sentences(product, pattern, prose)


def _in_sentences(product: Product, pattern: Sought, prose: Prose) -> Iterator[StatedVersion]:
    for found in pattern.finditer(prose.text):
        if _AFTER.match(prose.text, found.end()) or _TURNED_FROM.search(
            prose.text, max(0, found.start() - 60), found.start()
        ):
            continue
        version = version_of(found["version"])
        if version is not None:
            yield StatedVersion(product, version, *prose.line_at(found.start("version")))


def _place(product: Product, evidence: tuple[Evidence, ...]) -> tuple[int, str]:
    """Return the line of the output that shows the version, and the output's command."""
    words_of = next((each.answers for each in PRODUCTS if each.product == product), ())
    for each in (one for whole in evidence for one in recognised_in(whole)):
        if any(each.as_.startswith(word) for word in (product, *words_of)):
            return each.line, each.as_
    return 0, ""


@cache
def _pattern(text: str) -> Sought:
    return sought(text)


def _whole(prose: Prose, stated: tuple[StatedVersion, ...]) -> str:
    return "\n".join((prose.text, *(each.quote for each in stated)))


def _fits(fact: Fact, stated: tuple[StatedVersion, ...]) -> bool:
    """Return whether no stated version contradicts the fact."""
    for span, holds in ((fact.of, fact.affects), (fact.beside, fact.beside.holds if fact.beside is not None else None)):
        own = [each.version for each in stated if span is not None and each.product == span.product]
        if holds is not None and own and not any(map(holds, own)):
            return False
    return True


def _weight(fact: Fact, text: str) -> int:
    if not fact.says or any(_pattern(each).search(text) is None for each in fact.says):
        return 0
    from hairpin.facts.fact import BEGINS  # noqa: PLC0415 - as above

    begins = BEGINS[fact.since]
    if not begins or _pattern(begins).search(text) is None:
        return _SAID
    mended = (*fact.mended, fact.of.before)
    return SURE + 4 if any(each and each in text for each in mended) else _BEGUN
