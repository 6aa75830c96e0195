"""The kernel's own IPv6 policy rules that were deleted, and that the kernel may not need.

Until the first rule is added, the kernel looks up local and then main without looking at the rules.  From then on it
follows the rules, even after the added rule is deleted again.  No reading shows whether a rule was ever added.
Source: net/ipv6/fib6_rules.c fib6_rule_lookup(), fib6_rule_configure(); measured on 6.18
"""

from collections.abc import Iterator

from hairpin.change.change import AddEntry, one
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, PolicyRule
from hairpin.message import message
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network, entering
from hairpin.network.prefix import address_text
from hairpin.network.routing import needless_rules
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import ask_route6


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield one question for each deleted rule of each namespace that routes packets of the flow.  The flow
    succeeds."""
    if trace.flow.version == 4 or not trace.succeeds:
        return
    routed = (step.netns for step in trace.usual.steps if step.stage in ("input-route", "output-route"))
    for netns in dict.fromkeys(routed):
        for rule in needless_rules(network.namespace(netns)) if netns in network else ():
            yield _question(network, trace, netns, rule)


def _question(network: Network, trace: Trace, netns: Netns, rule: PolicyRule) -> OpenQuestion:
    start, restored = trace.flow.start, one(AddEntry(netns, rule))
    outside = isinstance(start, (Outside, Lan)) and rule.table != TABLE_LOCAL
    address = start.address if isinstance(start, (Outside, Lan)) and outside else trace.flow.daddr
    facts = {"rule": rule.text, "netns": netns.name}
    text = (
        message(
            "Does IPv6 work here without the policy rule `{rule}`? The rule is gone, and the kernel needs it if "
            "another IPv6 policy rule was ever added",
            **facts,
        )
        if netns.is_host
        else message(
            "Does IPv6 work in {netns} without the policy rule `{rule}`? The rule is gone, and the kernel needs it if "
            "another IPv6 policy rule was ever added",
            **facts,
        )
    )
    return OpenQuestion(
        text=text,
        if_yes=message("No other policy rule was ever added, and the verdict above stands"),
        if_no=message("IPv6 packets find no route: `{repair}`"),
        wanted=(ask_route6(address_text(address, 6), entering(network, netns)),),
        breaks_if="no",
        repair=restored,
        no_repair=restored,
    )
