"""A route that a person or a program added leads the flow's packets away from their destination.

Users see: since a script, a VPN or a person added a route, one network or one machine cannot be reached, or gets no
answers.

Proof: the route lookup finds the added route.  Without the added route the packet takes another route and arrives.
Now: ``ip route del`` with that route.  If a VPN's route covers all addresses, add a separate table for the answers of
the port.  If the route leads into a VPN that a container made for itself, the route stays.  Add a route to the clients'
network through the container's gateway: answers to these clients then bypass the VPN.
Lasting: remove the route from the configuration that makes it.  For a container's VPN, name the clients' network in the
VPN option of the image: ``LOCAL_NETWORK``, ``LAN_NETWORK``, ``FIREWALL_OUTBOUND_SUBNETS`` or a similar one.
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Netns, OfRoute, View, Way, message
from hairpin.causes.routing._asked import (
    is_elsewhere,
    is_served,
    is_wanted,
    looked_up_packet,
    lookups_on_way,
    query_there,
    subnet_of,
)
from hairpin.causes.routing._told_senders import advice_to_senders
from hairpin.change.change import AddEntry, Change, DeleteEntry, one
from hairpin.change.simulation.addresses import address_of
from hairpin.host.link import Link
from hairpin.host.route import TABLE_MAIN, PolicyRule, Route
from hairpin.network.prefix import address_text, is_private, prefix_text
from hairpin.network.routing import route_text
from hairpin.network.socket_owner import containers_in
from hairpin.network.tables import routes_covering
from hairpin.network.tunnel.inner import OPTIONS, engines_way, inner_tunnel, network_around
from hairpin.walk.deciders import Lookup
from hairpin.walk.tunnelled import is_tunnel


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each route that decided a lookup of the flow and that the kernel did not make itself, the
    most specific route first.

    If a rule stopped the packet, a route counts only if the packet is for another machine to which the route does not
    lead."""
    found: dict[tuple[Netns, Route], Lookup] = {}
    yield from _thrown(view)
    for each in lookups_on_way(view):
        if _leads_rightly(view, each):
            continue
        if each.found.route is not None and (view.stop.reason not in RULE_STOPS or is_elsewhere(view, each)):
            found.setdefault((each.netns, each.found.route), each)
    for (netns, route), each in sorted(found.items(), key=lambda item: -item[0][1].prefix_length):
        tunnel = inner_tunnel(view.network, netns, route)
        if tunnel is not None:
            yield from _past_tunnel(view, each, route, tunnel)
        elif address_of(view.network.namespace(netns), route) is None:
            found_one = _candidate(view, each.netns, each.query.daddr, route)
            yield msgspec.structs.replace(
                found_one, ways=tuple(_for_answers(view, each, route)), advice=advice_to_senders(view, (each,))
            )


def _leads_rightly(view: View, each: Lookup) -> bool:
    """Return whether the packet stopped in the tunnel of its route, and the route is for the private network of the
    packet's receiver.  Such a network is behind the tunnel, and no other route leads there."""
    route, packet = each.found.route, view.stop.seen.packet
    return (
        route is not None
        and view.stop.reason in ("no-tunnel-remote", "no-tunnel")
        and route.prefix_length > 1
        and is_private(packet.daddr, packet.version)
        and any(hop.link == view.stop.link for hop in route.next_hops)
    )


