"""A route that the kernel made for an address is gone or changed.

Routes that the kernel makes for an address are the address's local route and the route to the link's network.

Users see: an address that `ip address` shows does not answer, or the host cannot reach the machines of one network.

Proof: the address exists, and the kernel's route for the address is missing or changed.  With the route the packet
arrives.
Now: ``ip route add`` with that route.  If the address is deleted and added again, the kernel makes the route as well.
Lasting: nothing has to be saved, because the kernel makes the route when the address is added.  Find the program that
deleted or replaced the route.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, Netns, View, message, of_missing
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import AddEntry, ReplaceEntry, one
from hairpin.change.simulation.addresses import missing_routes, resourced_routes
from hairpin.change.simulation.entries import is_alone, route_slot
from hairpin.host.route import Route
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route that the kernel made for an address, if the route is missing or has another
    preferred source now.  The namespaces on the flow's path are examined."""
    version = view.stop.seen.packet.version
    for netns, namespace in namespaces_on_way(view):
        for route in (*missing_routes(namespace, version), *resourced_routes(namespace, version)):
            if route.type != "broadcast":
                yield _candidate(netns, namespace, route)


def _candidate(netns: Netns, namespace: Namespace, route: Route) -> Candidate:
    taking = [each for each in namespace.routes if route_slot(each) == route_slot(route)]
    alone = len(taking) == 1 and is_alone(namespace.routes, taking[0])
    title = message("The kernel's own route `{route}` is missing", route=route_text(route))
    detail = message("The kernel made this route when {link} got its address.", link=route.next_hops[0].link)
    if taking:
        title = message("The kernel's own route `{route}` was replaced", route=route_text(route))
        detail = message(
            "The kernel made this route when {link} got its address; `{other}` is there instead.",
            link=route.next_hops[0].link,
            other=route_text(taking[0]),
        )
    if taking and taking[0].prefsrc not in (None, route.prefsrc):
        title = message("The kernel's own route `{route}` has another source now", route=route_text(route))
        detail = message(
            "The kernel made this route when {link} got its address. Packets that took this route now get the source "
            "{source}.",
            link=route.next_hops[0].link,
            source=address_text(taking[0].prefsrc or 0, route.version),
        )
    read = (*taking, *(each for each in namespace.routes if each.version == route.version and each.evidence))
    return Candidate(
        title=title,
        detail=detail,
        change=one(ReplaceEntry(netns, taking[0], route) if alone else AddEntry(netns, route)),
        where=of_missing(route, namespace.routes, table=route.table),
        in_class="kernels-own",
        evidence=tuple(each.evidence for each in read)[:1],
    )


CAUSE = Cause(
    title=message("A route that the kernel made is missing"),
    source="net/ipv4/fib_frontend.c fib_add_ifaddr(); net/ipv6/addrconf.c addrconf_prefix_route()",
    general=True,
)
