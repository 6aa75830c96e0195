"""Tells whether a repair undoes a person's decision: a rule, a route, a list, an intended stop.  See ADR 0032.

:func:`wall_of` returns the decision that stops a cause's flows. :func:`decision_undone` returns the decision that a
change removes. :func:`with_decisions` returns the remedies of a cause with the decisions that they undo.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfContainer, OfPolicyRule, OfRoute, OfUnit, OfXfrmPolicy, OfZone, rule_of
from hairpin.change import change as c
from hairpin.change.calls import AddDirectRule, AddRichRule, BindInterface, Call, SetContainerState, TrustSource, Unban
from hairpin.firewalls.let_in import is_of_ufws_users, is_ufws_default, let_in_by_firewalld, let_in_by_ufw
from hairpin.host.boot.configured import Configured
from hairpin.host.host import Host
from hairpin.host.managers import PANIC_TABLE, FirewalldZone
from hairpin.host.netns import Netns
from hairpin.host.route import PolicyRule, Route
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import few_of, message, verbatim
from hairpin.netfilter.evaluate.chain import Place, place_of, rule_at
from hairpin.netfilter.ir import Table
from hairpin.netfilter.packet import Seen
from hairpin.network.network import Network
from hairpin.network.prefix import inside
from hairpin.remedy.decided_rules import keeps_in, lets_through, sign_of, sign_of_policy_rule, sign_of_route
from hairpin.remedy.remedy import OwnersDecision, Remedy
from hairpin.remedy.stopped_by_person import perhaps_stopped, stopped_on_purpose
from hairpin.walk.state import Stop

_CLOSED_ZONES = ("drop", "block")
_RULES_LEFT_TO_OWNER = ("iptables=false", "ip6tables=false")


class Wall(msgspec.Struct, frozen=True):
    """A person's decision that stops the asked flow.

    If ``opens`` is false, every repair of the flow undoes the decision.  If ``opens`` is true, single ports may be
    opened, and only the removal of the whole rule, policy or zone undoes the decision.  ``rule``: the policy rule that
    stops the flow.  ``rests``: why a host with this decision is in order as long as nobody asks for the flow: a person
    has stopped or paused the ``container``, or the ``manager`` of the firewall keeps the port closed, because it was
    never told to open the port, or was told to keep it closed."""

    decision: OwnersDecision
    opens: bool = False
    rule: PolicyRule | None = None
    rests: Literal["", "container", "manager"] = ""


def wall_of(candidate: Candidate, stop: Stop, network: Network) -> Wall | None:
    """Return the decision that stops the cause's flows; None if an accident stops them."""
    where = candidate.where
    place = where.place if isinstance(where, OfZone) else rule_of(where)
    if place is not None:
        return _of_place(candidate, place, _netns_of(candidate, stop), network, stop.seen)
    if isinstance(where, OfPolicyRule):
        return _of_policy_rule(where.rule, stop, network)
    if isinstance(where, OfXfrmPolicy):
        return Wall(_of_xfrm_policy(where.policy))
    if isinstance(where, OfRoute) and _takes_away(candidate.change, where.route):
        decision = _of_route(where.route)
        return Wall(decision) if decision is not None else None
    if isinstance(where, OfContainer):
        return _of_container(where.container, network.host(stop.netns.host))
    if isinstance(where, OfUnit) and candidate.configured is not None:
        return Wall(decision_of_setting(candidate.configured), opens=True)
    return _of_network(candidate)


def _of_place(candidate: Candidate, place: Place, netns: Netns, network: Network, seen: Seen) -> Wall | None:
    """Return the decision behind a rule or a policy of the packet filter.

    A firewall manager closes all ports by default, and an administrator is meant to open single ports with the
    manager's own command.  A port that the manager was told to open for some clients is closed to all others on
    purpose."""
    if netns not in network or lets_through(rule_at(network.namespace(netns).ruleset, place)):
        return None
    host = network.host(netns.host)
    table = network.namespace(netns).ruleset.table(place.family, place.table, place.dialect)
    if netns.is_host and is_ufws_default(place, host):
        listed = let_in_by_ufw(table, seen.packet)
        if listed:
            said = message("ufw lets only {listed} in to port {port}", listed=few_of(listed), port=seen.packet.dport)
            return Wall(OwnersDecision(said, _ASK_MANAGER), rests="manager")
        said = message("ufw lets in only packets that a user's rule names")
        if "output" in place.chain.lower():
            said = message("ufw lets out only packets that a user's rule names")
        return Wall(OwnersDecision(said, _ASK_MANAGER), opens=True, rests="manager")
    decision = _of_rule(place, netns, network, seen)
    if decision is not None:
        return Wall(decision, rests="manager" if netns.is_host and is_of_ufws_users(place) else "")
    return _of_zone_or_manager(candidate, place, host, table, seen) or _of_network(candidate)


