"""Packets to another site that somebody has exempted from masquerading.

A route by a gateway leads to the site, and a rule before MASQUERADE lets the packets pass as they are.  Both together
are a decision: the gateway is meant to know the way back.  No reading of this host shows whether it does.
"""

import re
from collections.abc import Iterable

from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.packet import Packet
from hairpin.network.flow import Flow
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.state import State, Step
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_port

_FOR_DESTINATIONS = re.compile(r"(?:^| )(?:-d |--destination |--match-set \S+ dst|ip6? daddr )")


def exempted(steps: Iterable[Step], netns: Netns) -> tuple[Place, Packet] | None:
    """Return the rule for certain destinations that kept the packet's source address in the namespace, and the packet.
    Return None if there is no such rule, or if a default route or no gateway leads to the destination."""
    own = [step for step in steps if step.netns == netns]
    chosen = [each.decided_by.entry for each in own if isinstance(each.decided_by, RouteDecided)]
    route = chosen[-1] if chosen else None
    if route is None or not route.prefix_length or all(each.gateway is None for each in route.next_hops):
        return None
    for step in reversed(own):
        if step.stage == "postrouting" and isinstance(step.decided_by, RuleDecided) and not step.note:
            place = step.decided_by.place
            return (place, step.packet) if place.number and _FOR_DESTINATIONS.search(place.text) else None
    return None


def way_back_known(flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the gateway knows the way back to the exempted source address."""
    found, hop = exempted(left.history.steps, left.netns), left.next_hop
    if found is None or hop is None or hop.gateway is None or left.carried is not None:
        return ()
    rule, _ = found
    facts = {
        "gateway": address_text(hop.gateway, hop.gateway_version or left.packet.version),
        "source": address_text(left.packet.saddr, left.packet.version),
        "rule": rule.in_full,
    }
    return (
        OpenQuestion(
            text=message(
                "Does {gateway} know the way back to {source}? These packets keep their source address, because this "
                "rule comes before MASQUERADE: {rule}",
                **facts,
            ),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "The answers are lost. Give {gateway} a route to the network of {source} by this host, or delete the "
                "rule, so that this host masquerades the packets",
                **facts,
            ),
            wanted=(watch_port(flow.protocol, flow.dport),),
            breaks_if="no",
        ),
    )
