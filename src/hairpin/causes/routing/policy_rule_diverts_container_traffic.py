"""A policy rule selects a table with a wrong route for the packet, or refuses the packet.

Users see: with a VPN or a second uplink, published ports time out or containers leave by the wrong link.

Proof: an ``ip rule`` selects a table whose route is wrong for the packet.  Without the rule the flow arrives.
Now: add a policy rule for the container's subnet, or for the replies of the port, before the wrong rule.  Or delete the
wrong rule, which may let other traffic bypass a VPN.
Lasting: change the configuration of the VPN or the network manager (``PostUp``, ``RoutingPolicyRule``).
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, Namespace, Netns, View, Way, message
from hairpin.causes.routing._asked import (
    is_served,
    is_wanted,
    looked_up_packet,
    lookups_on_way,
    only_the_rule_stops,
    query_back,
    query_there,
    subnet_of,
)
from hairpin.causes.routing._told_senders import advice_to_senders
from hairpin.causes.where import OfPolicyRule
from hairpin.change.change import AddEntry, Change, DeleteEntry, SetSysctl, one
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, PolicyRule
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.netfilter.packet import TCP
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import jumps, lookup
from hairpin.network.uplinks import leads_answers
from hairpin.walk.decided import RouteDecided, SocketDecided
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each policy rule that decided a route of the packet, except the kernel's own rules.

    A rule that sends answers out by an uplink is kept, because the uplink's clients need the rule to reach the host's
    services.  A rule of a VPN is kept, too.  If the rule is kept, each narrower change is a separate candidate."""
    for netns, rule, query in () if only_the_rule_stops(view) else _deciding(view):
        narrow = tuple(Change(tuple(AddEntry(netns, each) for each in rules))
                       for rules in _before(view, netns, rule, query))  # fmt: skip
        namespace = view.network.namespace(netns) if netns in view.network else None
        stays = bool(narrow) and namespace is not None and (leads_answers(namespace, rule) or _by_vpn(namespace, rule))
        for change in narrow if stays else (one(DeleteEntry(netns, rule)),):
            yield Candidate(
                title=message("Policy rule {priority} diverts this flow", priority=rule.priority)
                if rule.action in ("table", "goto", "nop")
                else message("Policy rule {priority} refuses the packets of this flow", priority=rule.priority),
                detail=_detail(view, rule),
                change=change,
                where=OfPolicyRule(rule),
                in_class="diverting-policy-rule",
                evidence=(rule.evidence,),
                advice=advice_to_senders(
                    view, (each for each in lookups_on_way(view) if (each.netns, each.found.rule) == (netns, rule))
                ),
                ways=(*(Way(each) for each in narrow if each != change), *_ways_without_mark(view, rule)),
            )


def _detail(view: View, rule: PolicyRule) -> Message:
    """Return the sentences about the rule, and about the mark or the user by which the rule selects the answer."""
    if rule.action == "goto":
        return message("The rule `{rule}` skips the rules before {goto}.", rule=rule.text, goto=rule.goto or 0)
    taking, socket = _mark_taken_over(view, rule), _answering(view)
    if taking is not None:
        return message(
            "The rule `{rule}` decides the flow's route before the kernel looks into the main table. The answer has "
            "the mark {mark} of its request, because {sysctl} is 1.",
            rule=rule.text,
            mark=hex(view.stop.seen.packet.mark),
            sysctl=".".join(taking),
        )
    if rule.uids is not None and socket is not None and view.in_reply:
        return message(
            "The rule `{rule}` decides the flow's route before the kernel looks into the main table. The socket that "
            "answers, {socket}, belongs to the user {uid}.",
            rule=rule.text,
            socket=socket_text(socket),
            uid=socket.uid or 0,
        )
    return message(
        "The rule `{rule}` decides the flow's route before the kernel looks into the main table.", rule=rule.text
    )


def _answering(view: View) -> Socket | None:
    """Return the socket that received the flow's request."""
    found = (step.decided_by for step in reversed(view.branch.request) if step.stage == "socket")
    last = next(found, None)
    return last.socket if isinstance(last, SocketDecided) else None


def _mark_taken_over(view: View, rule: PolicyRule) -> Path | None:
    """Return the sysctl that gave the answer its request's mark, if the rule compares the mark; else None."""
    socket, packet = _answering(view), view.stop.seen.packet
    if rule.mark is None or not packet.mark or not view.in_reply or (socket is not None and socket.mark):
        return None
    if not view.branch.reply or view.branch.reply[0].netns != view.stop.netns:
        return None
    of_kernel: Path = ("net", "ipv4" if packet.version == 4 else "ipv6", "fwmark_reflect")
    path = ("net", "ipv4", "tcp_fwmark_accept") if socket is not None and packet.protocol == TCP else of_kernel
    return path if view.namespace.sysctl(*path) else None


def _ways_without_mark(view: View, rule: PolicyRule) -> Iterator[Way]:
    """Yield the way that lets the answer have no mark."""
    taking = _mark_taken_over(view, rule)
    if taking is not None:
        yield Way(one(SetSysctl(view.stop.netns, taking, "0")))


def _by_vpn(namespace: Namespace, rule: PolicyRule) -> bool:
    """Return whether the rule's table has a route into a VPN, such as that of a tailnet.  The rule is then a part of
    the VPN."""
    return any(each.table == rule.table and is_wanted(namespace, each) for each in namespace.routes)


