"""The first DNAT rule that fits translates to an address that nobody has.

Users see: "No route to host" or timeouts after a container was recreated.
"""

from collections.abc import Iterator

from hairpin.causes.attachment import attachment_of, engines_read
from hairpin.causes.cause import Candidate, Cause, View, message, rule_where
from hairpin.change.change import DeleteRule, one
from hairpin.netfilter.evaluate import Place
from hairpin.network.network import HOST
from hairpin.network.prefix import address_text
from hairpin.walk.state import RuleDecided


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the packet was translated to an address of no running container."""
    packet = view.stop.seen.packet
    place = dnat_place(view)
    if (
        place is None
        or view.in_reply
        or not engines_read(view.network)
        or attachment_of(view.network, packet.daddr, packet.version) is not None
    ):
        return
    target = address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("A DNAT rule leads to {address}, which no running container has", address=target),
        detail=message("It is the first that fits this flow: {rule}", rule=place.text),
        change=one(DeleteRule(HOST, place)),
        where=rule_where(place),
        rank=22,
        evidence=(place.evidence,),
        advice=(message("find who wrote it: saved rules that contain Docker's own, a helper container, a script"),),
    )


def dnat_place(view: View) -> Place | None:
    """Return the rule that translated the destination on the way, or None."""
    for step in view.branch.request:
        if step.netns == HOST and step.text in ("dnat", "redirect") and isinstance(step.decided_by, RuleDecided):
            return step.decided_by.place
    return None


CAUSE = Cause(
    id="dnat-rule-stale-address",
    title="A DNAT rule leads to an address that nobody has",
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=frozenset({"no-neighbour", "left-instead", "no-carrier", "policy", "rule", "reject", "no-route"}),
    find=find,
)
