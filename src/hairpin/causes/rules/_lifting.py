"""Changes that let a flow pass a rule or a policy, rendered from intents (``change/intent.py``)."""

from typing import Literal

from hairpin.causes.kit import Iterator, Place, View
from hairpin.causes.routing._asked import subnet_of
from hairpin.causes.rules._rule_owner import body_at, elements_of, led_from
from hairpin.change.change import Change, InsertRule
from hairpin.change.intent import Body, LetIn, Masquerade, TakeAway, mtu_told, rendered
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.netfilter import ir
from hairpin.netfilter.nft.spelled import ANSWERS as _RELATED_NFT
from hairpin.netfilter.nft.spelled import NO_REQUEST
from hairpin.netfilter.nft.spelled import TRANSLATED as _TRANSLATED_NFT
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, is_discovery
from hairpin.network.attachment import has_passing_bridge, network_of_bridge
from hairpin.network.flow import Outside
from hairpin.network.prefix import last_of, network_of
from hairpin.walk.size.size_stop import tells_mtu

_STATES = ir.FieldMatch("ct-state", ((ir.CT_ESTABLISHED, ir.CT_ESTABLISHED), (ir.CT_RELATED, ir.CT_RELATED)))
_TRANSLATED = ir.AnyOfMatch((ir.FieldMatch("ct-status", ((0, 0),), True, ir.STATUS_DNAT),))
"""Matches the same packets as ``--ctstate DNAT``: packets whose destination was translated."""
_NEIGHBOURS: Body = (ir.FieldMatch("protocol", ((ICMP6, ICMP6),)),)
"""Matches ICMPv6, because without neighbour discovery a link does not carry IPv6 replies."""
_ACCEPT = ir.Verdict("accept")


def deletion(view: View, place: Place) -> Change:
    """Return the change that deletes the rule, or sets the policy to accept."""
    return rendered(TakeAway(view.stop.netns, place), view.network)


def exception(view: View, place: Place) -> Change:
    """Return the change that adds rules for the flow and its replies to the chain that stopped the packet.

    The rules are as narrow as possible, and accept the packets.  In DOCKER-USER the new rules have the verdict RETURN,
    and the engine's own rules decide."""
    answers = bool(view.stop.seen.ct_state & (ir.CT_ESTABLISHED | ir.CT_RELATED))
    chain = _user_chain(view, place) if view.stop.stage == "forward" and place.dialect != "nft" else place.chain
    verdict = ir.Verdict("return") if place.number and chain == "DOCKER-USER" else _ACCEPT
    rules = tuple((*body, verdict) for body in _bodies(view, place, answers=answers))
    return rendered(LetIn(view.stop.netns, place, chain, rules), view.network)


def asks_for_one_client(view: View) -> bool:
    """Return whether the packet is on the way from a client outside, and the user named this client."""
    return not view.flow.names_no_client and not view.in_reply and isinstance(view.flow.start, Outside)


def for_client(view: View, place: Place) -> Change | None:
    """Return the change of ``exception``, limited to the packet's client.  Return None if the user named no client, or
    if the packet is not a request of that client by TCP or UDP, or if hairpin can write no exception there."""
    seen = view.stop.seen
    if not asks_for_one_client(view) or not lets_exceptions(place):
        return None
    if seen.packet.protocol not in (TCP, UDP) or seen.ct_state & (ir.CT_ESTABLISHED | ir.CT_RELATED):
        return None
    made = exception(view, place)
    source: ir.Field = "saddr4" if seen.packet.version == 4 else "saddr6"
    alone = (ir.FieldMatch(source, ((seen.packet.saddr, seen.packet.saddr),)),)
    chain = made.parts[0].chain if isinstance(made.parts[0], InsertRule) else place.chain
    rules = tuple(
        (*alone, *part.rule.body) if _asks_port(part.rule.body) else part.rule.body
        for part in made.parts
        if isinstance(part, InsertRule)
    )
    return rendered(LetIn(view.stop.netns, place, chain, rules), view.network)


def _asks_port(body: Body) -> bool:
    return any(isinstance(part, ir.FieldMatch) and part.field in ("dport", "ct-orig-dport") for part in body)


