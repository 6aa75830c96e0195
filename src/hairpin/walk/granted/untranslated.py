"""Packets that leave with a source address that rules of this host otherwise translate.

Somebody has exempted packets to another site from masquerading: a route by a gateway or a tunnel leads to the site, and
a rule before MASQUERADE lets the packets pass as they are.  Both together are a decision: the gateway or the tunnel's
far end is meant to know the way back.  Or the host forwards a client's packets by one uplink, and its rule masquerades
only packets that leave by the other uplink.  No reading of this host shows whether the next router knows the way back.
"""

from collections.abc import Iterable

import msgspec

from hairpin.change.intent import MasqueradeTo, rendered
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place, place_of, rule_at
from hairpin.netfilter.interface_name import fits_name
from hairpin.netfilter.ir import STATUS_SEEN_REPLY, Family, FieldMatch, NameMatch, Nat, Rule, Ruleset, SetMatch
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RouteDecided, RuleDecided
from hairpin.walk.granted.silence import entries_to
from hairpin.walk.hooks.chains import chains_at
from hairpin.walk.state import State, Step
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_packets, watch_port

_DESTINATIONS = ("daddr4", "daddr6")


class Exemption(msgspec.Struct, frozen=True):
    """The rule for certain destinations that kept a packet's source address, and this address."""

    rule: Place
    source: int


def exemption(steps: Iterable[Step], netns: Netns, ruleset: Ruleset, *, by_tunnel: bool = False) -> Exemption | None:
    """Return the exemption of the packet that took these steps in the namespace.  Return None if no rule exempted the
    packet, or if a default route or no gateway leads to the destination.  ``by_tunnel``: whether the packet leaves by a
    tunnel, whose far end stands for the gateway."""
    own = [step for step in steps if step.netns == netns]
    chosen = [each.decided_by.entry for each in own if isinstance(each.decided_by, RouteDecided)]
    route = chosen[-1] if chosen else None
    if route is None or not route.prefix_length:
        return None
    if not by_tunnel and all(each.gateway is None for each in route.next_hops):
        return None
    for step in reversed(own):
        if step.stage == "postrouting" and isinstance(step.decided_by, RuleDecided) and not step.note:
            rule = rule_at(ruleset, step.decided_by.place)
            chooses = rule is not None and any(map(_compares_destination, rule.body))
            return Exemption(step.decided_by.place, step.packet.saddr) if chooses else None
    return None


def translating_elsewhere(namespace: Namespace, left: State) -> Place | None:
    """Return the first rule in POSTROUTING that translates the source of packets which leave by another link than this
    packet; None if there is no such rule, or if the packet's source address was translated."""
    start = next(iter(left.history.steps), None)
    if start is None or start.packet.saddr != left.packet.saddr:
        return None
    families: tuple[Family, ...] = ("ip", "inet") if left.packet.version == 4 else ("ip6", "inet")
    for table, chain in chains_at(namespace, "postrouting", families):
        for rule in chain.rules if chain.type == "nat" else ():
            translates = any(isinstance(each, Nat) and each.nat in ("masquerade", "snat") for each in rule.body)
            if translates and _would_match(rule, left):
                return place_of(table, chain.name, rule)
    return None


def _would_match(rule: Rule, left: State) -> bool:
    """Return whether the rule names another output link than the packet's, and no other source address."""
    away, field = False, f"saddr{left.packet.version}"
    for part in rule.body:
        match part:
            case NameMatch(field="oif", names=names, negated=False):
                away = not any(fits_name(left.oif, name) for name in names)
            case FieldMatch(field=compared, ranges=ranges, negated=negated) if compared == field:
                if any(first <= left.packet.saddr <= last for first, last in ranges) is negated:
                    return False
            case _:
                pass
    return away


