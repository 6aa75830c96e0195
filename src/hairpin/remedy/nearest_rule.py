"""Which of the earlier allow rules of a chain was meant for a packet that none of them lets through.

The rule that was meant differs from the packet in the fewest matches.  Of rules that differ in equally many, it is the
one that has the most matches in common with the packet.  If a single match differs, the sentence names it.
"""

from collections.abc import Callable, Sequence

from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.header import Header, header_of
from hairpin.netfilter.evaluate.match import field_satisfies, name_satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import Seen
from hairpin.network.attachment import network_for
from hairpin.network.prefix import address_text, range_text

_SOURCES = ("saddr4", "saddr6")


def closing_sign(rules: Sequence[ir.Rule], text_of: Callable[[ir.Rule], str], seen: Seen | None, host: Host) -> Message:
    """Return the sign that a rule ends an allow-list, with the allow rule that was meant for the packet, or else the
    first one.  ``rules``: the allow rules; ``text_of``: their texts."""
    if seen is None:
        return _of_others(text_of(rules[0]))
    header = header_of(seen)
    rule = min(rules, key=lambda each: _distance(each, header))
    apart = [part for part in rule.body[:-1] if not _holds(part, header)]
    part = apart[0] if len(apart) == 1 else None
    if isinstance(part, ir.FieldMatch) and not part.negated:
        asked = seen.connection.original.dport if seen.connection is not None else None
        if part.field == "sport" and (_takes(part, seen.packet.dport) or _takes(part, asked)):
            return message(
                "the rule stands after allow rules: the earlier rule `{rule}` compares the port from which a packet "
                "comes; the port to which it goes was probably meant (dport, --dports)",
                rule=text_of(rule),
            )
        client = seen.packet.saddr
        if part.field in _SOURCES and network_for(host, client, seen.packet.version) is not None:
            return message(
                "the rule stands after allow rules: the earlier rule `{rule}` lets {ranges} in, and this packet comes "
                "from {address}",
                rule=text_of(rule),
                ranges=", ".join(range_text(*each, seen.packet.version) for each in part.ranges),
                address=address_text(client, seen.packet.version),
            )
    return _of_others(text_of(rule))


def _of_others(rule: str) -> Message:
    return message("the rule stands after allow rules: the earlier rule `{rule}` lets other packets through", rule=rule)


def _distance(rule: ir.Rule, header: Header) -> tuple[int, int]:
    held = [_holds(part, header) for part in rule.body[:-1] if not isinstance(part, ir.NoEffect)]
    return held.count(False), -held.count(True)


def _holds(part: ir.Expression, header: Header) -> bool:
    match part:
        case ir.FieldMatch():
            return field_satisfies(header, part) is Truth.YES
        case ir.NameMatch():
            return name_satisfies(header, part) is Truth.YES
        case _:
            return isinstance(part, ir.NoEffect)


def _takes(part: ir.FieldMatch, value: int | None) -> bool:
    return value is not None and any(first <= value & part.mask <= last for first, last in part.ranges)
