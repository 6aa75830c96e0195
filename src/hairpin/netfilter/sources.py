"""The source addresses with which a rule compares a packet: in the rule itself, or in a set."""

from collections.abc import Iterator

from hairpin.netfilter import ir
from hairpin.netfilter.address import Version

Range = tuple[int, int]
"""The first and the last address."""
_FIELDS: dict[Version, ir.Field] = {4: "saddr4", 6: "saddr6"}


def on_source(rule: ir.Rule, version: Version) -> Iterator[ir.FieldMatch | ir.SetMatch]:
    """Yield the rule's matches of the whole source address, negated or not.  A match of a set has the source address as
    its first field."""
    field = _FIELDS[version]
    for part in rule.body:
        match part:
            case ir.FieldMatch(mask=ir.FULL_MASK) if part.field == field:
                yield part
            case ir.SetMatch() if part.fields[:1] == (field,):
                yield part
            case _:
                pass


def source_ranges(rule: ir.Rule, version: Version) -> Iterator[Range]:
    """Yield the ranges of source addresses in the rule's own matches, negated or not."""
    for part in on_source(rule, version):
        if isinstance(part, ir.FieldMatch):
            yield from part.ranges
