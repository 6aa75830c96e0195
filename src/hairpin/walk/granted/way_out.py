"""The route by which a packet left the host, for the question whether it arrives.

If a packet leaves by another route than the default route, or by a policy rule, an administrator chose this way.  The
gateway of this way is then the next thing to examine.
"""

from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_MAIN
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.prefix import address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.state import State, Step


def takes_same_way(namespace: Namespace, left: State, client: int) -> bool:
    """Return whether answers to the client take the next hop of the answer that left.

    The lookup for the client has all fields of the answer's own lookup except the destination, because policy rules may
    select by these fields."""
    step, hop = routing_of(left), left.next_hop.gateway if left.next_hop is not None else None
    query = Query(left.packet.version, client) if step is None else query_of(step, client)
    return any((each.link, each.gateway) == (left.oif, hop) for each in lookup(namespace, query).next_hops)


def routing_of(left: State) -> Step | None:
    """Return the step at which the namespace chose the packet's route."""
    for step in reversed(left.history.steps):
        if step.netns == left.netns and isinstance(step.decided_by, RouteDecided) and step.note != "reverse path":
            return step
    return None


def query_of(step: Step, client: int) -> Query:
    """Return the lookup of the step for a packet to ``client``, with all other fields of the step's packet."""
    packet = step.packet
    return Query(
        packet.version,
        client,
        packet.saddr,
        iif=step.link if step.stage == "input-route" else "lo",
        mark=packet.mark,
        tos=packet.dscp << 2,
        protocol=packet.protocol,
        sport=packet.sport,
        dport=packet.dport,
    )


def translating_rule(left: State) -> Place | None:
    """Return the rule that gave the packet another source address on its way; None if no rule did."""
    for step in reversed(left.history.steps):
        if step.note in ("snat", "masquerade") and isinstance(step.decided_by, RuleDecided):
            return step.decided_by.place
    return None


def lost_behind(left: State, client: str) -> Message:
    """Return the sentence about an answer to the client that is lost after it left.  The sentence names the route,
    unless the route is the main table's default route by a gateway."""
    step = routing_of(left)
    found = step.decided_by if step is not None else None
    hop = left.next_hop
    if not isinstance(found, RouteDecided) or found.entry is None or hop is None or _is_plain(found):
        return message(
            "The answers are lost behind this host: the provider, a router or a firewall on the way back drops them. "
            "Nothing that hairpin read here stops them"
        )
    selected = found.by is not None and found.by.table != TABLE_MAIN
    facts = {
        "client": client,
        "link": left.oif,
        "route": found.route,
        "gateway": address_text(hop.gateway, hop.gateway_version or left.packet.version)
        if hop.gateway is not None
        else "",
        "rule": found.rule,
    }
    if selected and hop.gateway is not None:
        return message(
            "The answers are lost behind this host. They leave by `{route}`, which the policy rule `{rule}` selects. "
            "{gateway} does not forward them to {client}, or a router or firewall behind it drops them",
            **facts,
        )
    if selected:
        return message(
            "The answers are lost behind this host. They leave by `{route}`, which the policy rule `{rule}` selects. "
            "Behind {link}, no machine forwards them to {client}",
            **facts,
        )
    if hop.gateway is not None:
        return message(
            "The answers are lost behind this host. They leave by `{route}`. {gateway} does not forward them to "
            "{client}, or a router or firewall behind it drops them",
            **facts,
        )
    return message(
        "The answers are lost behind this host. They leave by `{route}`, which has no gateway. Behind {link}, no "
        "machine accepts them for {client}, or a firewall drops them",
        **facts,
    )


def _is_plain(found: RouteDecided) -> bool:
    """Return whether the route is the main table's default route by a gateway, which no policy rule selected."""
    route = found.entry
    if route is None or route.prefix_length or route.table != TABLE_MAIN or len(route.next_hops) != 1:
        return False
    return route.next_hops[0].gateway is not None and (found.by is None or found.by.table == TABLE_MAIN)