def _before(view: View, netns: Netns, rule: PolicyRule, query: Query) -> Iterator[tuple[PolicyRule, ...]]:
    """Yield narrow rules for the main table with a higher priority than ``rule``, the narrowest first.

    For a packet to a container network, the rules cover packets to this network, alone or together with the network's
    replies.  For other packets, the rules cover the replies of the asked port, alone or together with packets to the
    container network, and then all packets from the container network."""
    if rule.priority < 2:
        return  # no priority is free between ``rule`` and the rule that selects the table local
    priority, version = rule.priority - 1, query.version
    there, here = subnet_of(view, version, query.daddr), subnet_of(view, version, query.saddr or 0)
    if there is not None:
        to = PolicyRule(version, priority, table=TABLE_MAIN, destination=there)
        yield (to,)
        if priority > 1:
            yield from ((to, each) for each in _from(there, version, priority - 1, query.protocol, query.dport))
        return
    by_hand = _route_by_hand(view, netns, query)
    if by_hand is not None:
        yield (PolicyRule(version, priority, table=TABLE_MAIN, destination=by_hand),)
    replies = is_served(view, query)
    source = here or ((query.saddr, 32) if query.saddr and replies else None)
    if source is not None:
        served = (query.protocol, query.sport) if replies else (None, None)
        wide = here is not None
        if here is not None and replies and priority > 1 and version == 4:
            port = next(_from(source, version, priority, *served, wide=False))
            yield (port,)
            yield (port, PolicyRule(version, priority - 1, table=TABLE_MAIN, destination=here))
            yield (PolicyRule(version, priority, table=TABLE_MAIN, source=source),)
            return
        yield from ((each,) for each in _from(source, version, priority, *served, wide=wide))


def _route_by_hand(view: View, netns: Netns, query: Query) -> tuple[int, int] | None:
    """Return the destination network of a route in the main table that a person or program made for the packet's
    destination.  The route has no effect while the policy rule comes first.  A rule for the main table is missing
    before the policy rule."""
    if netns not in view.network:
        return None
    held = view.network.namespace(netns)
    only_main = msgspec.structs.replace(held, rules=(PolicyRule(query.version, 0, table=TABLE_MAIN),))
    route = lookup(only_main, query).route
    if route is None or not route.prefix_length or route.protocol == "kernel" or route.type != "unicast":
        return None
    return route.destination, route.prefix_length


def _from(
    source: tuple[int, int],
    version: Version,
    priority: int,
    protocol: int | None,
    port: int | None,
    *,
    wide: bool = True,
) -> Iterator[PolicyRule]:
    """Yield the policy rules for this source: first a rule for packets from the port, then a rule for all packets from
    the source.  IPv6 has no rule for the port, because iproute2 shows no ports in IPv6 rules."""
    if version == 4 and protocol is not None:
        ports = (port, port) if port is not None else None
        yield PolicyRule(4, priority, table=TABLE_MAIN, source=source, protocol=protocol, sports=ports)
    if wide:
        yield PolicyRule(version, priority, table=TABLE_MAIN, source=source)


def _deciding(view: View) -> Iterator[tuple[Netns, PolicyRule, Query]]:
    """Yield the policy rules that decide the packet's route, the route back to its source, or a route on its path, each
    with the lookup's key.  A rule that jumps over other rules (``goto``) decides as well.

    To check the source of a forwarded packet, the kernel looks up the route of a reply that comes in by the packet's
    egress link."""
    packet = looked_up_packet(view)
    seen: set[tuple[Netns, int]] = set()
    queries = (query_there(packet, view.stop.seen.iif or "lo"), query_back(packet))
    own = (
        (view.stop.netns, rule, query)
        for query in queries
        for rule in (lookup(view.namespace, query).rule, *jumps(view.namespace, query))
    )
    on_the_way = (
        (step.netns, step.decided_by.by, query_there(step.packet))
        for step in (*view.branch.request, *view.branch.reply)
        if isinstance(step.decided_by, RouteDecided)
    )
    for netns, rule, query in (*own, *on_the_way):
        if rule is None or (netns, rule.priority) in seen:
            continue
        if rule.action == "table" and rule.table in (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT):
            continue
        seen.add((netns, rule.priority))
        if not _is_meant(view, netns, query):
            yield netns, rule, query


def _is_meant(view: View, netns: Netns, query: Query) -> bool:
    """Return whether a firewall rule stops the packet, and the packet's route is not a default route.

    A person or program made this route for the destination on purpose, as a VPN does for its own network, so the
    firewall's rule is the cause.  Without the route the packet would leave by the default route and reach no machine.
    """
    if view.stop.reason not in RULE_STOPS or netns not in view.network:
        return False
    route = lookup(view.network.namespace(netns), query).route
    return route is not None and route.prefix_length > 0 and not view.in_reply


CAUSE = Cause(
    title=message("A policy rule diverts the flow"),
    source="ip-rule(8); net/core/fib_rules.c",
    reasons=frozenset({"route-type", "no-route", "no-neighbour", "rp-filter", "left-instead", "no-carrier",
                       "source-not-translated", "wrong-answer", "link-down", *RULE_STOPS}),
)  # fmt: skip
