"""The host has a default route, but the lookup for the client's address does not reach its table.

Users see: clients of one network time out, others are served.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.routing._gateway import likely_gateway
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddRoute, one
from hairpin.host.route import NextHop, Route
from hairpin.message import message
from hairpin.network.prefix import address_text, width


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a packet that found no route on a host with a default route in some table."""
    packet = view.stop.seen.packet
    if not view.on_host or not any(
        r.version == packet.version and r.prefix_length == 0 for r in view.host_namespace.routes
    ):
        return
    way = likely_gateway(view.network, view.host_netns, packet.version)
    if way is None:
        return
    text = address_text(packet.daddr, packet.version)
    hop = NextHop(way.link, way.address)
    route = AddRoute(view.host_netns, Route(packet.version, packet.daddr, width(packet.version), next_hops=(hop,)))
    by_person = message("add a route to {address} by the router that knows the way", address=text)
    yield Candidate(
        title=message("No route leads back to {address}", address=text),
        detail=message("The lookup for it ends without a route in every table that the policy rules name."),
        change=one(route, *(() if way.source is not None else (ByPerson(by_person),))),
        where=where(address=text),
        in_class="no-way-back",
        advice=(way.source,) if way.source is not None else (),
        made_by=("host-link-down",),
    )


CAUSE = Cause(
    id="no-route-to-client",
    title="No route leads back to the client",
    source="net/ipv4/fib_rules.c",
    reasons=frozenset({"no-route"}),
    find=find,
)
