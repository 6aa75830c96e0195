"""A default route leads into a container bridge or to a container's veth.

Users see: right after Docker starts, the host or its containers no longer reach the internet, and clients behind a
router time out.  Programs that configure every new link add such routes: connman, dhcpcd, NetworkManager,
systemd-networkd.

Proof: the route lookup finds a default route into a bridge or a veth.  Without this route the packet takes the right
route.
Now: delete the route.
Lasting: keep connman, dhcpcd, NetworkManager and systemd-networkd away from ``veth*``, ``docker*`` and ``br-*``.
"""

from hairpin.causes.kit import LINK_STOPS, RULE_STOPS, Candidate, Cause, Iterator, OfRoute, View, message
from hairpin.change.change import DeleteEntry, one
from hairpin.host.route import Route
from hairpin.network.attachment import network_of_bridge
from hairpin.network.network import outer_link
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each default route of the host whose link leads only to containers."""
    packet = view.stop.seen.packet
    if not view.on_host:
        return
    for route in view.host_namespace.routes:
        link = _inner_link(view, route)
        if link is None or route.version != packet.version:
            continue
        yield Candidate(
            title=message("The default route leads into {link}, where only containers are", link=link),
            detail=message(
                "Packets to {address} take the route `{route}`. Without this route, they would take another default "
                "route.",
                address=address_text(view.looked_up, packet.version),
                route=route_text(route),
            ),
            change=one(DeleteEntry(view.host_netns, route)),
            where=OfRoute(route=route, table=route.table),
            in_class="link-or-route",
            evidence=(route.evidence,),
            advice=(
                message(
                    "find the program that added the route (`ip route` shows it behind `proto`), and make it leave the "
                    "links docker*, br-* and veth* alone: unmanaged-devices of NetworkManager, Unmanaged= of "
                    "systemd-networkd, denyinterfaces of dhcpcd, NetworkInterfaceBlacklist of connman"
                ),
            ),
        )


def _inner_link(view: View, route: Route) -> str | None:
    """Return the link if the default route leads to containers, else None."""
    if route.prefix_length != 0 or route.type != "unicast":
        return None
    for hop in route.next_hops:
        link = view.host_namespace.link(hop.link) if hop.link is not None else None
        if link is None or link.kind not in ("bridge", "veth"):
            continue
        if link.kind == "veth" and link.peer_netnsid is None:
            continue  # the veth's peer is in this namespace, so the veth leads to no container
        if link.kind == "bridge" and network_of_bridge(view.host, link.name) is None:
            continue
        if outer_link(view.network, view.host_netns, link) is None:
            return link.name
    return None


CAUSE = Cause(
    title=message("A default route leads to containers"),
    source="net/ipv4/fib_semantics.c fib_select_path(); systemd/systemd#28626",
    shown_by=(
        "ip route; networkctl; nmcli device",
        message("a default route leads to a veth or to a bridge of the engine"),
    ),
    reasons=frozenset({"no-neighbour", "rp-filter", *RULE_STOPS, *LINK_STOPS}),
)
