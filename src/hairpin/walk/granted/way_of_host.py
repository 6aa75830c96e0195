"""Another way to the destination than the packet's route: one that a policy rule keeps for the host's own address, or
the router that an ICMP redirect named.

The kernel routes a container's packet before it masquerades the packet, so the lookup has the container's address.  A
policy rule ``from`` an address of the host selects the host's own packets, and no container's.  The kernel keeps a
redirect for some minutes, as an exception of the route.

Source: net/ipv4/route.c ip_route_input_slow() comes before NF_INET_POST_ROUTING; __ip_do_redirect(), find_exception()
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, Forget, one
from hairpin.host.host import Namespace
from hairpin.host.route import PolicyRule, Route
from hairpin.message import message
from hairpin.network.attachment import network_for
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, addresses_of, is_uplink, owns_address
from hairpin.network.prefix import address_text, inside, width
from hairpin.network.query import Query
from hairpin.network.routing import lookup, route_text, rules_of
from hairpin.walk.granted.way_out import query_of, routing_of
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import ask_forwarded_route, watch_packets


def way_meant(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether a container's packet should take the more specific route that a policy rule keeps for
    the host's own address; none if no rule has such a route.

    A default route in the rule's table asks nothing: the host then has two uplinks, and each has its own packets."""
    step, hop, packet = routing_of(left), left.next_hop, left.packet
    if not isinstance(flow.start, FromContainer) or flow.purpose != "asked" or packet.daddr != flow.daddr:
        return ()
    if step is None or hop is None or step.stage != "input-route" or left.carried is not None:
        return ()
    if left.track.ct_direction or not left.netns.is_host:
        return ()
    namespace, query = network.namespace(left.netns), query_of(step, packet.daddr)
    taken = lookup(namespace, query).route
    if taken is None or owns_address(namespace, packet.version, query.saddr):
        return ()
    for rule in _rules_for_host(network, left, query):
        meant = _found_by(network, left, rule, query)
        if meant is None or meant.prefix_length <= taken.prefix_length:
            continue
        if all((each.link, each.gateway) != (left.oif, hop.gateway) for each in meant.next_hops):
            return (_question(network, left, flow.start.name, query, taken, rule, meant),)
    return ()


def _rules_for_host(network: Network, left: State, query: Query) -> Iterator[PolicyRule]:
    """Yield the policy rules that select by a source, and not by the packet's own."""
    for rule in rules_of(network.namespace(left.netns), query.version):
        selects = rule.source is not None and not inside(query.saddr, *rule.source, query.version)
        if selects and rule.action == "table" and not rule.inverted:
            yield rule


def _found_by(network: Network, left: State, rule: PolicyRule, query: Query) -> Route | None:
    """Return the route that the rule gives to a packet from the host's own address on an uplink."""
    namespace = network.namespace(left.netns)
    for source in _addresses_on_uplinks(network, left, namespace, rule):
        found = lookup(namespace, msgspec.structs.replace(query, saddr=source))
        if found.type == "unicast" and found.rule == rule:
            return found.route
    return None


def _addresses_on_uplinks(network: Network, left: State, namespace: Namespace, rule: PolicyRule) -> Iterator[int]:
    for each in addresses_of(namespace, None, rule.version):
        link, selected = namespace.link(each.link), rule.source or (0, 0)
        if link is not None and is_uplink(network, left.netns, link) and inside(each.value, *selected, rule.version):
            yield each.value


def _question(
    network: Network, left: State, name: str, query: Query, taken: Route, rule: PolicyRule, meant: Route
) -> OpenQuestion:
    version, host = query.version, network.host(left.netns.host)
    source, destination = address_text(query.saddr, version), address_text(query.daddr, version)
    own = network_for(host, query.saddr, version)
    subnets = own.subnets if own is not None else ()
    around = ((each.network, each.prefix_length) for each in subnets if each.holds(query.saddr, version))
    alone = (query.saddr, width(version))
    to = (meant.destination, meant.prefix_length)
    made = PolicyRule(version, rule.priority, table=rule.table, source=next(around, alone), destination=to)
    facts = {
        "name": name,
        "destination": destination,
        "route": route_text(meant),
        "rule": rule.text,
        "source": source,
        "taken": route_text(taken),
    }
    return OpenQuestion(
        text=message(
            "Should {name}'s packets for {destination} take the route `{route}`? The policy rule `{rule}` does not "
            "match them, because the host routes them with their source {source} and masquerades them afterwards. They "
            "leave by `{taken}`",
            **facts,
        ),
        if_yes=message(
            "The packets leave by the wrong way. `{repair}` sends them by this route. Whatever makes the policy rule "
            "at boot has to make this one, too"
        ),
        if_no=message("The verdict above stands: `{taken}` leads to {destination}", **facts),
        wanted=(ask_forwarded_route(destination, source, query.iif),),
        breaks_if="yes",
        yes_repair=one(AddEntry(left.netns, made)),
    )


def redirect_question(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the router that a redirect named passes on the packet that left; none if no redirect
    changes the packet's router."""
    hop, packet = left.next_hop, left.packet
    for each in network.namespace(left.netns).redirects:
        wanted = (each.link, each.version, each.value)
        if wanted == (left.oif, packet.version, packet.daddr) and hop is not None and hop.gateway != each.gateway:
            facts = {
                "address": address_text(packet.daddr, packet.version),
                "gateway": address_text(each.gateway, each.version),
                "link": left.oif,
                "router": address_text(hop.gateway, packet.version) if hop.gateway is not None else left.oif,
            }
            return (
                OpenQuestion(
                    text=message(
                        "Does {gateway} forward packets to {address}? An ICMP redirect told this host to send them to "
                        "{gateway}. The host's route says {router}",
                        **facts,
                    ),
                    if_yes=message("The verdict above stands: {gateway} is the shorter way", **facts),
                    if_no=message(
                        "The packets are lost at {gateway}. `{repair}` deletes the redirect. With "
                        "net.ipv4.conf.all.accept_redirects=0, and the same sysctl of {link}, the host accepts no "
                        "further redirects",
                        **facts,
                    ),
                    wanted=(watch_packets(left.oif, f"host {facts['address']}"),),
                    breaks_if="no",
                    no_repair=one(Forget(left.netns, "redirects")),
                ),
            )
    return ()
