"""The host has no default route.

Users see: clients on the link reach the port, clients behind a router time out.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.routing._gateway import likely_gateway
from hairpin.change.calls import FillIn
from hairpin.change.change import AddRoute, one
from hairpin.change.words import six
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the host has no default route; its gateway is the uplink's likely router."""
    version = view.stop.seen.packet.version
    routes = tuple(each for each in view.host_namespace.routes if each.version == version)
    if not view.on_host or any(each.prefix_length == 0 for each in routes):
        return
    way = likely_gateway(view.network, view.host_netns, version)
    if way is None:
        return
    link, gateway, seen = way
    named = address_text(gateway, version) if seen else "GATEWAY"
    advice = (
        message(
            "{address} is the only neighbour that was seen on {link}: make sure that it is the router",
            address=named,
            link=link,
        )
        if seen
        else message("put your router's address in place of GATEWAY")
    )
    words = ("ip", *six(version), "route", "add", "default", "via", "GATEWAY", "dev", link)
    yield Candidate(
        title=message("This host has no default route"),
        detail=message("Packets for anybody who is not on one of its own links have no way."),
        change=one(
            AddRoute(view.host_netns, Route(version, 0, 0, next_hops=(NextHop(link, gateway),))),
            *(() if seen else (FillIn(words),)),
        ),
        where=where(route="default", link=link),
        in_class="link-or-route",
        evidence=tuple(
            dict.fromkeys(route.evidence for route in view.host_namespace.routes if route.version == version)
        )[:1],
        advice=(advice,),
    )


CAUSE = Cause(
    id="host-default-route-missing",
    title="The host has no default route",
    source="net/ipv4/route.c: ENETUNREACH",
    reasons=frozenset({"no-route", "rp-filter"}),
    find=find,
)
