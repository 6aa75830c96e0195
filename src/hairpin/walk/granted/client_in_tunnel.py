"""Clients that the walk puts behind a tunnel, because the route back to them leads into it, and neighbours whose
answers go into a tunnel.

The route may be meant for other machines: a VPN's server may push a network that clients elsewhere have, too.  Such a
client's packets come in by the uplink that has the asked address, and its answers go into the tunnel and are lost.
"""

from hairpin.change.change import DeleteEntry, one
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import address_text, is_private, width
from hairpin.walk.decided import RouteDecided
from hairpin.walk.granted.way_out import routing_of
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.tunnelled import is_tunnel
from hairpin.wanted import watch_packets


def comes_in_tunnel(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the client's packets come in by the tunnel into which its answers go, or for a
    neighbour, whether the tunnel's far end brings the answers back.

    Return no question if the asked address is not on an uplink, if the tunnel's own network has the client or the route
    is for the client alone, or if only the tunnel can bring packets from the client's private address to the uplink's
    public address."""
    inner = left.carried.frame if left.carried is not None else left
    namespace = network.namespace(inner.netns)
    link = namespace.link(inner.oif)
    if not isinstance(flow.start, (Outside, Lan)) or not inner.netns.is_host or link is None:
        return ()
    is_neighbour = isinstance(flow.start, Lan)
    if flow.start.link == link.name or (flow.start.link is not None and not is_neighbour):
        return ()
    if not is_tunnel(link) or inner.packet.daddr != flow.start.address:
        return ()
    version, client = flow.version, flow.start.address
    if any(each.holds(client, version) for each in addresses_of(namespace, link.name, version)):
        return ()
    holder = _uplink_asked(network, flow, inner.netns)
    if holder is None or not (is_neighbour or not is_private(client, version) or is_private(flow.daddr, version)):
        return ()
    step = routing_of(inner)
    route = step.decided_by if step is not None and isinstance(step.decided_by, RouteDecided) else None
    if route is None or route.entry is None or route.entry.prefix_length == width(version):
        return ()  # a VPN has a route to each member alone
    facts = {
        "client": address_text(client, version),
        "route": route.route,
        "link": link.name,
        "home": holder.name,
        "asked": address_text(flow.daddr, version),
    }
    return (
        OpenQuestion(
            text=message(
                "Does the far end of {link} send the answers back to {client}, a neighbour on {home}? The route "
                "`{route}` sends them there",
                **facts,
            )
            if is_neighbour
            else message(
                "Do packets from {client} come in through {link}? The route `{route}` sends the answers there. But the "
                "asked address {asked} is the address of {home}",
                **facts,
            ),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "The packets come in through {home}, and the answers are lost behind {link}. The route is too wide: "
                "delete it (`{repair}`), or give it a prefix without {client}. If a VPN program made the "
                "route, change it there",
                **facts,
            ),
            wanted=(watch_packets(holder.name, f"{flow.protocol} port {flow.dport} and host {facts['client']}"),),
            breaks_if="no",
            no_repair=one(DeleteEntry(inner.netns, route.entry)),
        ),
    )


def _uplink_asked(network: Network, flow: Flow, netns: Netns) -> Link | None:
    """Return the uplink that has the asked address, or to which a gateway maps it; None if no uplink has it."""
    namespace, public = network.namespace(netns), network.world.public(flow.version, flow.daddr)
    asked = flow.daddr if public is None else public.private
    home = next((each.link for each in addresses_of(namespace, None, flow.version) if each.value == asked), None)
    link = namespace.link(home) if home is not None else None
    return link if link is not None and not is_tunnel(link) and is_uplink(network, netns, link) else None
