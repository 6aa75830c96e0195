"""A rule in raw, mangle or security drops the packet, or lowers the packet's TTL so far that the packet is not
forwarded.

Users see: clients time out, although no rule in filter or nat drops the packet.

Proof: a rule in raw, mangle or security drops the packet or uses up its TTL.  Without this rule the packet passes.
Now: delete the rule, or exclude the flow from the rule.
Lasting: remove the rule from the saved rules, or from the script that adds it.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.causes.rules._by_owner import by_owner
from hairpin.causes.rules._lifting import deletion
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import SetField

_BY_RULE = by_owner(
    "mangle",
    in_class="dropping-rule",
    title=message("A rule in table {table} drops this flow"),
    detail=message("{table} {chain} comes before nat and filter, so their rules and counters show nothing: {rule}"),
)


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule that dropped the packet.  If the packet's TTL was used up, yield one candidate
    for each rule that lowers the TTL."""
    if view.stop.reason == "ttl":
        yield from _lowering_ttl(view)
    yield from _BY_RULE(view)


def _lowering_ttl(view: View) -> Iterator[Candidate]:
    for place, ttl in _setting_ttl(view):
        yield Candidate(
            title=message("A rule in table {table} sets the TTL to {ttl}", table=place.table, ttl=ttl),
            detail=message("A packet with that TTL is not forwarded any further: {rule}", rule=place.text),
            change=deletion(view, place),
            where=OfRule(place),
            in_class="dropping-rule",
            evidence=(place.evidence,),
        )


def _setting_ttl(view: View) -> Iterator[tuple[Place, int]]:
    for table in view.namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                for part in rule.body:
                    if isinstance(part, SetField) and part.field == "ttl" and part.keep == 0 and part.value <= 1:
                        yield place_of(table, chain.name, rule), part.value


CAUSE = Cause(
    title=message("A rule in raw or mangle drops the flow"),
    source="iptables(8): tables raw, mangle, security",
    reasons=frozenset({*RULE_STOPS, "ttl"}),
)
