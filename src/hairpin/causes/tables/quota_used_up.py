"""A rule's quota of bytes is used up, and packets that the quota let through are dropped.

Users see: a port or a whole network works for days and then times out for all clients, although no rule was changed.

Proof: nft lists the quota, and all bytes of the quota are used.  With unused bytes in the quota the packet arrives.
Now: ``nft reset quota FAMILY TABLE NAME`` for a quota with a name.  For a quota inside a rule, replace the rule,
because the quota of the new rule starts at 0.
Lasting: reset the quota when its period ends (by a timer or a cron job), or write a larger quota into the file that
contains it.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfRule, Place, View, Way, message
from hairpin.change.change import Change, DeleteRule, InsertRule, one
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import Rule, StatefulMatch
from hairpin.netfilter.limit import QuotaLimit


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule that stopped the packet, or no longer matches the packet, because the quota is
    used up."""
    for place in _places(view):
        rule = rule_at(view.namespace.ruleset, place)
        body = rule.body if rule is not None else ()
        limit = next((found for part in body if (found := _quota(part)) is not None), None)
        if rule is None or limit is None or not limit.spent:
            continue
        if limit.over == (place == view.place):
            yield _candidate(view, place, rule, limit)


def _places(view: View) -> tuple[Place, ...]:
    """Return the places of the rule that stopped the packet and of all rules whose limit decided about the packet."""
    listed = (each.place for each in view.branch.conditions if each.listed)
    found = (each for each in (view.place, *listed) if each is not None)
    return tuple(dict.fromkeys(found))


def _quota(part: object) -> QuotaLimit | None:
    limit = part.limit if isinstance(part, StatefulMatch) else None
    return limit if isinstance(limit, QuotaLimit) else None


def _candidate(view: View, place: Place, rule: Rule, limit: QuotaLimit) -> Candidate:
    said = (
        message(
            "Every byte of the quota is used. Until then the quota let packets pass; now the rule drops them. The "
            "rule: {rule}",
            rule=place.text,
        )
        if limit.over
        else message(
            "Every byte of the quota is used, so the rule no longer accepts packets. The rule: {rule}", rule=place.text
        )
    )
    title = (
        message("the quota {name} in table {table} is used up", name=limit.name, table=place.table)
        if limit.name
        else message("the quota of a rule in table {table} is used up", table=place.table)
    )
    return Candidate(
        title=title,
        detail=said,
        change=_with_room(view, place, rule, limit),
        where=OfRule(place),
        in_class="exceeded-limit",
        evidence=(place.evidence,) if place.evidence else (),
        ways=tuple(Way(Change(()), (each,)) for each in _ways(place, limit)),
        offered=False,
    )


def _with_room(view: View, place: Place, rule: Rule, limit: QuotaLimit) -> Change:
    """Return a change with the same effect as unused bytes in the quota.

    With unused bytes, a rule with ``quota over`` matches no packet, and a rule with ``quota until`` matches every
    packet."""
    if limit.over:
        return one(DeleteRule(view.stop.netns, place))
    body = tuple(part for part in rule.body if _quota(part) is None)
    accepting = msgspec.structs.replace(rule, body=body, handle=None)
    where = (place.dialect, place.family, place.table, place.chain)
    return one(InsertRule(view.stop.netns, *where, accepting, place.number))


def _ways(place: Place, limit: QuotaLimit) -> Iterator[Message]:
    if limit.name:
        command = f"nft reset quota {place.family} {place.table} {limit.name}"
        yield message("if the traffic is meant to go on, reset the quota: {command}", command=command)
    else:
        yield message(
            "if the traffic is meant to go on, replace the rule with the same rule: the quota of the new rule starts "
            "at 0"
        )
    yield message("the quota will be used up again: reset it when its period ends, or raise it where it is configured")


CAUSE = Cause(
    title=message("The quota of a rule is used up"),
    source="net/netfilter/nft_quota.c nft_quota_do_eval()",
    reasons=frozenset({"rule", "reject", "policy"}),
)