def by_address(view: View, place: Place) -> Change | None:
    """Return the change that excepts only the packet's address from a rule that matches a set of addresses.  Return
    None if the rule matches no address set, or if the user named no client."""
    packet = view.stop.seen.packet
    held = {
        field
        for part in body_at(view, place)
        if isinstance(part, ir.SetMatch) and not part.negated
        for field in part.fields
    }
    addresses: tuple[tuple[ir.Field, int], ...] = (
        ("saddr4", packet.saddr), ("saddr6", packet.saddr), ("daddr4", packet.daddr), ("daddr6", packet.daddr),
    )  # fmt: skip
    body: Body = tuple(ir.FieldMatch(field, ((value, value),)) for field, value in addresses if field in held)
    if not body or view.flow.names_no_client or not lets_exceptions(place):
        return None
    return rendered(LetIn(view.stop.netns, place, place.chain, ((*body, ir.Verdict("return")),)), view.network)


def lets_exceptions(place: Place) -> bool:
    """Return whether hairpin can write an exception in the rule's dialect."""
    return place.dialect != "ebtables" and place.family in ("ip", "ip6", "inet", "arp")


def _bodies(view: View, place: Place, *, answers: bool) -> tuple[Body, ...]:
    """Return the matches of the accepting rules.  Usually one rule matches the request by its links and port, and one
    rule matches the replies."""
    seen = view.stop.seen
    if tells_mtu(seen.packet):
        return (mtu_told(seen.packet.version),)
    related = (_RELATED_NFT if place.dialect == "nft" else _STATES,)
    if is_discovery(seen.packet) or (seen.packet.protocol == ICMP6 and view.stop.stage == "input"):
        return (_NEIGHBOURS,)
    own = _of_own_network(view, place)
    if own:
        return (own,)
    links = _to_network(view) or (*_by("iif", seen.iif), *_by("oif", seen.oif))
    if seen.packet.arp:
        return (links,)
    if answers:
        return ((*links, *related),)
    if view.in_reply and seen.packet.protocol == TCP and not seen.ct_state:
        # Before connection tracking, no packet has a state.  A match of the server's port would let in everybody who
        # sends from this port; an answer of TCP never is a SYN alone.
        return ((*links, *_port(view)[:1], NO_REQUEST),)
    if view.stop.stage == "forward" and _is_translated(view) and _is_passing(view, seen.oif):
        # The next `compose up` gives the bridge another name, which the rule would not match.
        translated = _TRANSLATED_NFT if place.dialect == "nft" else _TRANSLATED
        protocol, *port = _port(view)
        return (*_by("iif", seen.iif), protocol, translated, *port), (*_by("oif", seen.iif), translated, *related)
    request = (*links, *(() if is_way_out(view, place) else _port(view)))
    if view.stop.stage == "forward":
        return request, (*_by("iif", seen.oif), *_by("oif", seen.iif), *related)
    if place.table == "raw":
        return (request,)  # the chain's hook runs before conntrack
    return request, related  # with docker-proxy, or on lo, the replies pass the same hook


def _to_network(view: View) -> Body:
    """Return the match of the container network to which this host sends the packet; no match in any other case.

    OUTPUT sees a packet to a published port on its old link, lo, and a packet to the container's address on the bridge.
    One rule by the destination network is for both packets, and for the container's next address."""
    packet = view.stop.seen.packet
    subnet = subnet_of(view, packet.version, packet.daddr) if view.stop.stage == "output" else None
    if subnet is None:
        return ()
    version, first = packet.version, network_of(*subnet, packet.version)
    return (ir.FieldMatch("daddr4" if version == 4 else "daddr6", ((first, last_of(*subnet, version)),)),)


def _of_own_network(view: View, place: Place) -> Body:
    """Return the match of everything that a container network sends in by its own bridge, if the rule drops a wider
    range of sources on every link; no match in any other case.

    Such a rule is against forged sources from outside.  An exception for single ports would leave all else of the
    network closed, and the exception for its bridge lets nothing in from outside."""
    own = network_at_bridge(view) if view.on_host and view.stop.stage == "prerouting" else None
    if own is None:
        return ()
    first, last = own
    field: ir.Field = "saddr4" if view.stop.seen.packet.version == 4 else "saddr6"
    wider = any(low <= first and last <= high and (low, high) != own for low, high in _sources_at(view, place, field))
    return (*_by("iif", view.stop.seen.iif), ir.FieldMatch(field, (own,))) if wider else ()


def network_at_bridge(view: View) -> tuple[int, int] | None:
    """Return the range of the container network that has the packet's source and from whose bridge the packet came in;
    None for any other link or source."""
    packet, joined = view.stop.seen.packet, network_of_bridge(view.host, view.stop.seen.iif)
    for each in joined.subnets if joined is not None else ():
        if each.holds(packet.saddr, packet.version):
            return each.prefix.first, each.prefix.last
    return None


