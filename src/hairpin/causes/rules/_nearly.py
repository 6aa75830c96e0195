"""Rules that would let a published port in, but for what they compare: the port or the address after the translation.

In FORWARD the packet is for the container's port.  The published one is what its connection was first for.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import View
from hairpin.engines.missing import is_engines
from hairpin.netfilter.evaluate.chain import Place, place_of
from hairpin.netfilter.ir import STATUS_DNAT, Expression, Field, FieldMatch, Rule, Verdict
from hairpin.netfilter.packet import Tuple

_BEFORE: dict[str, Field] = {"dport": "ct-orig-dport", "daddr4": "ct-orig-daddr4", "daddr6": "ct-orig-daddr6"}
"""What a match compares, and what it means: the same before the translation."""


class Nearly(msgspec.Struct, frozen=True):
    """A rule that lets nobody in, the words with which it would, and whether it is for other clients than this one."""

    place: Place
    rule: Rule
    mended: tuple[Expression, ...]
    for_others: bool


def nearly_allowing(view: View, stopped: Place) -> Iterator[Nearly]:
    """Yield the rules before the one that stopped the packet, in its chain, that mean the packet's published port."""
    connection, seen = view.stop.seen.connection, view.stop.seen
    if view.stop.stage != "forward" or connection is None or not connection.status & STATUS_DNAT or view.in_reply:
        return
    table = view.namespace.ruleset.table(stopped.family, stopped.table, stopped.dialect)
    chain = table.chain(stopped.chain) if table is not None else None
    for rule in chain.rules if chain is not None else ():
        if rule.number == stopped.number or table is None:
            return
        place = place_of(table, stopped.chain, rule)
        if not _lets_through(rule) or (view.on_host and is_engines(view.host, place)):
            continue
        mended = tuple(_mended(rule.body, connection.original, seen.packet.dport))
        if mended != rule.body:
            yield Nearly(place, rule, mended, _for_others(rule.body, seen.packet.saddr))


def _lets_through(rule: Rule) -> bool:
    last = rule.body[-1] if rule.body else None
    return isinstance(last, Verdict) and last.verdict in ("accept", "return")


def _mended(body: tuple[Expression, ...], first: Tuple, now: int | None) -> Iterator[Expression]:
    """Yield the matches, those of the port and the address as they were before the translation; all as they are if the
    rule does not mean the published port."""
    values = {"dport": first.dport, "daddr4": first.daddr, "daddr6": first.daddr}
    meant = [part for part in body if isinstance(part, FieldMatch) and part.field in _BEFORE]
    if not any(part.field == "dport" for part in meant) or any(
        part.negated or not _holds(part, values[part.field]) for part in meant
    ) or all(_holds(part, now) for part in meant if part.field == "dport"):  # fmt: skip
        yield from body
        return
    for part in body:
        if isinstance(part, FieldMatch) and part.field in _BEFORE:
            yield msgspec.structs.replace(part, field=_BEFORE[part.field])
            if part.field == "dport":
                yield FieldMatch("ct-direction", ((0, 0),))
        else:
            yield part


def _holds(part: FieldMatch, value: int | None) -> bool:
    return value is not None and any(first <= value & part.mask <= last for first, last in part.ranges)


def _for_others(body: tuple[Expression, ...], source: int) -> bool:
    return any(
        isinstance(part, FieldMatch) and part.field in ("saddr4", "saddr6") and _holds(part, source) is part.negated
        for part in body
    )
