"""Two ports of one bridge are isolated from each other.

Users see: two containers on one bridge cannot reach each other, but the host reaches both.

Proof: both bridge ports are isolated.  With isolation off at one of the two ports the frame passes.
Now: ``bridge link set dev PORT isolated off``.
Lasting: correct the configuration of the program that isolated the port.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.change.change import SetLink, one


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the bridge port by which the frame would leave."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.port is None:
        return
    port = msgspec.structs.replace(link.port, isolated=False)
    yield Candidate(
        title=message("Bridge port {link} is isolated", link=link.name),
        detail=message("Isolated ports of {bridge} exchange no frames with each other.", bridge=link.master),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, port=port))),
        where=OfLink(link=link.name, isolated="on"),
        in_class="link-or-route",
        evidence=(link.evidence,),
    )


CAUSE = Cause(
    title=message("The bridge's ports are isolated"),
    source="net/bridge/br_private.h br_skb_isolated()",
    reasons=frozenset({"bridge-port-isolated"}),
)
