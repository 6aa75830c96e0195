"""Hairpin mode is off, so the bridge does not send a frame out of the port by which the frame came in.

Users see, with the userland proxy off: a container cannot reach its own published port.

Proof: the bridge has to send the frame back out of the port that it came in by, and ``hairpin_mode`` of this port is 0.
If ``hairpin_mode`` is 1, the frame passes.
Now: ``bridge link set dev VETH hairpin on``.
Lasting: nothing has to be done, because dockerd sets hairpin mode when it starts a container while the userland proxy
is off.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.causes.nat_rules._translation import is_led_back
from hairpin.change.change import SetLink, one


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the bridge port that is both the frame's ingress and its egress.

    If a rule led the packet to this port by mistake, yield no candidate.  The fault is then in the rule, not in the
    port."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.port is None or is_led_back(view):
        return
    port = msgspec.structs.replace(link.port, hairpin=True)
    yield Candidate(
        title=message("Hairpin mode is off on {link}", link=link.name),
        detail=message("The bridge would have to send the packet back out of the port that it came in by."),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, port=port))),
        where=OfLink(link=link.name, hairpin="off"),
        in_class="link-or-route",
        evidence=(link.evidence,),
        side_effects=(
            message("dockerd sets hairpin mode itself for containers that it starts while userland-proxy is off"),
        ),
    )


CAUSE = Cause(
    title=message("Hairpin mode is off on the bridge port"),
    source="net/bridge/br_forward.c should_deliver()",
    shown_by=(
        "bridge -d link; sudo iptables-save -t nat",
        message("the container's port of the bridge has hairpin off"),
    ),
    reasons=frozenset({"hairpin-off"}),
)
