"""Grants: things that a walk assumes although a careful outside may refuse them.  Each grant is an open question.

A router may drop a packet whose source address is not in the router's own network: RFC 2827 (BCP 38), RFC 3704.  A
smaller MTU before the host may lose a full-sized segment without a notice to its sender: RFC 2923.
"""

import msgspec

from hairpin.host.advertised import is_private
from hairpin.host.route import PolicyRule
from hairpin.message import Message, message
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import LINK_LOCAL4, address_text
from hairpin.network.prefix import is_private as is_private_source
from hairpin.network.uplinks import holder_of_addresses, home_of, selecting_nothing
from hairpin.walk.decided import RouteDecided
from hairpin.walk.granted.address_found import address_found
from hairpin.walk.granted.foreign_frames import frames_taken
from hairpin.walk.size.long_packets import arrive
from hairpin.walk.size.segment_size import Handshake
from hairpin.walk.state import State
from hairpin.walk.trace import ForeignSource, OpenQuestion
from hairpin.walk.tunnelled import tunnel_to
from hairpin.wanted import Wanted, state_peer, watch_port


class Grants(msgspec.Struct, frozen=True):
    """The facts that the outside has to grant so that a flow succeeds.  ``questions``: the grants that the outside may
    refuse according to a reading of the host.  ``assumed``: the grants for which no reading hints at a refusal."""

    questions: tuple[OpenQuestion, ...] = ()
    assumed: tuple[Message, ...] = ()


def grants(network: Network, flow: Flow, handshake: Handshake, left: State) -> Grants:
    """Return the grants to a flow that succeeds.  ``left``: the flow's packet that left the hosts."""
    asked, assumed = frames_taken(network, left)
    refused = (
        _source_taken(network, flow, left)
        or _masquerade_taken(network, left)
        or _ways_back(network, flow, left)
        or _way_to_source(network, left)
        or _comes_in_tunnel(network, flow, left)
    )
    clouded = _carried_by_cloud(network, handshake, left)
    questions = (*refused, *address_found(network, handshake), *asked, *arrive(network, handshake), *clouded)
    if not refused and not clouded:  # these two questions name a nearer reason for a silence
        questions += _heard(network, handshake, left)
    elsewhere = (
        *_sent_elsewhere(network, left),
        *_private_way(network, flow, left),
        *_way_of_host(network, flow, left),
    )
    assumed = (*assumed, *_routed_here(network, flow, left), *_taken_from_other(network, flow, left))
    return Grants((*elsewhere, *questions, *_taken_by_far_end(network, left)), assumed)


def _taken_from_other(network: Network, flow: Flow, left: State) -> tuple[Message, ...]:
    start, connection = next(iter(left.history.steps), None), left.track.connection
    if flow.purpose != "asked" or start is None or start.packet.saddr == left.packet.saddr:
        return ()
    if connection is None or connection.masquerade or left.track.ct_direction:
        return ()
    from hairpin.walk.granted.masqueraded_source import other_source

    return other_source(network, left)


def _routed_here(network: Network, flow: Flow, left: State) -> tuple[Message, ...]:
    packet, namespace = left.packet, network.namespace(left.netns)
    if any(each.value == packet.saddr for each in addresses_of(namespace, left.oif, packet.version)):
        return ()
    from hairpin.walk.granted.private_way import routed_address

    return routed_address(network, flow, left)


