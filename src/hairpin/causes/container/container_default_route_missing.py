"""The container has no default route, or its default route has a wrong router, so its replies reach its own subnet
only.

Users see: the host reaches the container, but outside clients do not.  Programs inside the container get "Network
unreachable" or "No route to host".

Proof: the container lacks the default route that its engine gave to it, so its reply finds no router.  With the route
the reply arrives.
Now: ``nsenter -t PID -n ip route add default via GATEWAY``.
Lasting: the engine adds the route when it starts the container.  Find the program in the image that removes the route.
With the network's option ``no_default_route``, Podman never adds it: recreate the network without the option.
"""

import msgspec

from hairpin.causes.container._engine_gateway import far_addresses, gateways
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfRoute, View, message
from hairpin.change.change import AddEntry, Primitive, ReplaceEntry, one
from hairpin.host.boot.configured import Configured
from hairpin.host.boot.daemon_start import is_true
from hairpin.host.docker import Container
from hairpin.host.route import TABLE_MAIN, NextHop, Route
from hairpin.network.attachment import routers_of
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text
from hairpin.network.tables import has_default_route

_NO_ROUTE = "no_default_route"


def find(view: View) -> Iterator[Candidate]:
    container = view.container
    version = view.stop.seen.packet.version
    if view.on_host or container is None:
        return
    given = tuple(gateways(view.host.engine_of(container), view.host.pod_holder(container), view.namespace, version))
    given = given or tuple(routers_of(view.network, view.stop.netns, version))
    for gateway, link in given or far_addresses(view.network, view.stop.netns, version):
        wanted = Route(version, 0, 0, next_hops=(NextHop(link, gateway),))
        if view.stop.reason == "no-neighbour":
            yield from _replaced(view, container, wanted)
        elif not has_default_route(view.namespace, version):
            title = message("Container {name} has no default route", name=container.name)
            detail = message("The container cannot reply to anything outside its own subnet.")
            found = _candidate(container, AddEntry(view.stop.netns, wanted), wanted, title, detail)
            yield msgspec.structs.replace(found, configured=_given_none(view, container))
        return


def _given_none(view: View, container: Container) -> Configured | None:
    """Return the option with which Podman gives the containers of a network no default route; None unless a network of
    the container has it.  Source: netavark src/network/constants.rs OPTION_NO_DEFAULT_ROUTE"""
    engine = view.host.engine_of(container)
    for end in view.host.pod_holder(container).endpoints:
        network = engine.network(end.network)
        value = network.option(_NO_ROUTE) if network is not None else None
        if network is not None and value is not None and is_true(value, otherwise=False):
            option = f"{_NO_ROUTE}={value}"
            return Configured("network-option", option=option, owner=network.name, evidence=network.evidence)
    return None


def _replaced(view: View, container: Container, wanted: Route) -> Iterator[Candidate]:
    """Yield the candidate that replaces the default route of the packet by the default route that the engine gave."""
    taken = lookup(view.namespace, Query(wanted.version, view.stop.seen.packet.daddr)).route
    if taken is None or taken.prefix_length or (taken.type, taken.table) != ("unicast", TABLE_MAIN):
        return
    if taken.next_hops == wanted.next_hops or len(taken.next_hops) != 1:
        return
    route = msgspec.structs.replace(wanted, metric=taken.metric)
    title = message("The default route of container {name} leads to nobody", name=container.name)
    detail = message(
        "The container's default route is `{route}`; {engine} gave it `{wanted}`.",
        route=route_text(taken),
        engine=view.host.engine_of(container).title,
        wanted=route_text(route),
    )
    yield _candidate(container, ReplaceEntry(view.stop.netns, taken, route), route, title, detail)


def _candidate(container: Container, part: Primitive, route: Route, title: Message, detail: Message) -> Candidate:
    return Candidate(
        title=title,
        detail=detail,
        change=one(part),
        where=OfRoute(container=container.name, route=route),
        in_class="link-or-route",
        evidence=(container.evidence,),
        made_by=("container-link-down",),
    )


CAUSE = Cause(
    title=message("The container has no default route"),
    source="net/ipv4/route.c: ENETUNREACH",
    shown_by=(
        "docker exec {container} ip route; docker network inspect $(docker network ls -q)",
        message("the container has no default route"),
    ),
    reasons=frozenset({"no-route", "no-neighbour"}),
)