def _of_network(candidate: Candidate) -> Wall | None:
    """Return the decision by which a person separated or closed networks, or chose an option of dockerd.

    With ``iptables=false`` the administrator makes the rules that dockerd leaves out.  A single rule undoes nothing,
    but dockerd's own chains do."""
    found = candidate.configured
    if found is not None and found.writer == "engine-option":
        makes_chains = any(isinstance(part, c.AddChain) for part in candidate.change.parts)
        opens = found.option.lstrip("-") in _RULES_LEFT_TO_OWNER and not makes_chains
        return Wall(decision_of_setting(found), opens=opens)
    if found is None or found.writer != "network-option":
        return None
    if not found.option:
        return Wall(OwnersDecision(message("{owner} were made as separate networks", owner=found.owner), _ASK_NETWORK))
    said = message("network {owner} was made with {option}", owner=found.owner, option=found.option)
    return Wall(OwnersDecision(said, _ASK_NETWORK))


def decision_of_setting(found: Configured) -> OwnersDecision:
    """Return the decision of the person who wrote the setting."""
    if found.file and found.line:
        said = message("line {line} of {file} says so", line=found.line, file=found.file)
    elif found.owner and found.option:
        said = message("{owner} was made with {option}", owner=found.owner, option=found.option)
    elif found.option:
        said = message("dockerd was started with {option}", option=found.option)
    else:
        said = message("{owner} is configured so", owner=found.owner or found.file)
    return OwnersDecision(said, _ASK_SETTING)


def _netns_of(candidate: Candidate, stop: Stop) -> Netns:
    """Return the namespace of the cause's rule: the namespace in which the cause's change is made."""
    return next(
        (
            part.netns
            for part in candidate.change.parts
            if isinstance(part, c.DeleteRule | c.InsertRule | c.SetPolicy | c.ReplaceTable)
        ),
        stop.netns,
    )


def _takes_away(change: c.Change, route: Route) -> bool:
    return any(isinstance(part, c.DeleteEntry) and part.entry == route for part in change.parts)


def _of_zone_or_manager(candidate: Candidate, place: Place, host: Host, table: Table | None, seen: Seen) -> Wall | None:
    """Return the decision in a firewall manager's configuration: a zone that is meant to accept no packet, a denying
    rule, or a zone that accepts only the services and ports that it names, or the port for other clients only."""
    found, where = candidate.configured, candidate.where
    zone, denies = (where.zone, where.tells_rule) if isinstance(where, OfZone) else (None, False)
    known = (each for each in _zones(host) if each.name == zone)
    closed = _of_zone(next(known, FirewalldZone(zone) if zone is not None else None))
    if closed is not None or found is None or found.writer != "manager":
        return Wall(closed, rests="manager") if closed is not None else None
    owner = found.owner or found.file or place.chain
    if denies:
        said = message("a rule of {owner} denies this flow", owner=owner)
        return Wall(OwnersDecision(said, _ASK_MANAGER), rests="manager")
    listed = let_in_by_firewalld(table, zone or "", host.firewalld, seen.packet)
    if listed:
        said = message("{owner} lets only {listed} in to this port", owner=owner, listed=few_of(listed))
        return Wall(OwnersDecision(said, _ASK_MANAGER), rests="manager")
    return Wall(
        OwnersDecision(message("{owner} lets in only packets that its configuration names", owner=owner), _ASK_MANAGER),
        opens=True,
        rests="manager",
    )


_ASK_RULE = message("Ask whoever made the rule what the rule should keep out, and whether this flow may pass")
_ASK_MANAGER = message("Ask whoever looks after the firewall whether this flow may pass")
_ASK_NETWORK = message("Ask whoever made the network why it was made in this way")
_ASK_SETTING = message("Ask whoever wrote the setting whether it may change")
_ASK_ROUTE = message("Ask whoever made it which packets or answers must not use another way")
_ASK_IPSEC = message(
    "Ask whoever looks after the VPN whether the policy is intended. strongSwan, libreswan or a person made it, and an "
    "IPsec daemon may make it again at its next start"
)
_ASK_BAN = message("Ask whoever keeps the list why this address is on it")
_ASK_WHETHER_STOPPED = message("If a person stopped the container, ask whether it may run again")
_ASK_CONTAINER = message("Ask whoever stopped the container whether it may run again")
_ASK_PANIC = message("Ask whoever switched panic mode on whether the danger is over")


