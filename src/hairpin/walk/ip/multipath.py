"""The choice of one path of a multipath route, and of one of several default routes with the same metric.

The kernel chooses a path by a hash, so all packets between two addresses take the same path.  Between default routes it
chooses by the state of the gateways' neighbour entries: while the entry of the first gateway is STALE, its lookups take
the routes in turn (measured on Linux 6.18).

Source: net/ipv4/fib_semantics.c fib_select_path(), fib_select_default(), fib_detect_death(), fib_select_multipath();
net/ipv4/route.c fib_multipath_hash(); net/ipv6/route.c rt6_multipath_hash(): addresses, and the ports too with
``fib_multipath_hash_policy`` 1
"""

from collections.abc import Iterator

from hairpin.host.route import NextHop, Route
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.query import Found, Query
from hairpin.network.routing import route_text, usable_hops
from hairpin.walk.state import State


def paths(network: Network, state: State, found: Found) -> Iterator[tuple[NextHop, State]]:
    """Yield each next hop with the state under the condition that the hash chooses it.  If an earlier packet of the
    walk had the same choice, yield only that packet's next hop."""
    hops = found.next_hops
    if len(hops) < 2:
        yield from ((hop, state) for hop in hops)
        return
    suppositions = [(hop, Condition(_said(network, state, found, hop), holds=True)) for hop in hops]
    for hop, supposed in suppositions:
        if supposed in state.history.conditions:
            yield hop, state
            return
    for hop, supposed in suppositions:
        yield hop, state.given(supposed)


def ways(network: Network, state: State, query: Query, found: Found) -> Iterator[tuple[Found, NextHop, State]]:
    """Yield each route and next hop that the kernel may choose for a packet that the namespace itself sends, with the
    state under the condition that it does."""
    for way, at in _default_routes(network, state, query, found):
        for hop, chosen in paths(network, at, way):
            yield way, hop, chosen


def _default_routes(network: Network, state: State, query: Query, found: Found) -> Iterator[tuple[Found, State]]:
    """Yield the result of an IPv4 lookup for a packet that the namespace itself sends.  If the route is one of several
    default routes with the same metric, yield each of them with the state under the condition that the kernel chooses
    it; if an earlier packet of the walk had the same choice, yield only that packet's route."""
    first = found.route
    if query.version == 6 or first is None or first.prefix_length or found.type != "unicast" or query.scope.oif:
        yield found, state
        return
    routes = [first] if len(first.next_hops) == 1 and first.next_hops[0].gateway is not None else []
    for each in network.namespace(state.netns).routes if routes else ():
        alike = (each.table, each.metric, each.tos, each.type) == (first.table, first.metric, first.tos, first.type)
        is_default = each.version == 4 and not each.prefix_length and len(each.next_hops) == 1
        if each is not first and alike and is_default and each.next_hops[0].gateway is not None:
            hops = usable_hops(network.namespace(state.netns), query, each)
            routes += [each] if hops else []
    if len(routes) < 2:
        yield found, state
        return
    ways = [(Found("unicast", each, each.next_hops, found.rule), _choice_of(network, state, each)) for each in routes]
    taken = [way for way in ways if way[1] in state.history.conditions]
    if taken:
        yield taken[0][0], state
        return
    for way, supposed in ways:
        yield way, state.given(supposed)


def _choice_of(network: Network, state: State, route: Route) -> Condition:
    said = message(
        "{netns} takes the default route `{route}`, and not another one with the same metric",
        netns=network.netns_text(state.netns),
        route=route_text(route),
    )
    return Condition(said, holds=True, in_turn=True)


def _said(network: Network, state: State, found: Found, hop: NextHop) -> Message:
    packet = state.packet
    start, end = (
        address_text(each, packet.version) if each else message("here") for each in (packet.saddr, packet.daddr)
    )
    by = f"via {address_text(hop.gateway, hop.gateway_version or packet.version)} " if hop.gateway is not None else ""
    said = message(
        "from {start} to {end}, the kernel chooses the next hop {hop} of {route}",
        start=start,
        end=end,
        hop=f"{by}dev {hop.link}",
        route=route_text(found.route) if found.route is not None else "",
    )
    if state.netns.is_host and len(network.hosts) == 1:
        return said
    return message("{netns}: {said}", netns=network.netns_text(state.netns), said=said)
