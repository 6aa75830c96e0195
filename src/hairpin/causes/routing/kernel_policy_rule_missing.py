"""One of the kernel's own policy rules is gone: nothing leads to the table ``local``, or to ``main``.

Users see: after ``ip rule flush`` or ``ip rule del`` the host reaches nobody ("Network is unreachable"), or nobody
reaches the host, although its addresses and routes are there.

Proof: no policy rule leads every packet to the table; with the kernel's own rule the packet arrives.
Now: ``ip rule add from all lookup local priority 0``, or ``lookup main priority 32766``.
Lasting: nothing, since each boot makes the rules anew; find what deleted it (a VPN's PostDown, a script of routes).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.causes.where import OfPolicyRule
from hairpin.change.change import AddEntry, one
from hairpin.host.route import TABLE_LOCAL, PolicyRule
from hairpin.message import Message, message
from hairpin.network.routing import missing_rules


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each default policy rule of the kernel that a namespace on the flow's path lacks."""
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
    title=message("A policy rule of the kernel's own is missing"),
    source="net/ipv4/fib_rules.c fib_default_rules_init(); net/ipv6/fib6_rules.c fib6_rules_net_init()",
    general=True,
)
