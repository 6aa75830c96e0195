"""The traffic below the limit of a rule, as a sentence: one packet is below the limit, many may not be."""

from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.load import LOAD_MATCHES
from hairpin.netfilter.limit import ConnectionLimit, Rate, RecentLimit

_OF_CONTENT = frozenset({"string", "tcpmss"})
_PERIODS = {
    "second": message("second"),
    "minute": message("minute"),
    "hour": message("hour"),
    "day": message("day"),
    "week": message("week"),
}
_ALL = message("all senders together")


def bound_of(rule: ir.Rule, part: ir.Expression) -> Message | None:
    """Return which traffic stays below the rule's limit; None if the match counts nothing over time."""
    if not isinstance(part, ir.StatefulMatch) or part.name not in LOAD_MATCHES - _OF_CONTENT:
        return None
    units = message("new connections") if _counts_connections(rule) else message("packets")
    match part.limit:
        case RecentLimit(list=name, hits=1):
            return message("the list {list} of xt_recent does not have the address", list=name)
        case RecentLimit(hits=hits, seconds=seconds, bits=bits):
            facts = {"count": hits, "units": units, "who": _network(rule, bits)}
            if seconds is None:
                return message("fewer than {count} {units} come from {who}", **facts)
            return message("fewer than {count} {units} in {seconds} s come from {who}", **facts, seconds=seconds)
        case ConnectionLimit(most=most, bits=bits):
            who = _network(rule, bits)
            return message("at most {count} connections of {who} are open", count=most, who=who)
        case _:
            pass
    if part.rate is None:
        return message("the limit of the rule is not reached")
    return _below(part.rate, units, _who(rule, part, part.rate))


def _below(rate: Rate, units: Message, who: Message) -> Message:
    period = _PERIODS[rate.period]
    counted = units if rate.unit == "packets" else rate.unit
    facts = {"count": rate.count, "units": counted, "period": period, "who": who}
    if rate.burst is None:
        return message("at most {count} {units} per {period} come from {who}", **facts)
    return message("at most {count} {units} per {period} come from {who} ({burst} at once)", **facts, burst=rate.burst)


def _network(rule: ir.Rule, bits: int) -> Message:
    """Return the senders whose packets are counted together, if their addresses have the same first ``bits`` bits."""
    if not bits:
        return _by_set(rule) or _ALL
    if bits in (32, 128):
        return message("one address")
    return message("one network /{bits}", bits=bits)


def _who(rule: ir.Rule, part: ir.StatefulMatch, rate: Rate) -> Message:
    if part.name == "hashlimit" and rate.by:
        return (
            message("one address")
            if rate.by == ("srcip",)
            else message("one combination of {fields}", fields=", ".join(rate.by))
        )
    return _by_set(rule) or _ALL


def _by_set(rule: ir.Rule) -> Message | None:
    """Return the senders with an element of their own in the set or meter of nft in which the limit stands."""
    for part in rule.body:
        if isinstance(part, ir.NoEffect) and (part.name == "meter" or part.name.endswith("@")):
            return message("one address") if " saddr" in part.text else message("one element of the rule's set")
    return None


def _counts_connections(rule: ir.Rule) -> bool:
    """Return whether the rule sees only the first packet of each connection: it asks for the state NEW, or for SYN."""
    return any(
        isinstance(part, ir.FieldMatch)
        and (
            (part.field == "ct-state" and _is_new(part))
            or (part.field == "tcp-flags" and part.ranges == ((_SYN, _SYN),) and not part.negated)
        )
        for part in rule.body
    )


_SYN = 2


def _is_new(part: ir.FieldMatch) -> bool:
    """Return whether the match is satisfied by the state NEW alone: nft and iptables compare the bits of a mask."""
    return (part.negated, part.mask, part.ranges) == (True, ir.CT_NEW, ((0, 0),)) or (
        part.ranges == ((ir.CT_NEW, ir.CT_NEW),) and not part.negated
    )
