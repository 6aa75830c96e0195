"""Changes that let a flow past a rule or a policy, rendered from intents (``change/intent.py``)."""

from typing import Literal, assert_never

from hairpin.causes.cause import View
from hairpin.causes.rules._rule_owner import led_from
from hairpin.change.change import Change
from hairpin.change.intent import Body, LetIn, Masquerade, TakeAway, rendered
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import CT_ESTABLISHED, CT_RELATED, STATUS_DNAT, Dialect, FieldMatch, Jump, NameMatch, Verdict
from hairpin.netfilter.nft.spelled import ANSWERS, TRANSLATED
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, is_discovery
from hairpin.network.prefix import inside

_STATES = FieldMatch("ct-state", ((CT_ESTABLISHED, CT_ESTABLISHED), (CT_RELATED, CT_RELATED)))
_ANSWERS: Body = (_STATES,)
_NEIGHBOURS: Body = (FieldMatch("protocol", ((ICMP6, ICMP6),)),)
"""ICMPv6: without neighbour discovery a link carries no replies, either."""
_ACCEPT = Verdict("accept")


def deletion(view: View, place: Place) -> Change:
    """Return the change that deletes the rule, or sets the policy to accept."""
    return rendered(TakeAway(view.stop.netns, place), view.network)


def lifted(view: View, place: Place) -> Change:
    """Return the change that deletes the rule, or accepts the flow before the policy drops it."""
    return exception(view, place) if place.number == 0 else deletion(view, place)


def exception(view: View, place: Place) -> Change:
    """Return the change with the narrowest rules that accept the flow and its replies in the chain that stopped it."""
    answers = bool(view.stop.seen.ct_state & (CT_ESTABLISHED | CT_RELATED))
    native = place.dialect == "nft"
    bodies = _native_bodies(view, answers=answers) if native else _bodies(view, answers=answers)
    chain = _user_chain(view, place) if view.stop.stage == "forward" and not native else place.chain
    rules = tuple((*body, _ACCEPT) for body in bodies)
    return rendered(LetIn(view.stop.netns, place, chain, rules), view.network)


def _bodies(view: View, *, answers: bool) -> tuple[Body, ...]:
    """Return the matches of the accepting rules for an iptables chain."""
    seen = view.stop.seen
    match view.stop.stage:
        case "forward":
            return (*_by("iif", seen.iif), *_by("oif", seen.oif)), (
                *_by("iif", seen.oif), *_by("oif", seen.iif), *_ANSWERS,
            )  # fmt: skip
        case "output":
            if is_discovery(seen.packet):
                return (_NEIGHBOURS,)
            return ((*_by("oif", seen.oif), *(_ANSWERS if answers else ())),)
        case (
            "device-in" | "bridge" | "prerouting" | "input-route" | "input" | "socket" | "output-route" | "postrouting"
            | "neighbour" | "device-out" | "tunnel" | "outside" | "relay"
        ):  # fmt: skip
            if seen.packet.protocol == ICMP6:
                return (_NEIGHBOURS,)
            return (_ANSWERS,) if answers else (_ANSWERS, (*_by("iif", seen.iif), *_port(view)))
        case _:
            assert_never(view.stop.stage)


def _by(field: Literal["iif", "oif"], link: str) -> Body:
    return (NameMatch(field, (link,)),) if link else ()


def _port(view: View) -> Body:
    packet = view.stop.seen.packet
    protocol = FieldMatch("protocol", ((packet.protocol, packet.protocol),))
    if packet.protocol in (TCP, UDP) and packet.dport is not None:
        return (protocol, FieldMatch("dport", ((packet.dport, packet.dport),)))
    return (protocol,) if packet.protocol == ICMP else ()


def _native_bodies(view: View, *, answers: bool) -> tuple[Body, ...]:
    """Return the matches of the accepting rules for an nft chain.  ``ct status dnat`` covers both directions of a
    published port; other flows are matched by their interfaces."""
    seen = view.stop.seen
    dnat = seen.connection is not None and bool(seen.connection.status & STATUS_DNAT)
    if dnat and view.stop.stage == "forward":
        return ((TRANSLATED,),)
    if answers:
        return ((ANSWERS,),)
    if is_discovery(seen.packet) or (seen.packet.protocol == ICMP6 and view.stop.stage == "input"):
        return (_NEIGHBOURS,)
    port = _port(view) if view.stop.stage == "input" and seen.packet.protocol in (TCP, UDP) else ()
    return (*_by("iif", seen.iif), *_by("oif", seen.oif), *port), (ANSWERS,)


def _user_chain(view: View, place: Place) -> str:
    """Return DOCKER-USER, the administrator's chain, if FORWARD jumps to it before the rule that stopped the packet;
    else that rule's chain."""
    dialect: Dialect = "iptables-legacy" if place.dialect == "iptables-legacy" else "iptables-nft"
    table = view.namespace.ruleset.table("ip6" if place.family == "ip6" else "ip", place.table, dialect)
    if table is None or table.chain("DOCKER-USER") is None:
        return place.chain
    forward = table.chain("FORWARD")
    for rule in forward.rules if forward is not None else ():
        if "-j DOCKER-USER" in rule.text:
            return "DOCKER-USER"
        if rule.text == place.text or any(
            led_from(view, place, part.chain) for part in rule.body if isinstance(part, Jump)
        ):
            break  # the packet is stopped before it gets to DOCKER-USER
    return place.chain


def masquerading(view: View) -> tuple[Engine, DockerNetwork, Change] | None:
    """Return the engine and the network that the packet's source belongs to, and the change that masquerades it."""
    packet = view.stop.seen.packet
    for engine in view.host.engines:
        for network in engine.networks:
            for subnet in network.subnets:
                if subnet.version != packet.version or network.bridge is None:
                    continue
                if not inside(packet.saddr, subnet.network, subnet.prefix_length, subnet.version):
                    continue
                intent = Masquerade(
                    view.host_netns, subnet.version, subnet.network, subnet.prefix_length, network.bridge
                )
                return engine, network, rendered(intent, view.network)
    return None
