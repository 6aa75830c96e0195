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


def clients_of_port(chain: ir.Chain, version: Version, port: int | None) -> Iterator[Range]:
    """Yield the ranges of source addresses that the chain's rules accept at this port alone."""
    for rule in chain.rules:
        ports = [part for part in rule.body if isinstance(part, ir.FieldMatch) and part.field == "dport"]
        named = [
            part
            for part in ports
            if not part.negated and any(first <= (port or 0) <= last for first, last in part.ranges)
        ]
        last = rule.body[-1] if rule.body else None
        if named and isinstance(last, ir.Verdict) and last.verdict == "accept":
            yield from source_ranges(rule, version)


def source_ranges(rule: ir.Rule, version: Version) -> Iterator[Range]:
    """Yield the ranges of source addresses in the rule's own matches, negated or not."""
    for part in on_source(rule, version):
        if isinstance(part, ir.FieldMatch):
            yield from part.ranges
