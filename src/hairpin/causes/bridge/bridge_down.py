"""A bridge is down.

Users see: everything of one network is dead.
"""

from collections.abc import Iterator

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.container._attachment import network_for
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the link that is down."""
    link = down(view)
    if link is None or link.kind != "bridge":
        # Its routes went with it, so packets for its containers may have left by another link.
        meant = network_for(view, view.stop.seen.packet.daddr) if view.on_host else None
        link = view.host_namespace.link(meant.bridge) if meant is not None and meant.bridge is not None else None
    if link is None or link.up or link.kind != "bridge":
        return
    title = message("Bridge {link} is down", link=link.name, netns=view.stop.netns)
    yield from brought_up(view, link, title, message("Every container on it is cut off."))


CAUSE = Cause(
    id="bridge-down",
    title="The bridge is down",
    source="net/core/dev.c: IFF_UP",
    reasons=frozenset({"link-down", "bridge-down", "no-carrier", "left-instead", "rule", "policy", "reject", "no-route",
                       "route-localnet", "wrong-answer", "no-neighbour"}),
    find=find,
)  # fmt: skip
