"""A bridge is down.

Users see: no client reaches a container of one network, and these containers reach no other machine.

Proof: the bridge is not up.  After the bridge is set up, the packet passes.
Now: ``ip link set BRIDGE up``.
Lasting: keep network managers away from the bridge (unmanaged).
"""

from hairpin.causes.bridge._link_state import brought_up, down
from hairpin.causes.kit import LINK_STOPS, RULE_STOPS, Candidate, Cause, Iterator, View, message
from hairpin.network.attachment import network_for, network_of_bridge


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the bridge at which the packet stopped, or the bridge of its destination container, is
    down."""
    link = down(view)
    if link is None or link.kind != "bridge":
        # The kernel removes the routes of a link that goes down, so the packet may have left by another link.
        packet = view.stop.seen.packet
        meant = network_for(view.host, packet.daddr, packet.version) if view.on_host else None
        link = view.host_namespace.link(meant.bridge) if meant is not None and meant.bridge is not None else None
    if link is None or link.up or link.kind != "bridge":
        return
    title = message("Bridge {link} is down", link=link.name, netns=view.stop.netns)
    joined = network_of_bridge(view.host, link.name)
    used = joined is not None and any(
        end.network == joined.name for each in view.host.containers() if each.running for end in each.endpoints
    )
    alone = message("The kernel has removed the routes that lead to this bridge.")
    yield from brought_up(view, link, title, message("Every container on this bridge is cut off.") if used else alone)


CAUSE = Cause(
    title=message("The bridge is down"),
    source="net/core/dev.c: IFF_UP",
    shown_by=("ip addr; ip route; bridge link", message("the bridge is DOWN, or has no address")),
    reasons=frozenset(
        {"left-instead", "no-route", "route-localnet", "wrong-answer", "no-neighbour", *RULE_STOPS, *LINK_STOPS}
    ),
    shown_to="everybody",
)
