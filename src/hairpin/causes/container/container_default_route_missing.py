"""The container has no default route: its replies reach its own subnet only.

Users see: the host reaches the container, outside clients do not; inside it, "Network unreachable".

Proof: no default route in the container, so its reply has no way; with the route the reply arrives.
Now: ``nsenter -t PID -n ip route add default via GATEWAY``.
Lasting: the engine makes the route when it starts the container; find what in the image removes it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.container._engine_gateway import gateways
from hairpin.change.change import AddRoute, one
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.prefix import address_text
from hairpin.network.routing import has_default_route


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a packet that the container sends found no route."""
    container = view.container
    version = view.stop.seen.packet.version
    if view.on_host or container is None:
        return
    if has_default_route(view.namespace, version):
        return
    for gateway, link in gateways(container, view.namespace, version):
        yield Candidate(
            title=message("Container {name} has no default route", name=container.name),
            detail=message("It cannot reply to anything outside its own subnet."),
            change=one(AddRoute(view.stop.netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),)))),
            where=where(container=container.name, route=f"default via {address_text(gateway, version)} dev {link}"),
            in_class="link-or-route",
            evidence=(container.evidence,),
            made_by=("container-link-down",),
        )
        return


CAUSE = Cause(
    id="container-default-route-missing",
    title=message("The container has no default route"),
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route"}),
    find=find,
)
