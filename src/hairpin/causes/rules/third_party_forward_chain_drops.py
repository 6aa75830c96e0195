"""A chain of another product (Tailscale, libvirt, Calico, kube-proxy …) drops the packet.

Users see: containers cannot reach a VPN, mesh or VM network, or the reverse.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, rule_where
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import owner
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule (or policy) that stopped the packet, when it is of this kind."""
    place = view.place
    if place is None or owner(view, place) != "third-party":
        return
    yield Candidate(
        title=message("A chain of another product, {chain}, drops this flow", chain=place.chain),
        detail=message("The rule stands in front of what would accept the packet: {rule}", rule=place.text),
        change=deletion(view, place),
        where=rule_where(place),
        in_class="shared-rule",
        evidence=(place.evidence,),
        advice=(message("make the exception in that product's own configuration: it writes its chains anew"),),
    )


CAUSE = Cause(
    id="third-party-forward-chain-drops",
    title="Another product's chain drops the flow",
    source="the product's own documentation",
    reasons=frozenset({"rule", "policy", "reject"}),
    find=find,
)