def _sources_at(view: View, place: Place, field: ir.Field) -> Iterator[tuple[int, int]]:
    """Yield the ranges of sources that the rule compares the packet with, by itself or by a set; none if the rule
    compares anything else, too."""
    match [part for part in body_at(view, place) if not isinstance(part, ir.NoEffect | ir.Verdict)]:
        case [ir.FieldMatch(field=named, ranges=ranges, negated=False)] if named == field and len(ranges) == 1:
            yield from ranges
        case [ir.SetMatch(fields=(named,), negated=False, set=name)] if named == field:
            table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
            for element in elements_of(view, table, name):
                for key in element.key:
                    if isinstance(key, ir.NumberKey) and not element.nomatch:
                        yield key.first, key.last
        case _:
            return


def _by(field: Literal["iif", "oif"], link: str) -> Body:
    return (ir.NameMatch(field, (link,)),) if link else ()


def _port(view: View) -> Body:
    """Return the matches for the flow's protocol and port.  For a translated packet, the port is the published port.
    For a reply, the port is the service's port, because the client's port differs in each connection."""
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    protocol = ir.FieldMatch("protocol", ((packet.protocol, packet.protocol),))
    if packet.protocol not in (TCP, UDP) or packet.dport is None:
        return (protocol,) if packet.protocol == ICMP else ()
    if connection is not None and view.stop.stage == "forward" and _is_translated(view):
        asked = connection.original.dport or view.flow.dport
        return (protocol, ir.FieldMatch("ct-orig-dport", ((asked, asked),)), ir.FieldMatch("ct-direction", ((0, 0),)))
    if view.in_reply and packet.sport is not None:
        return (protocol, ir.FieldMatch("sport", ((packet.sport, packet.sport),)))
    return (protocol, ir.FieldMatch("dport", ((packet.dport, packet.dport),)))


def is_way_out(view: View, place: Place) -> bool:
    """Return whether the flow stands for everything that a container asks of the Internet, and the rule at ``place``
    does not choose packets by their port.  hairpin chose the flow's port, so a rule for this port would leave all other
    ports closed."""
    ports = ("sport", "dport", "ct-orig-dport")
    chooses = any(isinstance(part, ir.FieldMatch) and part.field in ports for part in body_at(view, place))
    passes_through = view.stop.stage == "forward" or (view.on_host and view.stop.stage == "prerouting")
    stands_for_all = view.flow.purpose == "egress" and not view.flow.port_named
    return stands_for_all and passes_through and not view.in_reply and not chooses


def _is_passing(view: View, link: str) -> bool:
    joined = network_of_bridge(view.host, link)
    return joined is not None and has_passing_bridge(joined)


def _is_translated(view: View) -> bool:
    """Return whether a rule has translated the packet's destination port, as for a published port."""
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    has_port = packet.protocol in (TCP, UDP) and packet.dport is not None
    return has_port and connection is not None and bool(connection.status & ir.STATUS_DNAT)


def _user_chain(view: View, place: Place) -> str:
    """Return the name of DOCKER-USER, the administrator's chain, if FORWARD jumps to it before the rule that stopped
    the packet.  If FORWARD has no such jump, return the chain of the rule that stopped the packet."""
    dialect: ir.Dialect = "iptables-legacy" if place.dialect == "iptables-legacy" else "iptables-nft"
    table = view.namespace.ruleset.table("ip6" if place.family == "ip6" else "ip", place.table, dialect)
    if table is None or table.chain("DOCKER-USER") is None:
        return place.chain
    forward = table.chain("FORWARD")
    for rule in forward.rules if forward is not None else ():
        jumps = [part.chain for part in rule.body if isinstance(part, ir.Jump)]
        if "DOCKER-USER" in jumps:
            return "DOCKER-USER"
        is_it = (place.chain, place.number) == ("FORWARD", rule.number)
        if is_it or any(led_from(view, place, chain) for chain in jumps):
            break  # the packet stopped before it entered DOCKER-USER
    return place.chain


def masquerading(view: View) -> tuple[Engine, DockerNetwork, Change] | None:
    """Return the engine and the network to which the packet's source belongs, and the change that masquerades this
    network; else None."""
    packet = view.stop.seen.packet
    for engine in view.host.engines:
        for network in engine.networks:
            for subnet in network.subnets:
                if subnet.version != packet.version or network.bridge is None:
                    continue
                if not subnet.holds(packet.saddr, subnet.version):
                    continue
                intent = Masquerade(
                    view.host_netns, subnet.version, subnet.network, subnet.prefix_length, network.bridge
                )
                return engine, network, rendered(intent, view.network)
    return None