def _sent_elsewhere(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    if not network.namespace(left.netns).redirects:
        return ()
    from hairpin.walk.granted.way_of_host import redirect_question

    return redirect_question(network, left)


def _private_way(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    if left.packet.version == 4 or not is_private(left.packet.daddr):
        return ()
    from hairpin.walk.granted.private_way import way_known

    return way_known(network, flow, left)


def _way_of_host(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    if all(each.source is None for each in network.namespace(left.netns).rules):
        return ()
    from hairpin.walk.granted.way_of_host import way_meant

    return way_meant(network, flow, left)


def _heard(network: Network, handshake: Handshake, left: State) -> tuple[OpenQuestion, ...]:
    if not network.namespace(left.netns).connections:
        return ()
    from hairpin.walk.granted.silence import silence

    return silence(network, handshake, left)


def _ways_back(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question about the way back to an address that is not translated, although rules of the host translate
    such addresses: a container's, or that of a client whose packets the host forwards."""
    far = address_text(left.packet.daddr, left.packet.version) if left.carried is not None else ""
    left = left.carried.frame if left.carried is not None else left
    packet, netns = left.packet, left.netns
    namespace = network.namespace(netns)
    if left.track.ct_direction or not netns.is_host or owns_address(namespace, packet.version, packet.saddr):
        return ()
    from hairpin.walk.granted.untranslated import way_back_known, way_back_of_forwarded

    if isinstance(flow.start, (Lan, Outside)):
        return () if far else way_back_of_forwarded(network, flow, left)
    from hairpin.network.unmasqueraded import is_unmasqueraded

    if is_unmasqueraded(network, netns, packet.version, packet.saddr):
        return ()
    return way_back_known(flow, left, namespace.ruleset, far)


def _way_to_source(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    packet = left.packet
    own = addresses_of(network.namespace(left.netns), left.oif, packet.version)
    if not is_private_source(packet.saddr, packet.version) or any(each.value == packet.saddr for each in own):
        return ()
    from hairpin.walk.granted.own_source import way_back_to_source

    return way_back_to_source(network, left)


def _comes_in_tunnel(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    if not isinstance(flow.start, (Lan, Outside)):
        return ()
    if tunnel_to(network, left.netns, flow.version, flow.start.address) is None:
        return ()
    from hairpin.walk.granted.client_in_tunnel import comes_in_tunnel

    return comes_in_tunnel(network, flow, left)


def _masquerade_taken(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    connection = left.track.connection
    if left.carried is not None or connection is None or not connection.masquerade:
        return ()
    routes = network.namespace(left.netns).routes
    if all(each.prefsrc in (None, left.packet.saddr) or each.protocol == "kernel" for each in routes):
        return ()
    from hairpin.walk.granted.masqueraded_source import source_accepted

    return source_accepted(network, left)


def _carried_by_cloud(network: Network, handshake: Handshake, left: State) -> tuple[OpenQuestion, ...]:
    # A metadata service at a link-local address shows a cloud that no reading names.
    in_cloud = network.host(left.netns.host).cloud is not None or LINK_LOCAL4.holds(
        left.packet.daddr, left.packet.version
    )
    if handshake.far is None or not in_cloud:
        return ()
    from hairpin.walk.granted.cloud_limits import cloud_carries

    return cloud_carries(network, handshake, left)


def _taken_by_far_end(network: Network, left: State) -> tuple[OpenQuestion, ...]:
    if left.carried is None:
        return ()
    from hairpin.walk.granted.far_end_hints import far_end_takes

    return far_end_takes(network, left)


def _source_taken(network: Network, flow: Flow, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the router passes on a packet that left by another uplink than the uplink of its
    source address.  Return no question if the packet left by that uplink or for a machine on the link, or if the user
    has stated what the router takes."""
    packet, hop = left.packet, left.next_hop
    if left.carried is not None or not left.netns.is_host or hop is None or hop.gateway is None:
        return ()
    namespace = network.namespace(left.netns)
    link = holder_of_addresses(namespace, left.oif)
    home = home_of(network, left.netns, packet.version, packet.saddr, link)
    if home is None or network.world.router_behind(left.netns.host, packet.version, link):
        return ()
    gateway = address_text(hop.gateway, hop.gateway_version or packet.version)
    about = ForeignSource(left.netns, packet.version, packet.saddr, home.link, link)
    own = next(iter(addresses_of(namespace, link, packet.version)), None)
    accepts = str(own.prefix) if own is not None else ""
    everything = "0.0.0.0/0" if packet.version == 4 else "::/0"
    wanted = (watch_port(flow.protocol, flow.dport), state_peer(everything, accepts, link))
    chosen = (step.decided_by for step in reversed(left.history.steps) if step.netns == left.netns)
    route = next((each.route for each in chosen if isinstance(each, RouteDecided)), "")
    from hairpin.walk.granted.way_out import translating_rule

    rule = translating_rule(left) if left.track.ct_direction == 0 else None
    asked = _is_passed_on(about, gateway, route, wanted, rule.in_full if rule is not None else "")
    empty = selecting_nothing(namespace, packet) if rule is None else None
    return (asked if empty is None else _with_empty_table(asked, about, empty),)


def _with_empty_table(asked: OpenQuestion, about: ForeignSource, rule: PolicyRule) -> OpenQuestion:
    """Return the question that names the policy rule whose table has no route: it was meant to send the packets out by
    the uplink of their source address."""
    said = message(
        "The answers from {source} are lost behind {link}. The policy rule `{rule}` selects these packets, but its "
        "table {table} has no route. Put the default route through {home} into it: ip route add default via ROUTER "
        "dev {home} table {table}",
        source=address_text(about.source, about.version),
        link=about.link,
        home=about.home,
        rule=rule.text,
        table=rule.table or 0,
    )
    return msgspec.structs.replace(asked, if_no=said)


def _is_passed_on(
    about: ForeignSource, gateway: str, route: str, wanted: tuple[Wanted, ...], rule: str
) -> OpenQuestion:
    """Return the question.  ``rule``: the rule that gave the packets their source address; empty if they are answers,
    or if the sender has this address itself."""
    facts = {
        "rule": rule,
        "route": route,
        "gateway": gateway,
        "link": about.link,
        "source": address_text(about.source, about.version),
        "home": about.home,
    }
    return OpenQuestion(
        text=message(
            "Does the router {gateway} behind {link} forward packets from {source}, the address of {home}? These "
            "packets take the route `{route}`, through another uplink than that of their source address",
            **facts,
        ),
        if_yes=message(
            "The verdict above stands: after each answer through {link}, the client's next packet comes in through "
            "{home}",
            **facts,
        )
        if not rule
        else message("The verdict above stands"),
        if_no=message(
            "The packets are lost behind {link}, because this rule gives them the address of {home}: {rule}. Limit the "
            "rule to packets that leave through {home} (`-o {home}`), and masquerade those that leave through {link}",
            **facts,
        )
        if rule
        else message("The answers from {source} are lost behind {link}: send them out through {home}", **facts),
        wanted=wanted,
        breaks_if="no",
        about=about,
    )