def _past_tunnel(view: View, each: Lookup, route: Route, tunnel: Link) -> Iterator[Candidate]:
    """Yield the candidate that leads one network past a VPN, which a container made for itself.

    The VPN's own route stays.  Packets to an address outside, which are no answers, have to take the VPN: for these,
    the change only proves that the VPN swallows them."""
    version, address = each.query.version, each.query.daddr
    name = ", ".join(one.name for one in containers_in(view.network, each.netns)) or each.netns.name
    way = engines_way(view.network, each.netns, version)
    start, length, is_named = network_around(view.network, each.netns, version, address)
    text = prefix_text(start, length, version)
    facts = {"route": route_text(route), "link": tunnel.name, "name": name, "network": text}
    if way is None or not (view.in_reply or is_named):
        yield msgspec.structs.replace(
            _candidate(view, each.netns, address, route),
            title=message("The VPN of {name} swallows the packet: `{route}` leads into {link}", **facts),
            offered=False,
            ways=(Way(Change(()), (message("bring the tunnel {link} in {name} up again", **facts),), by_person=True),),
        )
        return
    advice = [
        message(
            "to make this last, add {network} to the VPN option of the image ({options})", network=text, options=OPTIONS
        )
    ]
    if not is_named:
        advice.insert(0, message("{network} is only an example: write the network of your clients", network=text))
    yield Candidate(
        title=message(
            "`{route}` leads into the VPN of {name}, and no exception keeps {network} out of the VPN", **facts
        ),
        detail=message(
            "Packets from {name} to {address} take this route into {link}. The route is intended, so it stays. The "
            "repair adds a second route: to {network} through the container's gateway, past the VPN.",
            address=address_text(address, version),
            **facts,
        ),
        change=one(AddEntry(each.netns, Route(version, start, length, next_hops=(way,)))),
        where=OfRoute(address=text, route=route, table=route.table),
        in_class="diverting-route",
        evidence=(route.evidence,),
        advice=tuple(advice),
    )


def _for_answers(view: View, each: Lookup, route: Route) -> Iterator[Way]:
    """Yield the repair for a VPN's route that covers all addresses.

    The replies of the asked port get a table with the other default route, and all other packets stay in the VPN.  For
    IPv6 this repair does not exist, because iproute2 shows no ports in IPv6 policy rules."""
    namespace, query = view.network.namespace(each.netns), query_there(looked_up_packet(view))
    link = namespace.link(route.next_hops[0].link or "") if route.next_hops else None
    if each.netns != view.stop.netns or route.prefix_length > 1 or link is None or not is_tunnel(link):
        return
    if route.version != 4 or not view.in_reply or not is_served(view, query) or query.sport is None:
        return
    usual = [
        other
        for other in routes_covering(namespace, 4, TABLE_MAIN, query.daddr)
        if (other.prefix_length, other.type) == (0, "unicast") and other != route
    ]
    main = min((rule.priority for rule in namespace.rules if rule.version == 4 and rule.table == TABLE_MAIN), default=0)
    if not usual or main < 2:
        return
    taken = {rule.table for rule in namespace.rules} | {other.table for other in namespace.routes}
    table = next(number for number in range(100, 252 + len(taken)) if number not in taken)
    way = msgspec.structs.replace(min(usual, key=lambda other: other.metric), table=table, metric=0)
    source = subnet_of(view, 4, query.saddr) or (query.saddr, 32)
    ports = (query.sport, query.sport)
    rule = PolicyRule(4, main - 1, table=table, source=source, protocol=query.protocol, sports=ports)
    yield Way(Change((AddEntry(each.netns, way), AddEntry(each.netns, rule))))


def _thrown(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each ``throw`` route that covers the destination of a packet that found no route."""
    packet, netns = view.stop.seen.packet, view.stop.netns
    for route in view.namespace.routes if view.stop.reason == "no-route" else ():
        covers = route.holds(packet.daddr, packet.version)
        if route.type == "throw" and covers:
            yield _candidate(view, netns, packet.daddr, route)


def _candidate(view: View, netns: Netns, address: int, route: Route) -> Candidate:
    wanted = is_wanted(view.network.namespace(netns), route)
    return Candidate(
        title=message("Route `{route}` leads the packet in a wrong direction", route=route_text(route)),
        detail=message(
            "The lookup for {address} finds this route. Without this route, the packet takes another route.",
            address=address_text(address, route.version),
        ),
        change=one(DeleteEntry(netns, route)),
        where=OfRoute(route=route, table=route.table),
        in_class="wanted-route" if wanted else "diverting-route",
        evidence=(route.evidence,),
    )


CAUSE = Cause(
    title=message("A route leads the flow elsewhere"),
    source="net/ipv4/fib_trie.c fib_table_lookup(): longest prefix; ip-route(8)",
    general=True,
)
