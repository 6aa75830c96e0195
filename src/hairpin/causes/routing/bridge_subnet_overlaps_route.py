"""A container network's subnet overlaps a LAN, a VPN or an office network.

Users see: after ``compose up``, the host and its containers no longer reach an outside network that has the same
addresses as the new container network.

Proof: the lookup for an address outside finds the route into the bridge, where no container has the address.  Without
the route into the bridge, the packet takes another route.
Now: recreate the network with another subnet.
Lasting: set ``bip`` and ``default-address-pools`` in daemon.json, or ``ipam`` in the Compose file.
"""

from hairpin.causes.kit import LINK_STOPS, RULE_STOPS, Candidate, Cause, Iterator, OfRoute, View, Way, message
from hairpin.causes.routing._asked import is_wanted
from hairpin.causes.routing._overlap import (
    NOT_KEPT,
    Overlap,
    another_subnet,
    covering_public,
    is_elsewhere,
    is_out_of_reach,
    led_past,
    moved_away,
    overlaps,
)
from hairpin.change.change import AddEntry, DeleteEntry, one
from hairpin.host.docker import DockerNetwork
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.network.attachment import attachment_of
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text, is_private, prefix_text, width
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route that sent the request to the wrong one of two overlapping networks.

    The route leads into a bridge although no container has the address, or leads past the bridge although a container
    has the address.
    """
    start = view.flow.start
    for each in overlaps(view):
        if isinstance(start, (Outside, Lan)) and each.address == start.address:
            continue
        routed = is_elsewhere(view, each) or _is_added(view, each)
        public = not is_private(each.address, view.stop.seen.packet.version)
        if view.flow.daddr != each.address or not (routed or public or is_out_of_reach(view, each.network)):
            continue
        title = message("Container network {name} ({subnet}) covers this address", name=each.name, subnet=each.subnet)
        detail = message(
            "Packets to {address} take the route `{route}` into the bridge, where nothing has this address. Without "
            "this route, they would take another route.",
            address=address_text(each.address, view.flow.version),
            route=route_text(each.route),
        )
        if routed:
            yield led_past(view, each, title, detail, in_class="overlapping-subnet")
        elif public:
            yield covering_public(view, each, title, detail)
        else:
            yield moved_away(each, title, detail, in_class="overlapping-subnet")
    yield from _routed_past_bridge(view)


def _is_added(view: View, each: Overlap) -> bool:
    """Return whether a person or a program other than the engine added the route into the bridge.

    The looked-up address is then outside the network's subnets, so it never belonged to a container."""
    return view.on_host and not each.is_subnet


def _routed_past_bridge(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route, such as a VPN's route, that led a packet for a container past the container's
    bridge."""
    packet = view.stop.seen.packet
    meant = attachment_of(view.network, view.host, packet.daddr, packet.version)
    if not view.on_host or meant is None or meant.network.bridge is None:
        return
    taken = view.stop.seen.oif or view.stop.link
    for route in view.host_namespace.routes:
        foreign = any(hop.link == taken for hop in route.next_hops) and taken != meant.network.bridge
        covers = route.holds(packet.daddr, route.version)
        if not foreign or not covers or route.version != packet.version or route.prefix_length == 0:
            continue
        if route.table == TABLE_LOCAL or route.type != "unicast":
            continue
        yield _past_bridge(view, route, taken, meant.network)


_KEPT_BY = message("the program or the file that added the route adds it again: remove the route there")


def _past_bridge(view: View, route: Route, taken: str, meant: DockerNetwork) -> Candidate:
    """Return the candidate for a route past the bridge.  The change deletes the route, or adds a host route for the
    asked address.

    A route that a VPN, a routing daemon or a network manager made is kept, and the asked address gets a host route into
    the bridge."""
    packet = view.stop.seen.packet
    address = address_text(packet.daddr, packet.version)
    lost = prefix_text(packet.daddr, width(packet.version), packet.version)  # another machine's, not the container's
    hop = (NextHop(meant.bridge),)
    own = Route(packet.version, packet.daddr, width(packet.version), table=route.table, next_hops=hop)
    undone, round_it = one(DeleteEntry(view.host_netns, route)), one(AddEntry(view.host_netns, own))
    wanted = is_wanted(view.host_namespace, route)
    return Candidate(
        title=message("A route by {link} covers container network {name}", link=taken, name=meant.name),
        detail=message(
            "Packets to {address} take the route `{route}` instead of going into {bridge}.",
            address=address,
            route=route_text(route),
            bridge=meant.bridge,
        ),
        change=round_it if wanted else undone,
        where=OfRoute(route, network=meant.name),
        in_class="link-or-route",
        evidence=(route.evidence,),
        side_effects=(message("{address} behind {link} is then out of reach", address=lost, link=taken),)
        if wanted
        else (),
        advice=(another_subnet(meant, view.host.tool_of(meant), meant.name),),
        ways=(Way(undone, (_KEPT_BY,)) if wanted else Way(round_it, (NOT_KEPT,)),),
    )


CAUSE = Cause(
    title=message("A container network covers a range that is used elsewhere"),
    source="net/ipv4/fib_trie.c: longest prefix",
    shown_by=(
        "ip route show table all; docker network inspect $(docker network ls -q)",
        message("a route of the VPN covers a container network, or a bridge covers addresses behind the VPN"),
    ),
    reasons=frozenset({"no-neighbour", "left-instead", "rp-filter", *RULE_STOPS, *LINK_STOPS}),
    fixed_with="network",
)
