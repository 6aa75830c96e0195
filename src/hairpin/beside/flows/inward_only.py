"""The host's own flows that are not intended: to ports that the host serves for others only.

A rule in nat PREROUTING does not see the packets that the host itself sends.  If no socket listens on the port and no
container publishes it, the host's own flows to the port are not intended.  The same holds if dockerd is configured to
make no rules and only holds a published port, while the administrator's own rule leads the port's packets.  A service
that is bound to an address of an uplink is not meant to answer at 127.0.0.1.  A policy rule that sends an uplink's
answers out by this uplink also takes the host's own packets from the uplink's address; only clients ask there.  IPv6
has no route_localnet: a port that rules alone lead to a container has no answer at ::1.
"""

from collections.abc import Iterable

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Namespace
from hairpin.host.route import PolicyRule
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import Version, address_text, is_loopback, width
from hairpin.network.uplinks import leads_answers
from hairpin.question.port_flows import bindings_of
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.walked import walked


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the host's own flows that are not intended, and say so."""
    left_out = own_flows_left_out(inquiry.network, inquiry.flows)
    return inquiry.without(left_out).saying(told_of_left_out(left_out, inquiry.network))


def own_flows_left_out(network: Network, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the host's own flows to ports that only a rule for incoming packets serves, that a service serves at
    other addresses than loopback, or to which a policy rule for an uplink's answers keeps the host from coming."""
    own = (each for each in flows if isinstance(each.start, FromHost))
    return tuple(
        each
        for each in own
        if _is_for_others(network, each, flows)
        or _is_bound_elsewhere(network, each, flows)
        or (_uplinks_rule(network, each) is not None and _reach_there(network, each, flows))
        or (_is_lost_at_loopback6(network, each) and _comes_elsewhere(network, each, flows))
    )


def told_of_left_out(flows: tuple[Flow, ...], network: Network) -> tuple[Message, ...]:
    """Return the notes about the host's own flows that were left out."""
    bound = tuple(each for each in flows if _is_at_loopback(network, each) and _has_bound_service(network, each))
    sent = {each: rule for each in flows if (rule := _uplinks_rule(network, each)) is not None}
    lost = tuple(each for each in flows if _is_lost_at_loopback6(network, each))
    led = _ports(each for each in flows if each not in bound and each not in sent and each not in lost)
    found = [
        message(
            "not checked from the host itself: {ports} at {address}. The policy rule `{rule}` sends every packet "
            "from {address} out by the uplink, even a packet from this host to one of its own containers",
            ports=_ports(each for each, by in sent.items() if by == rule),
            address=address_text(rule.source[0], rule.version) if rule.source is not None else "",
            rule=rule.text,
        )
        for rule in dict.fromkeys(sent.values())
    ]
    if led:
        found.append(
            message(
                "not checked from the host itself: {ports}. A rule translates these ports only for packets that come "
                "in, and nothing on this host listens on them",
                ports=led,
            )
        )
    if bound:
        found.append(
            message(
                "not checked at a loopback address: {ports}. Sockets on these ports are bound to other addresses of "
                "the host",
                ports=_ports(bound),
            )
        )
    if lost:
        found.append(
            message(
                "not checked at [::1]: {ports}. IPv6 has no route_localnet: a port that only rules lead to a container "
                "has no answer there",
                ports=_ports(lost),
            )
        )
    return tuple(found)


def _ports(flows: Iterable[Flow]) -> str:
    return ", ".join(dict.fromkeys(f"{each.dport}/{each.protocol}" for each in flows))


def _is_at_loopback(network: Network, flow: Flow) -> bool:
    return is_loopback(flow.daddr, flow.version) and not bindings_of(network.host(flow.host), flow.dport, flow.protocol)


def _has_bound_service(network: Network, flow: Flow) -> bool:
    """Return whether the port's sockets are bound to addresses of the host other than loopback addresses."""
    here = network.namespace(network.host_netns(flow.host))
    sockets = [each for each in here.sockets if (each.protocol, each.port) == (flow.protocol, flow.dport)]
    return bool(sockets) and all(
        each.address is not None
        and not is_loopback(each.address, each.version)
        and owns_address(here, each.version, each.address)
        for each in sockets
    )


def _is_bound_elsewhere(network: Network, own: Flow, flows: tuple[Flow, ...]) -> bool:
    """Return whether the flow asks at loopback for a service that is bound to another address and answers there: all
    other flows to the port pass, and one of them comes from outside."""
    if not _is_at_loopback(network, own) or not _has_bound_service(network, own):
        return False
    others = [each for each in flows if _asks_same(own, each) and not _is_at_loopback(network, each)]
    from_outside = any(isinstance(each.start, (Outside, Lan)) for each in others)
    return from_outside and all(walked(network, each).succeeds for each in others)


def _asks_same(own: Flow, other: Flow) -> bool:
    return (own.dport, own.protocol, own.version, own.host) == (other.dport, other.protocol, other.version, other.host)


def _is_lost_at_loopback6(network: Network, own: Flow) -> bool:
    """Return whether the answer from a container is lost on its way to ::1."""
    if own.version != 6 or not is_loopback(own.daddr, 6):
        return False
    trace = walked(network, own)
    stop = trace.usual.stop if not trace.succeeds else None
    return stop is not None and stop.is_on_way_to_loopback6


def _comes_elsewhere(network: Network, own: Flow, flows: tuple[Flow, ...]) -> bool:
    """Return whether another flow of the host to the port passes."""
    port = (own.dport, own.protocol, own.host)
    others = [each for each in flows if isinstance(each.start, FromHost) and each.daddr != own.daddr]
    return any((each.dport, each.protocol, each.host) == port and walked(network, each).succeeds for each in others)


def _uplinks_rule(network: Network, own: Flow) -> PolicyRule | None:
    """Return the policy rule for an uplink's answers that leads the host's own packets to a container out by the uplink
    whose address they ask; None if there is no such rule."""
    trace = walked(network, own)
    stop = trace.usual.stop if not trace.succeeds else None
    if stop is None or stop.reason != "left-instead" or not stop.netns.is_host:
        return None
    namespace, asked = network.namespace(stop.netns), (own.daddr, width(own.version))
    if len(_ways_out(namespace, own.version)) < 2:  # with one way out, no answer needs such a rule
        return None
    taken = (step.decided_by.by for step in trace.usual.request if isinstance(step.decided_by, RouteDecided))
    return next((by for by in taken if by is not None and by.source == asked and leads_answers(namespace, by)), None)


def _ways_out(namespace: Namespace, version: Version) -> frozenset[str]:
    """Return the links of the default routes of all tables.  A VPN may have two routes for the halves of all
    addresses."""
    wide = (each for each in namespace.routes if (each.version, each.type) == (version, "unicast"))
    return frozenset(hop.link for each in wide if each.prefix_length <= 1 for hop in each.next_hops if hop.link)


def _reach_there(network: Network, own: Flow, flows: tuple[Flow, ...]) -> bool:
    """Return whether clients from outside reach the port at the same address."""
    others = [each for each in flows if isinstance(each.start, (Outside, Lan)) and _asks_same(own, each)]
    there = [each for each in others if each.daddr == own.daddr]
    return bool(there) and all(walked(network, each).succeeds for each in there)


def _is_for_others(network: Network, own: Flow, flows: tuple[Flow, ...]) -> bool:
    host = network.host(own.asked_host or own.host)
    trace = walked(network, own)
    stop = trace.usual.stop if not trace.succeeds else None
    published = bool(bindings_of(host, own.dport, own.protocol))
    if stop is None or not stop.netns.is_host or stop.reason != ("never-accepts" if published else "no-listener"):
        return False
    if published and not any(engine.iptables is False for engine in host.engines):
        return False
    others = [each for each in flows if isinstance(each.start, (Outside, Lan)) and _asks_same(own, each)]
    return bool(others) and all(_is_led(network, each) for each in others)


def _is_led(network: Network, flow: Flow) -> bool:
    """Return whether a rule of the host translates the flow's destination when it comes in.

    The flow may stop behind the rule, because the host's own packets never match the rule.  Only a rule that leads to a
    port of this host on which nothing listens leads nowhere."""
    trace = walked(network, flow)
    stop = trace.usual.stop if not trace.succeeds else None
    if stop is not None and stop.netns.is_host and stop.reason == "no-listener":
        return False
    return any(
        step.translates_destination and step.stage == "prerouting" and step.netns.is_host
        for step in trace.usual.request
        if isinstance(step.decided_by, RuleDecided)
    )
