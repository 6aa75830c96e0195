"""A rule that should accept this client's packets never accepts them.

The rule matches the published port although DNAT comes first, or matches an address that the container no longer has,
or names a NIC that the host does not have, or comes after the rule that stops all other clients.

Users see: the allowed client times out like all other clients, although a rule names its network, the port or the
container.

Proof: if the matches of the allow rule are corrected, or if the allow rule comes before the rule that stops the packet,
the flow arrives.
Now: insert the corrected rule into the same chain.  The rule that stops all other clients stays.
Lasting: correct the rule in the saved rules, or in the script that adds it.
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfRule, Place, View, message
from hairpin.causes.rules._lifting import lets_exceptions
from hairpin.causes.rules._nearly import Nearly, nearly_allowing
from hairpin.change.change import Change, InsertRule, Primitive
from hairpin.change.intent import LetIn, rendered
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule that would accept the packet with other matches, or at another position in its
    chain."""
    stopped = view.place
    if stopped is None or not lets_exceptions(stopped):
        return
    for each in nearly_allowing(view, stopped):
        if not each.for_others:
            yield Candidate(
                title=message("A rule in {chain} should let this flow in, and never does", chain=each.place.chain),
                detail=_why(view, each, stopped),
                change=_mending(view, each, stopped),
                where=OfRule(each.place),
                in_class="nearly-allowing-rule",
                evidence=(each.place.evidence,),
                advice=_advice(view, each),
            )


def _why(view: View, nearly: Nearly, stopped: Place) -> Message:
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    rule = nearly.place.text
    if nearly.why == "translated":
        asked = connection.original.dport if connection is not None else view.flow.dport
        return message(
            "The rule matches port {port}, but packets that reach the rule are already translated to the container's "
            "port {now}: {rule}",
            port=asked,
            now=packet.dport,
            rule=rule,
        )
    if nearly.why == "outdated":
        return message(
            "The rule names {old}, which nobody has; the packet is for {now}: {rule}",
            old=address_text(nearly.old, packet.version),
            now=address_text(nearly.now, packet.version),
            rule=rule,
        )
    if nearly.why == "renamed":
        return message(
            "The rule names the link {old}, which this host does not have. The packet comes in through {link}: {rule}",
            old=nearly.link,
            link=view.stop.seen.iif,
            rule=rule,
        )
    return message(
        "The allow rule comes after the rule that stops the packet. The allow rule: {rule}; the rule before it: "
        "{stopping}",
        rule=rule,
        stopping=stopped.text,
    )


def _advice(view: View, nearly: Nearly) -> tuple[Message, ...]:
    if nearly.why == "translated":
        now = view.stop.seen.packet.dport
        return (
            message(
                "`--dport {now}` in the rule works, too, but the rule then lets in every published port that leads to "
                "port {now}",
                now=now,
            ),
        )
    if nearly.why == "renamed":
        return (
            message(
                "if {old} is the former name of {link}, look for it in other rules and files, too",
                old=nearly.link,
                link=view.stop.seen.iif,
            ),
        )
    if nearly.why == "outdated" and nearly.now != view.stop.seen.packet.daddr:
        old = address_text(nearly.old, view.stop.seen.packet.version)
        return (message("if the host had {old} before, look for that address in other rules and files, too", old=old),)
    if nearly.why == "outdated":
        return (
            message(
                "a container's address changes when the container is started again; a rule that matches the published "
                "port stays right"
            ),
        )
    return (message("the same rule further back is then useless: delete it"),)


def _mending(view: View, nearly: Nearly, stopped: Place) -> Change:
    """Return the change that inserts the mended rule before the rule that never matches, or before the rule that stops
    the packet."""
    place = nearly.place
    made = rendered(LetIn(view.stop.netns, place, place.chain, (nearly.mended,)), view.network)
    position = stopped.number if nearly.why == "behind" else place.number
    return Change(tuple(_placed(part, position, nearly) for part in made.parts))


def _placed(part: Primitive, position: int, nearly: Nearly) -> Primitive:
    """Return the insertion at ``position``.  A rule whose matches are unchanged keeps its text."""
    if not isinstance(part, InsertRule):
        return part
    rule = part.rule
    if nearly.why == "behind" and part.dialect == "nft":
        rule = msgspec.structs.replace(rule, text=nearly.place.text)
    return msgspec.structs.replace(part, position=position, rule=rule)


CAUSE = Cause(
    title=message("An allow rule lets nobody in"),
    source="docs.docker.com: packet filtering and firewalls, match the original IP and ports for requests",
    reasons=RULE_STOPS,
)
