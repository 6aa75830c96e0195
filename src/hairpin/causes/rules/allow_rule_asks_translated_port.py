"""A rule that should let clients in compares the published port, and behind DNAT the packet is for the container's.

Users see: the allowed client times out like all others, although a rule before the DROP names its network and the port.

Proof: with the same rule asking for the port before the translation, the flow arrives.
Now: the rule with ``-m conntrack --ctorigdstport PORT --ctdir ORIGINAL``; the rule that stops the others stays.
Lasting: the same in the saved rules, or in the script that adds it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.rules._by_owner import RULE_STOPS
from hairpin.causes.rules._lifting import lets_exceptions
from hairpin.causes.rules._nearly import Nearly, nearly_allowing
from hairpin.causes.where import OfRule
from hairpin.change.change import Change, InsertRule
from hairpin.change.intent import LetIn, rendered
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule that would let the packet in if it compared the published port."""
    stopped = view.place
    if stopped is None or not lets_exceptions(stopped):
        return
    for each in nearly_allowing(view, stopped):
        if not each.for_others:
            yield _candidate(view, each)


def _candidate(view: View, nearly: Nearly) -> Candidate:
    place, packet, first = nearly.place, view.stop.seen.packet, view.stop.seen.connection
    asked = first.original.dport if first is not None else view.flow.dport
    return Candidate(
        title=message("A rule in {chain} means to let port {port} in, and never does", chain=place.chain, port=asked),
        detail=message(
            "It asks for port {port}, and what it sees is translated to the container's port {now} already: {rule}",
            port=asked,
            now=packet.dport,
            rule=place.text,
        ),
        change=_mending(view, place, nearly),
        where=OfRule(place),
        in_class="nearly-allowing-rule",
        evidence=(place.evidence,),
        advice=(
            message(
                "`--dport {now}` in the rule would do, too: it lets in every port that leads there", now=packet.dport
            ),
        ),
    )


def _mending(view: View, place: Place, nearly: Nearly) -> Change:
    """Return the change that puts the mended rule before the one that never matches."""
    made = rendered(LetIn(view.stop.netns, place, place.chain, (nearly.mended,)), view.network)
    return Change(
        tuple(
            msgspec.structs.replace(part, position=place.number) if isinstance(part, InsertRule) else part
            for part in made.parts
        )
    )


CAUSE = Cause(
    id="allow-rule-asks-translated-port",
    title=message("An allow rule asks for the published port behind its translation"),
    source="docs.docker.com: packet filtering and firewalls, match the original IP and ports for requests",
    reasons=RULE_STOPS,
    find=find,
)
