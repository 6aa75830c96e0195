"""The container has no default route: its replies reach its own subnet only.

Users see: the host reaches the container, outside clients do not; inside it, "Network unreachable".
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import AddRoute, one
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.network import addresses_of
from hairpin.network.prefix import address_text, inside


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a packet that the container sends found no route."""
    container = view.container
    version = view.stop.seen.packet.version
    if view.on_host or container is None:
        return
    if any(route.version == version and route.prefix_length == 0 for route in view.namespace.routes):
        return
    for endpoint in container.endpoints:
        gateway = endpoint.gateway4 if version == 4 else endpoint.gateway6
        if gateway is None:
            continue
        link = next(
            (
                each.link
                for each in addresses_of(view.namespace, None, version)
                if inside(gateway, each.value, each.prefix_length, version)
            ),
            None,
        )
        if link is None:
            continue
        yield Candidate(
            title=message("Container {name} has no default route", name=container.name),
            detail=message("It cannot answer anybody outside of its own subnet."),
            change=one(AddRoute(view.stop.netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),)))),
            where=where(container=container.name, route=f"default via {address_text(gateway, version)} dev {link}"),
            in_class="link-or-route",
            evidence=(container.evidence,),
        )
        return


CAUSE = Cause(
    id="container-default-route-missing",
    title="The container has no default route",
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route"}),
    find=find,
)
