"""The container has no default route, or one that leads to nobody: its replies reach its own subnet only.

Users see: the host reaches the container, outside clients do not; inside it, "Network unreachable", or "No route to
host".

Proof: the container has not the default route that its engine gave it, so its reply has no way; with the route the
reply arrives.
Now: ``nsenter -t PID -n ip route add default via GATEWAY``.
Lasting: the engine makes the route when it starts the container; find what in the image removes it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.container._engine_gateway import gateways
from hairpin.change.change import AddRoute, ReplaceRoute, one
from hairpin.host.route import TABLE_MAIN, NextHop, Route
from hairpin.message import message
from hairpin.network.prefix import address_text
from hairpin.network.query import Query
from hairpin.network.routing import has_default_route, lookup, route_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a packet that the container sends found no route, or nobody at its default route."""
    container = view.container
    version = view.stop.seen.packet.version
    if view.on_host or container is None:
        return
    gateway, link = next(gateways(container, view.namespace, version), (None, ""))
    if gateway is None:
        return
    wanted = Route(version, 0, 0, next_hops=(NextHop(link, gateway),))
    part = _instead_of(view, wanted) if view.stop.reason == "no-neighbour" else _added(view, wanted)
    if part is None:
        return
    yield Candidate(
        title=message("Container {name} has no default route", name=container.name)
        if isinstance(part, AddRoute)
        else message("The default route of container {name} leads to nobody", name=container.name),
        detail=message("It cannot reply to anything outside its own subnet.")
        if isinstance(part, AddRoute)
        else message(
            "Its default route is `{route}`; {engine} gave it the router {router}.",
            route=route_text(part.before),
            engine=view.host.engine_of(container).title,
            router=address_text(gateway, version),
        ),
        change=one(part),
        where=where(container=container.name, route=f"default via {address_text(gateway, version)} dev {link}"),
        in_class="link-or-route",
        evidence=(container.evidence,),
        made_by=("container-link-down",),
    )


def _added(view: View, wanted: Route) -> AddRoute | None:
    return None if has_default_route(view.namespace, wanted.version) else AddRoute(view.stop.netns, wanted)


def _instead_of(view: View, wanted: Route) -> ReplaceRoute | None:
    """Return the change that puts the engine's default route in place of the one that the packet took."""
    taken = lookup(view.namespace, Query(wanted.version, view.stop.seen.packet.daddr)).route
    if taken is None or taken.prefix_length or taken.type != "unicast" or taken.table != TABLE_MAIN:
        return None
    if taken.next_hops == wanted.next_hops or len(taken.next_hops) != 1:
        return None
    return ReplaceRoute(view.stop.netns, taken, msgspec.structs.replace(wanted, metric=taken.metric))


CAUSE = Cause(
    id="container-default-route-missing",
    title=message("The container has no default route"),
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route", "no-neighbour"}),
    find=find,
)
