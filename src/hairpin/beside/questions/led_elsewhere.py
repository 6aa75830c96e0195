"""Packets for an outside machine that a rule redirects to another machine."""

from collections.abc import Iterator

from hairpin.message import message
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.network.network import Network, is_held
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import OpenQuestion, Trace


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the question whether a rule should translate the asked destination, if no host that was read has this
    address.  Because of the rule, the packets never reach the asked machine."""
    flow = trace.flow
    if flow.purpose != "asked" or not trace.succeeds or is_held(network, flow.version, flow.daddr):
        return
    if network.world.public(flow.version, flow.daddr) is not None:
        return
    step = next((each for each in trace.usual.request if each.translates_destination), None)
    if step is None or not isinstance(step.decided_by, RuleDecided) or step.packet.daddr == flow.daddr:
        return
    from hairpin.beside.questions.undecided import rule_watched  # noqa: PLC0415 - few packets are led elsewhere

    place = step.decided_by.place
    rule = rule_at(network.namespace(step.netns).ruleset, place)
    facts = {
        "asked": address_text(flow.daddr, flow.version),
        "now": address_text(step.packet.daddr, flow.version),
        "start": flow.start_text(),
        "rule": place.in_full,
    }
    yield OpenQuestion(
        text=message("Should {now} get what {start} sends to {asked}? This rule translates it: {rule}", **facts),
        if_yes=message("The verdict above stands; it is about {now}", **facts),
        if_no=message(
            "The packets never reach {asked}: add the destination (-d) or the link (-i) to the rule at the place where "
            "the rule is written",
            **facts,
        ),
        wanted=(rule_watched(network, trace, step.netns, place, rule),),
        breaks_if="no",
    )
