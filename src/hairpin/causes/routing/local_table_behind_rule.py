"""The policy rule for the table ``local`` comes after another policy rule, which matches packets for the host's own
addresses.

Users see: outside clients time out at services of the host and at containers on the host's network.  This began when a
VRF or a VPN was set up, which moved the rule.  Published ports of bridge networks work, because DNAT changes the
destination before the route lookup.

Proof: a policy rule before the rule for ``local`` gives a packet for one of the host's addresses another route.  With a
rule for ``local`` before that rule, the packet arrives.
Now: ``ip rule add priority NUMBER from all lookup local`` with a smaller number than the priority of the earlier rule.
Lasting: correct the program that moved the rule.  The kernel makes the rule at priority 0 at each boot.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, OfPolicyRule, View, message
from hairpin.causes.routing._asked import lookups_on_way
from hairpin.change.change import AddEntry, one
from hairpin.host.route import TABLE_LOCAL, PolicyRule
from hairpin.network.network import owns_address
from hairpin.network.prefix import Version


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each policy rule that precedes the rule for table local and diverts a packet.

    The diverted packet is for one of the namespace's own addresses."""
    for each in lookups_on_way(view):
        namespace, taking = view.network.namespace(each.netns), each.found.rule
        version = each.query.version
        if taking is None or taking.l3mdev or each.found.type == "local":
            continue
        behind = _of_local(namespace, version)
        if (
            behind is None
            or behind.priority <= taking.priority
            or not owns_address(namespace, version, each.query.daddr)
        ):
            continue
        priority = _free_before(namespace, version, taking.priority)
        if priority is None:
            continue
        made = PolicyRule(version, priority, table=TABLE_LOCAL, text=f"{priority}: from all lookup local")
        yield Candidate(
            title=message("`{rule}` comes before the rule of the table local", rule=taking.text),
            detail=message(
                "The rule of the table local is `{behind}`; the kernel makes it at priority 0. The rule before it also "
                "matches packets for this host's own addresses, so they are routed instead of delivered.",
                behind=behind.text,
            ),
            change=one(AddEntry(each.netns, made)),
            where=OfPolicyRule(behind),
            in_class="kernels-own",
            evidence=tuple(dict.fromkeys(rule.evidence for rule in (taking, behind) if rule.evidence)),
        )


def _of_local(namespace: Namespace, version: Version) -> PolicyRule | None:
    """Return the first rule that selects the table local for every packet, or None."""
    own = (each for each in namespace.rules if (each.version, each.table) == (version, TABLE_LOCAL))
    plain = (each for each in own if each.action == "table" and each.source is None and each.iif is None)
    return min(plain, key=lambda each: each.priority, default=None)


def _free_before(namespace: Namespace, version: Version, priority: int) -> int | None:
    """Return the highest priority number below ``priority`` that no rule has; None if every lower number is in use."""
    taken = {each.priority for each in namespace.rules if each.version == version}
    return next((each for each in range(priority - 1, -1, -1) if each not in taken), None)


CAUSE = Cause(
    title=message("Another policy rule comes before the rule of the table local"),
    source="net/ipv4/fib_rules.c fib_default_rules_init(); net/core/fib_rules.c fib_rules_lookup()",
    general=True,
)