def _of_rule(place: Place, netns: Netns, network: Network, seen: Seen | None = None) -> OwnersDecision | None:
    sign = sign_of(place, netns, network, seen)
    if sign is None:
        return None
    return OwnersDecision(sign, _ASK_PANIC if place.table == PANIC_TABLE else _ASK_RULE)


def _of_policy_rule(rule: PolicyRule, stop: Stop, network: Network) -> Wall | None:
    """Return the decision behind a policy rule.  If the rule only selects another table, a repair that lets only
    answers bypass the rule does not undo the decision."""
    netns = stop.netns
    namespace = network.namespace(netns) if netns in network else None
    sign = sign_of_policy_rule(rule, namespace) if namespace is not None else None
    if sign is None or namespace is None:
        return None
    return Wall(OwnersDecision(sign, _ASK_ROUTE), not keeps_in(rule, namespace), rule)


def _of_container(name: str, host: Host) -> Wall | None:
    """Return the decision that a person stopped the container, or probably stopped it.

    If it is only probable that a person stopped the container, a start of the container does not undo a decision."""
    container = host.container(name)
    if container is None or (container.running and container.status != "paused"):
        return None
    sign = stopped_on_purpose(host, container)
    if sign is not None:
        return Wall(OwnersDecision(sign, _ASK_CONTAINER), rests="container")
    sign = perhaps_stopped(host, container)
    if sign is None:
        return None
    return Wall(OwnersDecision(sign, _ASK_WHETHER_STOPPED, sure=False), opens=True, rests="container")


def _of_route(route: Route) -> OwnersDecision | None:
    sign = sign_of_route(route)
    return OwnersDecision(sign, _ASK_ROUTE) if sign is not None else None


def _of_xfrm_policy(text: str) -> OwnersDecision:
    said = message("the IPsec policy `{policy}` blocks the packets that it selects", policy=verbatim(text))
    return OwnersDecision(said, _ASK_IPSEC)


# --- the decisions that a change removes -----------------------------------------------------------------------------


def decision_undone(change: c.Change, network: Network) -> OwnersDecision | None:
    """Return the first decision that the change removes; None if the change removes no decision."""
    found = (*_by_parts(change.parts, network), *_by_calls(change, network))
    return next(iter(found), None)


def _by_parts(parts: tuple[c.Primitive, ...], network: Network) -> Iterator[OwnersDecision]:
    for part in parts:
        match part:
            case c.DeleteRule(netns=netns, place=place):
                decision = _of_rule(place, netns, network)
            case c.SetPolicy(netns=netns, place=place, policy="accept"):
                decision = _of_rule(place, netns, network)
            case c.ReplaceTable():
                decision = _of_table(part, network)
            case c.DeleteEntry(netns=netns, entry=PolicyRule() as rule) if netns in network:
                sign = sign_of_policy_rule(rule, network.namespace(netns))
                decision = OwnersDecision(sign, _ASK_ROUTE) if sign is not None else None
            case c.DeleteEntry(entry=Route() as route):
                decision = _of_route(route)
            case c.DeleteEntry(entry=XfrmPolicy() as policy):
                decision = _of_xfrm_policy(policy.text)
            case c.ReplaceEntry(before=Route() as route):
                decision = _of_route(route)
            case _:
                decision = None
        if decision is not None:
            yield decision


def _of_table(part: c.ReplaceTable, network: Network) -> OwnersDecision | None:
    """Return the first decision in a table that the part deletes; None if there is no decision."""
    if part.table is not None or part.netns not in network:
        return None
    table = network.namespace(part.netns).ruleset.table(part.family, part.name, part.dialect)
    for chain in table.chains if table is not None else ():
        places = [Place(part.dialect, part.family, part.name, chain.name, 0, "")]
        places += [place_of(table, chain.name, rule) for rule in chain.rules] if table is not None else []
        for place in places:
            decision = _of_rule(place, part.netns, network)
            if decision is not None:
                return decision
    return None


def _by_calls(change: c.Change, network: Network) -> Iterator[OwnersDecision]:
    label = change.host
    host = network.host(label) if label is not None else network.this
    stopped = {each.name for each in change.calls if isinstance(each, SetContainerState) and each.verb == "stop"}
    for call in change.calls:
        decision = _of_call(call, host, stopped)
        if decision is not None:
            yield decision


