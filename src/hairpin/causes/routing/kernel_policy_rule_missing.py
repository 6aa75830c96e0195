"""One of the kernel's own policy rules is gone, so no rule selects the table ``local`` or the table ``main``.

Users see: after ``ip rule flush`` or ``ip rule del`` the host reaches no machine ("Network is unreachable"), or no
machine reaches the host, although its addresses and routes still exist.

Proof: there is no policy rule that matches all packets and selects the table.  With the kernel's own rule the packet
arrives.
Now: ``ip rule add from all lookup local priority 0``, or ``lookup main priority 32766``.
Lasting: nothing has to be saved, because the kernel makes these rules at each boot.  Find the program that deleted the
rule (a VPN's PostDown, a script that sets routes).
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfPolicyRule, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import AddEntry, one
from hairpin.host.route import TABLE_LOCAL, PolicyRule
from hairpin.network.routing import missing_rules


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each of the kernel's default policy rules that is missing in a namespace on the flow's
    path."""
    for netns, namespace in namespaces_on_way(view):
        for rule in missing_rules(namespace, view.stop.seen.packet.version):
            yield Candidate(
                title=message("The kernel's own policy rule `{rule}` is missing", rule=rule.text),
                detail=_lost(rule),
                change=one(AddEntry(netns, rule)),
                where=OfPolicyRule(rule),
                in_class="kernels-own",
                evidence=tuple(dict.fromkeys(each.evidence for each in namespace.rules if each.evidence))[:1],
            )


def _lost(rule: PolicyRule) -> Message:
    if rule.table == TABLE_LOCAL:
        return message("Without this rule the kernel delivers no packet locally: it never looks into the table local.")
    return message("Without this rule the kernel never looks into the table main, where the routes are.")


CAUSE = Cause(
    title=message("One of the kernel's own policy rules is missing"),
    source="net/ipv4/fib_rules.c fib_default_rules_init(); net/ipv6/fib6_rules.c fib6_rules_net_init()",
    general=True,
)
