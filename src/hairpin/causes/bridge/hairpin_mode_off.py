"""Hairpin mode is off: the bridge does not send a frame out of its ingress port.

Users see, with the userland proxy off: a container cannot reach its own published port.

Proof: the frame would leave by the bridge port that it came in by, and ``hairpin_mode`` is 0; with 1 it passes.
Now: ``bridge link set dev VETH hairpin on``.
Lasting: nothing: dockerd sets it when it starts a container with the userland proxy off.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfLink
from hairpin.change.change import SetLink, one
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the bridge port that is both ingress and egress of the frame."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.port is None:
        return
    port = msgspec.structs.replace(link.port, hairpin=True)
    yield Candidate(
        title=message("Hairpin mode is off on {link}", link=link.name),
        detail=message("The packet would have to leave by the bridge port that it came in by."),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, port=port))),
        where=OfLink(link=link.name, hairpin="off"),
        in_class="link-or-route",
        evidence=(link.evidence,),
        side_effects=(message("dockerd sets it itself for containers it starts with userland-proxy off"),),
    )


CAUSE = Cause(
    title=message("Hairpin mode is off on the bridge port"),
    source="net/bridge/br_forward.c should_deliver()",
    reasons=frozenset({"hairpin-off"}),
)