def _of_call(call: Call, host: Host, stopped: set[str]) -> OwnersDecision | None:
    match call:
        case Unban(address=address):
            return OwnersDecision(message("{address} is on a ban list", address=address), _ASK_BAN)
        case SetContainerState(verb="start" | "unpause", name=name) if name not in stopped:
            container = host.container(name)
            sign = stopped_on_purpose(host, container) if container is not None else None
            return OwnersDecision(sign, _ASK_CONTAINER) if sign is not None else None
        case BindInterface(interface=link) if _zone_with(host, interface=link) is not None:
            return _of_zone(_zone_with(host, interface=link))
        case TrustSource(source=source):
            return _of_zone(_zone_with(host, source=source))
        case AddRichRule(removed=True, rule=rule, name=name):
            said = message("somebody wrote rich rule `{rule}` of {name}", rule=rule, name=name)
            return OwnersDecision(said, _ASK_MANAGER)
        case AddDirectRule(removed=True, words=words):
            return OwnersDecision(message("somebody wrote the --direct rule `{rule}`", rule=words), _ASK_MANAGER)
        case _:
            return None


def _zones(host: Host) -> tuple[FirewalldZone, ...]:
    return (*host.firewalld.runtime, *host.firewalld.permanent) if host.firewalld is not None else ()


def _zone_with(host: Host, *, interface: str = "", source: str = "") -> FirewalldZone | None:
    for zone in _zones(host):
        if interface in zone.interfaces or source in zone.sources:
            return zone
    return None


def _of_zone(zone: FirewalldZone | None) -> OwnersDecision | None:
    if zone is None or not (zone.name in _CLOSED_ZONES or zone.target in ("DROP", "%%REJECT%%", "REJECT")):
        return None
    return OwnersDecision(message("zone {zone} of firewalld exists to let nothing in", zone=zone.name), _ASK_MANAGER)


# --- the remedies of a cause -----------------------------------------------------------------------------------------


def without_ways_past_decisions(candidate: Candidate) -> Candidate:
    """Return the candidate without the ways that are offered only if a decision stops the flow."""
    ways = tuple(each for each in candidate.ways if not each.past_decision)
    return candidate if len(ways) == len(candidate.ways) else msgspec.structs.replace(candidate, ways=ways)


def with_decisions(
    remedies: tuple[Remedy, ...], candidate: Candidate, wall: Wall | None, network: Network
) -> tuple[Remedy, ...]:
    """Return the remedies of a cause, each with the decision that it undoes.  Remedies that undo no decision come
    first, then the way that is offered because of the decision, then exceptions.

    The deletion of the decided rule of the packet filter is the remedy only if there is no other one."""
    told = (msgspec.structs.replace(each, undoes=_undone(each, wall, network)) for each in remedies)
    narrow = tuple(each.change for each in candidate.ways if each.past_decision)
    ranked = sorted((_width(each, narrow, network), number, each) for number, each in enumerate(told))
    has_other = any(width < _WHOLE and each.steps for width, _, each in ranked)
    return tuple(each for width, _, each in ranked if width < _WHOLE or not has_other)


_WHOLE = 3
"""The width of a remedy that deletes a decided rule of the packet filter."""


def _width(remedy: Remedy, narrow: tuple[c.Change, ...], network: Network) -> int:
    """Return how much of a decision the remedy undoes, as a number to sort by."""
    if remedy.undoes is None:
        return 0
    if remedy.change in narrow:
        return 1
    deletes = any(isinstance(part, c.DeleteRule) for part in remedy.change.parts)
    return _WHOLE if deletes and decision_undone(remedy.change, network) is not None else 2


def _undone(remedy: Remedy, wall: Wall | None, network: Network) -> OwnersDecision | None:
    if wall is not None and not wall.opens and (remedy.change.parts or remedy.change.calls):
        return wall.decision
    if wall is not None and any(_leads_all_elsewhere(part, wall.rule) for part in remedy.change.parts):
        return wall.decision
    return decision_undone(remedy.change, network)


def _leads_all_elsewhere(part: c.Primitive, rule: PolicyRule | None) -> bool:
    """Return whether the part adds a policy rule for all packets of a source from which ``rule`` selects packets.

    A policy rule only for the answers of a port does not count."""
    if not isinstance(part, c.AddEntry) or not isinstance(part.entry, PolicyRule):
        return False
    added = part.entry
    if added.sports is not None or added.destination is not None:
        return False
    ours, theirs = added.source, rule.source if rule is not None else None
    if ours is None or theirs is None:
        return True
    return inside(ours[0], *theirs, added.version) or inside(theirs[0], *ours, added.version)


def decision_named(wall: Wall | None, remedies: tuple[Remedy, ...]) -> OwnersDecision | None:
    """Return the decision that the answer names: the decision that stops the flow, or otherwise the decision that every
    repair undoes."""
    if wall is not None:
        return wall.decision
    undone = [each.undoes for each in remedies]
    return undone[0] if undone and all(each is not None for each in undone) else None
