"""The host has a default route, but the lookup for the client's address does not reach the default route's table, or
finds a route that does not lead to the client.

Users see: clients in one network time out, while all other clients get answers.  An example is a VPN server that runs
in a container and does not masquerade its clients.

Proof: the lookup for the client's address ends without a route.  With a route the reply leaves.
Now: ``ip route add NETWORK via GATEWAY dev LINK``.
Lasting: add the route to the host's network configuration.
"""

from hairpin.causes.kit import LINK_STOPS, Candidate, Cause, Iterator, Netns, OfAddress, OfRoute, View, message
from hairpin.causes.uplinks._gateway import likely_gateway, links_without_default
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, one
from hairpin.host.boot.configured_address import names_as_own
from hairpin.host.route import NextHop, Route
from hairpin.network.attachment import network_of_bridge
from hairpin.network.flow import Outside
from hairpin.network.prefix import address_text, width
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the looked-up address has no route, or a route that leaves by another link than the
    default route.  The host must have a default route in some table."""
    version = view.stop.seen.packet.version
    routes = view.host_namespace.routes
    defaults = tuple(each for each in routes if each.version == version and each.prefix_length == 0)
    if not view.on_host or not defaults:
        return
    if isinstance(view.flow.start, Outside) and view.flow.start.behind is not None:
        yield from _behind_container(view, view.flow.start, view.flow.start.behind)
        return
    if view.stop.reason == "wrong-answer":
        return
    if view.stop.reason != "no-route":
        yield from _led_elsewhere(view, defaults)
        return
    if links_without_default(view):
        return  # an uplink has lost its default route, and another cause restores this route first
    if view.looked_up == view.flow.daddr and names_as_own(view.host, version, view.looked_up):
        # the published address should be an address of the host, and a route would send its packets to a router
        return
    way = likely_gateway(view.network, view.host_netns, version)
    if way is None:
        return
    text = address_text(view.looked_up, version)
    hop = NextHop(way.link, way.address)
    route = AddEntry(view.host_netns, Route(version, view.looked_up, width(version), next_hops=(hop,)))
    by_person = message("add a route to {address} through the router that knows the way", address=text)
    yield Candidate(
        title=message("No route leads back to {address}", address=text),
        detail=message("The lookup for the address finds no route in any of the tables that the policy rules name."),
        change=one(route, *(() if way.source is not None else (ByPerson(by_person),))),
        where=OfAddress(address=text),
        in_class="no-way-back",
        advice=way.advice,
        made_by=("host-link-down",),
    )


def _behind_container(view: View, client: Outside, behind: Netns) -> Iterator[Candidate]:
    """Yield the candidate that adds a route to clients behind a container which forwards their packets.

    The route's next hop is the container's address."""
    if behind not in view.network:
        return
    version, container = view.flow.version, view.network.container_of(behind)
    back = lookup(view.network.namespace(behind), Query(version, client.address)).route
    if container is None or back is None or view.looked_up != client.address:
        return
    for end in view.host.engine_of(container).endpoints_of(container):
        gateway = end.ipv4 if version == 4 else end.ipv6
        way = lookup(view.host_namespace, Query(version, gateway)).next_hops if gateway is not None else ()
        link = next((hop.link for hop in way if hop.gateway is None), None)
        if gateway is None or link is None:
            continue
        text = str(back.prefix)
        hop = NextHop(link, gateway)
        route = Route(version, back.destination, back.prefix_length, next_hops=(hop,))
        yield Candidate(
            title=message("No route leads back to {subnet}, which is behind {name}", subnet=text, name=container.name),
            detail=message(
                "{name} routes packets of its clients and does not masquerade them. The answer to {address} leaves by "
                "the host's default route instead.",
                name=container.name,
                address=address_text(client.address, version),
            ),
            change=one(AddEntry(view.host_netns, route)),
            where=OfAddress(address=text, link=link),
            in_class="no-way-back",
            evidence=(back.evidence,),
            advice=(
                message(
                    "or let {name} masquerade its clients: the host then needs no route to them", name=container.name
                ),
                message(
                    "the route works only while {name} has this address: give {name} a fixed address (--ip)",
                    name=container.name,
                ),
            ),
        )
        return


def _led_elsewhere(view: View, defaults: tuple[Route, ...]) -> Iterator[Candidate]:
    """Yield the candidate that routes the client's address by the default route, if the present route leads to another
    link.

    If the present route leads into a container network, the cause client_inside_container_subnet reports the fault."""
    version = view.stop.seen.packet.version
    back = lookup(view.host_namespace, Query(version, view.looked_up)).route
    client = view.flow.start.address if isinstance(view.flow.start, Outside) else None
    if back is None or not back.prefix_length or client != view.looked_up:
        return
    taken = {hop.link for hop in back.next_hops}
    if any(network_of_bridge(view.host, link) is not None for link in taken if link is not None):
        return
    hops = (hop for route in defaults for hop in route.next_hops if hop.gateway is not None)
    hop = next((hop for hop in hops if hop.link not in taken), None)
    if hop is None:
        return
    text = address_text(view.looked_up, version)
    way = NextHop(hop.link, hop.gateway, hop.gateway_version)
    yield Candidate(
        title=message("The route back to {address} leads elsewhere", address=text),
        detail=message(
            "Answers to the client take the route `{route}`; the client is behind the router of the default route, on "
            "{link}.",
            link=hop.link,
            route=route_text(back),
        ),
        change=one(AddEntry(view.host_netns, Route(version, view.looked_up, width(version), next_hops=(way,)))),
        where=OfRoute(address=text, route=back),
        in_class="no-way-back",
        evidence=(back.evidence,),
    )


CAUSE = Cause(
    title=message("No route leads back to the client"),
    source="net/ipv4/fib_rules.c",
    reasons=frozenset({"no-route", "rp-filter", "no-neighbour", "left-instead", "wrong-answer", *LINK_STOPS}),
)
