"""A rule before MASQUERADE decides the translation, so the packet leaves untranslated, or with a source address to
which replies do not come back.

Users see: containers cannot connect to the outside although their MASQUERADE rule is there.

Proof: a rule in POSTROUTING before MASQUERADE matches first, and the reply does not come back.  Without this rule the
reply comes back.
Now: delete the rule, or make it narrower.
Lasting: remove the rule from the saved rules, or from the script that adds it.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfRule, View, message
from hairpin.change.change import DeleteRule, one
from hairpin.engines.missing import is_engines
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RuleDecided


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule of another program or person that decided the translation of the packet's
    source."""
    for step in view.branch.request:
        if not step.netns.is_host or step.stage != "postrouting" or not isinstance(step.decided_by, RuleDecided):
            continue
        place = step.decided_by.place
        if place.number == 0 or place.chain.startswith("DOCKER") or is_engines(view.host, place):
            continue
        lost = _lost_source(view)
        yield Candidate(
            title=message(
                "A rule in {table} {chain} takes the packet before it is masqueraded",
                table=place.table,
                chain=place.chain,
            )
            if not lost
            else message(
                "A rule in {table} {chain} gives the packet the source {address}, which this host does not have",
                table=place.table,
                chain=place.chain,
                address=lost,
            ),
            detail=message("The first rule that matches decides the translation: {rule}", rule=place.text),
            change=one(DeleteRule(view.host_netns, place)),
            where=OfRule(place),
            in_class="foreign-source-translation",
            evidence=(place.evidence,),
            advice=(
                message("narrow the rule so that it no longer matches the containers' subnets")
                if not lost
                else message(
                    "if {address} is an address of this host, whatever configures its network has to add it again; a "
                    "machine outside may let in this address alone",
                    address=lost,
                ),
            ),
        )


def _lost_source(view: View) -> str:
    """Return the source address to which the rule translated the packet, if this host does not have it; else an empty
    text."""
    asked, packet = view.branch.request[0].packet, view.branch.request[-1].packet
    if packet.saddr == asked.saddr or owns_address(view.host_namespace, packet.version, packet.saddr):
        return ""
    return address_text(packet.saddr, packet.version)


CAUSE = Cause(
    title=message("Another rule decides the source translation first"),
    source="iptables(8): nat, first match wins",
    reasons=frozenset({"source-not-translated", "peer-drops", "wrong-answer"}),
)
