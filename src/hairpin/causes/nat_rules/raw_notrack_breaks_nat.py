"""A NOTRACK rule takes the flow out of connection tracking, so its packets are never translated and never ESTABLISHED.

Users see: clients time out, and the counter of a nat rule that matches the packet stays 0.

Proof: a rule in raw takes the packet out of connection tracking, so the packet never enters nat.  Without the rule the
packet is translated.
Now: delete the rule, or exclude the flow from the rule.
Lasting: remove the rule from the saved rules, or from the script that adds it.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, View, message
from hairpin.change.change import DeleteRule, one
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import CT_UNTRACKED, Notrack


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each NOTRACK rule in the namespace.

    If the stopped packet was untracked, the candidate gets a class that is tried earlier."""
    untracked = view.stop.seen.ct_state == CT_UNTRACKED
    for table in view.namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                if not any(isinstance(part, Notrack) for part in rule.body):
                    continue
                place = place_of(table, chain.name, rule)
                yield Candidate(
                    title=message("A NOTRACK rule keeps this flow out of connection tracking"),
                    detail=message("Untracked packets never reach the nat table: {rule}", rule=place.text),
                    change=one(DeleteRule(view.stop.netns, place)),
                    where=OfRule(place),
                    in_class="untracked-flow" if untracked else "notrack-rule",
                    evidence=(place.evidence,),
                )


CAUSE = Cause(
    title=message("NOTRACK keeps the flow from being translated"),
    source="net/netfilter/xt_CT.c; net/netfilter/nf_nat_core.c",
    reasons=frozenset({"no-listener", "never-accepts", "wrong-answer", "source-not-translated", *RULE_STOPS}),
)
