"""Candidates that delete a blackhole, unreachable or prohibit route.  ``_asked`` has the policy rules that refuse."""

from collections.abc import Callable

from hairpin.causes.kit import Candidate, Iterator, Message, OfRoute, View, message
from hairpin.change.change import DeleteEntry, one
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, Route
from hairpin.network.attachment import network_for
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def by_refusing_route(*, container: bool) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields a candidate for a blackhole, unreachable or prohibit route.  If ``container`` is
    true, the looked-up address must be in a container network.  If ``container`` is false, the looked-up address must
    be in no container network."""

    def find(view: View) -> Iterator[Candidate]:
        if (network_for(view.host, view.looked_up, view.stop.seen.packet.version) is not None) is container:
            yield from _covering(view)

    return find


def _covering(view: View) -> Iterator[Candidate]:
    """Yield a candidate for the most specific blackhole, unreachable or prohibit route that covers the looked-up
    address."""
    packet = view.stop.seen.packet
    fitting = [
        route
        for route in view.namespace.routes
        if route.type in ("blackhole", "unreachable", "prohibit")
        and route.version == packet.version
        and route.table != TABLE_LOCAL
        and route.holds(view.looked_up, route.version)
    ]
    if not fitting:
        return
    route = max(fitting, key=lambda each: each.prefix_length)
    yield Candidate(
        title=message(
            "A {type} route covers {address}", type=route.type, address=address_text(view.looked_up, packet.version)
        ),
        detail=message("`{route}` takes every packet to this address.", route=route_text(route)),
        change=one(DeleteEntry(view.stop.netns, route)),
        where=OfRoute(route=route, table=route.table),
        # A custom table is looked up only because of a policy rule, so that rule's candidate is tried first.
        in_class="link-or-route" if route.table in (TABLE_MAIN, TABLE_DEFAULT) else "dropping-rule",
        evidence=(route.evidence,),
        advice=tuple(_by_object(route)),
    )


def _by_object(route: Route) -> Iterator[Message]:
    """Yield the advice for a route that uses a next hop object.

    If a route uses a next hop object, the object is the blackhole, and not the route."""
    if route.nexthop_id is not None:
        yield message(
            "the route uses next hop object {id} (ip nexthop show id {id}), and this object is a blackhole. Do not "
            "delete the route; give the object a router again: ip nexthop replace id {id} via ROUTER dev LINK. Ask "
            "first whoever made the object, such as a routing daemon",
            id=route.nexthop_id,
        )
