"""A route that somebody added leads the flow's packets away from where they were meant to go.

Users see: one network or one machine is out of reach, or does not get its answers, since a script, a VPN or a person
added a route.

Proof: the lookup takes that route; without it the packet takes another one and arrives.
Now: ``ip route del`` with that route.
Lasting: take it out of the configuration that makes it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._asked import is_elsewhere, is_wanted, lookups_on_way
from hairpin.causes.where import OfRoute
from hairpin.change.addresses import address_of
from hairpin.change.change import DeleteEntry, one
from hairpin.host.netns import Netns
from hairpin.host.route import Route
from hairpin.message import message
from hairpin.network.prefix import address_text, inside
from hairpin.network.routing import route_text
from hairpin.walk.deciders import Lookup


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route that decided a lookup of the flow and is not the kernel's own, the most
    specific first.

    A rule that stops the packet stops it on the right way, unless the packet is for a machine known elsewhere."""
    found: dict[tuple[Netns, Route], Lookup] = {}
    yield from _thrown(view)
    for each in lookups_on_way(view):
        if each.found.route is not None and (view.stop.reason not in _RULE_STOPS or is_elsewhere(view, each)):
            found.setdefault((each.netns, each.found.route), each)
    for (netns, route), each in sorted(found.items(), key=lambda item: -item[0][1].prefix_length):
        if address_of(view.network.namespace(netns), route) is None:
            yield _candidate(view, each.netns, each.query.daddr, route)


def _thrown(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route that ends the lookup of its table for the packet that found no route."""
    packet, netns = view.stop.seen.packet, view.stop.netns
    for route in view.namespace.routes if view.stop.reason == "no-route" else ():
        covers = route.version == packet.version and inside(
            packet.daddr, route.destination, route.prefix_length, packet.version
        )
        if route.type == "throw" and covers:
            yield _candidate(view, netns, packet.daddr, route)


def _candidate(view: View, netns: Netns, address: int, route: Route) -> Candidate:
    wanted = is_wanted(view.network.namespace(netns), route)
    return Candidate(
        title=message("Route `{route}` leads the packet astray", route=route_text(route)),
        detail=message(
            "The lookup for {address} takes it. Without it the packet takes another route.",
            address=address_text(address, route.version),
        ),
        change=one(DeleteEntry(netns, route)),
        where=OfRoute(route=route, table=route.table),
        in_class="wanted-route" if wanted else "diverting-route",
        evidence=(route.evidence,),
    )


_RULE_STOPS = ("rule", "policy", "reject")


CAUSE = Cause(
    id="route-diverts-traffic",
    title=message("A route leads the flow elsewhere"),
    source="net/ipv4/fib_trie.c fib_table_lookup(): longest prefix; ip-route(8)",
    general=True,
    find=find,
)