def way_back_of_forwarded(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether answers come back to this host, whose rules translate a client's packets.

    It is asked of the next router, if a rule masquerades only packets that leave by another link; and of a machine on
    the link by which the packet came in, if a rule gave the packet this machine's address and none translates its
    source: the machine's own router may send its answers past this host."""
    if left.next_hop is not None and left.next_hop.gateway is None:
        return _way_back_of_neighbour(network, flow, left)
    namespace = network.namespace(left.netns)
    rule, hop = translating_elsewhere(namespace, left), left.next_hop
    if rule is None or hop is None or hop.gateway is None or left.carried is not None:
        return ()
    source = address_text(left.packet.saddr, left.packet.version)
    facts = {
        "gateway": address_text(hop.gateway, hop.gateway_version or left.packet.version),
        "source": source,
        "link": left.oif,
        "rule": rule.in_full,
    }
    return (
        OpenQuestion(
            text=message(
                "Does {gateway} know the way back to {source}? The packets leave through {link} with this source "
                "address, because no rule translates it there. Another link has such a rule: {rule}",
                **facts,
            ),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "The answers are lost behind {link}. Masquerade what leaves through {link}, too: a rule as the one "
                "above, with {link}",
                **facts,
            ),
            wanted=(watch_packets(left.oif, f"host {source}"),),
            breaks_if="no",
        ),
    )


def _way_back_of_neighbour(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    namespace = network.namespace(left.netns)
    packet, start = left.packet, next(iter(left.history.steps), None)
    rule = next((each for each in left.history.steps if each.note == "dnat"), None)
    came_by = next((each.link for each in left.history.steps if each.stage == "device-in"), "")
    holder = namespace.link(came_by)
    here = left.oif in (came_by, holder.master if holder is not None else None)
    if not here or left.carried is not None or rule is None or not isinstance(rule.decided_by, RuleDecided):
        return ()
    if start is None or start.packet.saddr != packet.saddr or packet.protocol not in (TCP, UDP):
        return ()
    known = (each for each in entries_to(namespace, packet) if each.original.saddr == each.reply.daddr)
    if any(each.status & STATUS_SEEN_REPLY for each in known):
        return ()
    port = f"{flow.protocol} port {packet.dport}"
    facts = {
        "server": address_text(packet.daddr, packet.version),
        "client": address_text(packet.saddr, packet.version),
        "link": left.oif,
        "rule": rule.decided_by.place.in_full,
    }
    return (
        OpenQuestion(
            text=message(
                "Does {server} send its answers to {client} through this host? The packets come in and leave through "
                "{link}, and no rule translates their source address. This rule makes {server} their destination: "
                "{rule}",
                **facts,
            ),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "{server} answers {client} directly, and {client} drops the answers, because it sent nothing to "
                "{server}. Give the packets this host's address: {repair}",
                **facts,
            ),
            wanted=(watch_packets(left.oif, f"{port} and src host {facts['server']}"),),
            breaks_if="no",
            no_repair=rendered(
                MasqueradeTo(left.netns, packet.version, packet.daddr, packet.protocol, packet.dport or 0), network
            ),
        ),
    )


def _compares_destination(part: object) -> bool:
    match part:
        case FieldMatch(field=field):
            return field in _DESTINATIONS
        case SetMatch(fields=fields):
            return any(each in _DESTINATIONS for each in fields)
        case _:
            return False


def way_back_known(flow: Flow, left: State, ruleset: Ruleset, far: str = "") -> tuple[OpenQuestion, ...]:
    """Return the question whether the gateway knows the way back to the exempted source address.  ``far``: the far end
    of the tunnel through which the packet leaves."""
    found, hop = exemption(left.history.steps, left.netns, ruleset, by_tunnel=bool(far)), left.next_hop
    if not far and hop is not None and hop.gateway is not None:
        far = address_text(hop.gateway, hop.gateway_version or left.packet.version)
    if found is None or not far:
        return ()
    facts = {"gateway": far, "source": address_text(left.packet.saddr, left.packet.version), "rule": found.rule.in_full}
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
