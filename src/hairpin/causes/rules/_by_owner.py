"""The function ``find`` for causes that differ only in the owner of the rule that stopped the packet, and the changes
that let a flow pass such a rule or policy, the preferred change first.

A rule that a program keeps for its own networks stays, and the flow gets an exception.
If ufw manages the rules, ufw's own command is the only change.  If another program's rule in a file of ufw stops the
packet after ufw's user rules (ufw-docker's block in after.rules), ufw's command is the first of several changes.  A
rule in a file is intended, so the rule stays and the flow gets an exception.  A rule that exists only at run time is
deleted.  A policy stays, and the flow gets an exception.  A policy in raw, mangle or nat is reset to accept, because
these tables are not for filtering.  A rule with a set drops other addresses on purpose, so the first change excepts
only the packet's address.  A rule that stops an ICMP error about the MTU is hardening against ICMP as a whole, so the
rule stays, and only this error is let through.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from hairpin.causes.engine_rules._lost_rules import lost_translation
from hairpin.causes.kit import Candidate, Iterator, Message, OfRule, Place, View, Way, message
from hairpin.causes.order import Class
from hairpin.causes.rules._lifting import (
    asks_for_one_client,
    by_address,
    deletion,
    exception,
    for_client,
    is_way_out,
    lets_exceptions,
)
from hairpin.causes.rules._nearly import nearly_allowing, users_rules_for_host_port
from hairpin.causes.rules._rule_owner import OWNERS, led_from, relay_name, serves_relay, stopped_by
from hairpin.change.calls import AllowInUfw
from hairpin.change.change import Change, InsertRule
from hairpin.change.ufw import ufw_change
from hairpin.host.boot.configured import keeper_of, of_place
from hairpin.host.boot.rule_keeper import rule_keeper
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import CT_ESTABLISHED, CT_RELATED, FieldMatch, Jump, Table
from hairpin.netfilter.packet import TCP, UDP, is_discovery
from hairpin.network.network import is_uplink, netns_of
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import is_docker_proxys
from hairpin.programs import UFW
from hairpin.walk.decided import SocketDecided
from hairpin.walk.size.size_stop import tells_mtu


def repairs(view: View, place: Place) -> tuple[Change, ...]:
    """Return the changes that let the flow pass, in the order in which they are tried and offered."""
    intended = through_ufw(view, place)
    if intended is not None:
        return (intended,) if _is_of_ufw(view, place) else (intended, exception(view, place))
    if not lets_exceptions(place):
        return (deletion(view, place),)
    if view.on_host and place.number and keeper_of(place) is not None:
        return (exception(view, place),)
    meant = view.on_host and (of_place(place, view.host) is not None or _is_for_another_port(view, place))
    if place.number == 0 and (meant or place.dialect == "nft" or place.table == "filter"):
        return (exception(view, place),)  # a policy that is meant for filtering stays, and the flow gets an exception
    if tells_mtu(view.stop.seen.packet):
        return (exception(view, place),)
    both = deletion(view, place), exception(view, place)
    alone = by_address(view, place)
    # a rule against ARP is hardening, so the exception for this link comes first
    narrow_first = meant or place.family == "arp"
    return (*((alone,) if alone is not None else ()), *(both[::-1] if narrow_first else both))


def _is_for_another_port(view: View, place: Place) -> bool:
    """Return whether the rule matches the packet's port after DNAT, and does not match the asked port.

    The author of a rule that matches only the port after DNAT meant a service of the host on this port, which has to
    stay closed.  If the rule matches the container's address, its author meant the container."""
    rule, packet = rule_at(view.host_namespace.ruleset, place), view.stop.seen.packet
    if rule is None or view.in_reply or packet.dport in (None, view.flow.dport):
        return False
    fields = [part for part in rule.body if isinstance(part, FieldMatch) and not part.negated]
    ranges = [each for part in fields if part.field == "dport" for each in part.ranges]
    if any(part.field in ("daddr4", "daddr6") for part in fields):
        return False
    return bool(ranges) and not any(first <= view.flow.dport <= last for first, last in ranges)


def through_ufw(view: View, place: Place) -> Change | None:
    """Return the change that ``ufw allow`` or ``ufw route allow`` makes.  Return None if ufw does not manage this
    host's rules, or if no user rule of ufw can accept this packet."""
    packet = view.stop.seen.packet
    if not view.on_host or rule_keeper(view.host) != "ufw":
        return None
    if not _is_of_ufw(view, place) and not _asks_users_before(view, place):
        return None
    if packet.protocol not in (TCP, UDP) or packet.dport is None or _is_answer(view):
        return None
    call = _call(view, place, packet.dport, "tcp" if packet.protocol == TCP else "udp")
    change = ufw_change(call, place, view.host_netns, view.host)
    # After a flush, ufw's chains are gone or no jump leads to them, so ufw's command does not help this packet.
    reached = any(
        part.family == place.family
        and led_from(view, msgspec.structs.replace(place, chain=part.chain), view.stop.stage.upper())
        for part in (change.parts if change is not None else ())
        if isinstance(part, InsertRule)
    )
    return change if reached else None


def _is_of_ufw(view: View, place: Place) -> bool:
    """Return whether ufw's user rules come before this rule.  ufw's user rules come before a rule in a later chain of
    ufw, and before the policy of a base chain."""
    if place.dialect == "nft" or place.table != "filter" or view.stop.stage not in ("input", "forward", "output"):
        return False
    return place.number == 0 or place.chain.startswith(_LATER)


def _asks_users_before(view: View, place: Place) -> bool:
    """Return whether a file of ufw has the rule, and the packet goes through ufw's user chain before this rule.

    If the result is true, a user rule of ufw decides first, and a user rule survives a reload of ufw."""
    found = of_place(place, view.host)
    if found is None or found.writer != "manager" or "/ufw/" not in found.file or place.table != "filter":
        return False
    table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
    users = f"{'ufw6' if place.family == 'ip6' else 'ufw'}-user-{view.stop.stage}"
    return table is not None and users in tuple(_entered(table, view.stop.stage.upper(), place, set()))


def _entered(table: Table, chain: str, place: Place, seen: set[str]) -> Iterator[str]:
    """Yield ``chain`` and the chains that a packet may enter from it, in the order of the kernel, up to the chain of
    ``place``."""
    found = table.chain(chain)
    if found is None or chain in seen:
        return
    seen.add(chain)
    yield chain
    for rule in found.rules:
        if (chain, rule.number) == (place.chain, place.number):
            return
        for part in rule.body:
            if isinstance(part, Jump):
                yield from _entered(table, part.chain, place, seen)
                if place.chain in seen:
                    return


_LATER = (*UFW.of_users, "ufw-after", "ufw6-after", "ufw-reject", "ufw6-reject", "ufw-track", "ufw-skip-to")


def _is_answer(view: View) -> bool:
    """Return whether the packet belongs to an established or related connection.  ufw's before.rules accept packets of
    established and related connections, and no ufw command does."""
    return bool(view.stop.seen.ct_state & (CT_ESTABLISHED | CT_RELATED))


def _others_have(view: View, port: int, protocol: str) -> bool:
    """Return whether a further container has this port, so that a rule for every address would open it, too."""
    own, version = view.stop.seen.packet.daddr, view.stop.seen.packet.version
    for each in view.host.containers():
        if any(own in (end.ipv4, end.ipv6) for end in each.endpoints) or not each.endpoints:
            continue
        inside = netns_of(view.host, each)
        listening = view.network.namespace(inside).sockets if inside is not None and inside in view.network else ()
        wanted = (protocol, port)
        if any((one.protocol, one.container_port) == wanted for one in each.bindings if one.version == version) or any(
            (one.protocol, one.port) == wanted for one in listening
        ):
            return True
    return False


def _call(view: View, place: Place, port: int, protocol: str) -> AllowInUfw:
    seen = view.stop.seen
    first = place.chain.startswith(UFW.of_users)
    if view.stop.stage == "forward":
        if is_way_out(view, place):
            return AllowInUfw(0, "", iif=seen.iif, oif=seen.oif, routed=True, first=first)
        packet = seen.packet
        alone = address_text(packet.daddr, packet.version) if _others_have(view, port, protocol) else ""
        return AllowInUfw(port, protocol, iif=seen.iif, oif=seen.oif, routed=True, first=first, destination=alone)
    if view.stop.stage == "output":
        return AllowInUfw(port, protocol, oif=seen.oif, first=first)
    link = view.host_namespace.link(seen.iif)
    inner = link is not None and not is_uplink(view.network, view.host_netns, link)
    return AllowInUfw(port, protocol, iif=seen.iif if inner else "", first=first)


def by_owner(
    name: str,
    *,
    in_class: Class,
    title: Message,
    detail: Message,
    relayed: Message | None = None,
    discovery: tuple[Message, Message] | None = None,
    changes: Callable[[View, Place], tuple[Change, ...]] = repairs,
    side_effects: tuple[Message, ...] = (),
    advice: tuple[Message, ...] = (),
    both_ways: bool = False,
) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields a candidate for each way to get the packet past this owner's rule or policy.
    Each candidate also offers the changes of all other candidates, unless its own change calls the program that owns
    the rule.

    ``title`` and ``detail`` have placeholders for the rule (``{rule}``, ``{table}``, ``{chain}``, ``{family}``, and
    ``{hidden}`` for its back end) and for the packet (``{netns}``, ``{iif}`` or ``{link}``, ``{oif}``).  ``both_ways``:
    whether a rule for the other direction between the same links belongs to the same cause.  ``relayed``: the detail if
    docker-proxy sent the packet.  ``discovery``: the title
    and detail if the packet is an ARP request or an IPv6 neighbour discovery message.
    """
    if name not in {each for each, _ in OWNERS}:
        raise AssertionError(f"{name}: no such owner")

    def find(view: View) -> Iterator[Candidate]:
        place = stopped_by(view, name)
        if place is None or (serves_relay(view) and lost_translation(view)):
            return  # a port opened to docker-proxy is no repair of the engine's lost rule
        packet = view.stop.seen.packet
        asks = is_discovery(packet) or packet.arp != 0
        told = relayed if relayed is not None and _is_docker_proxys(view) else detail
        said = discovery if discovery is not None and asks else (title, told)
        ways, words = changes(view, place), _words(view, place)
        for change in ways:
            yield Candidate(
                title=said[0].filled(**words),
                detail=_with_hint(said[1].filled(**words), view, place),
                change=change,
                where=OfRule(place),
                in_class=in_class,
                evidence=(place.evidence,),
                side_effects=side_effects,
                advice=_of_address(change) if change.calls else advice,
                # Only the program's own command repairs its rule: the program's next reload undoes any other change.
                ways=(*(Way(each) for each in ways if each != change), *_for_client(view, place))
                if not change.calls
                else tuple(_for_client_by_owner(view, place, change)),
                joins=" ".join(sorted((view.stop.seen.iif, view.stop.seen.oif))) if both_ways else "",
            )

    return find


def _of_address(change: Change) -> tuple[Message, ...]:
    """Return the advice about a rule of ufw that names a container's address."""
    if not any(isinstance(each, AllowInUfw) and each.destination for each in change.calls):
        return ()
    return (
        message(
            "the rule names the container's present address, because other containers have the same port: a container "
            "that is made anew may get another address"
        ),
    )


def _is_docker_proxys(view: View) -> bool:
    """Return whether docker-proxy had accepted the client's connection before the packet stopped."""
    decided = (each.decided_by for each in view.branch.request if each.stage == "relay")
    return any(
        isinstance(each, SocketDecided) and each.socket is not None and is_docker_proxys(each.socket)
        for each in decided
    )


def _for_client(view: View, place: Place) -> Iterator[Way]:
    """Yield the change that excepts only the client from the rule, if the user named a client."""
    change = for_client(view, place)
    if change is not None:
        yield Way(change, past_decision=True)


def _for_client_by_owner(view: View, place: Place, change: Change) -> Iterator[Way]:
    """Yield the call of ufw that lets only the client in, if the user named a client."""
    call = change.calls[-1] if change.calls else None
    if asks_for_one_client(view) and isinstance(call, AllowInUfw):
        packet = view.stop.seen.packet
        first = place.chain.startswith(UFW.of_users)
        alone = replace(call, source=address_text(packet.saddr, packet.version), first=first, replaces="")
        made = ufw_change(alone, place, view.host_netns, view.host)
        if made is not None:
            yield Way(made, _of_address(made), past_decision=True)


def _with_hint(detail: Message, view: View, place: Place) -> Message:
    """Return the detail with a hint about an earlier rule that should accept the same port and never matches: a rule
    of ufw, or a rule for other clients."""
    of_ufw = next(users_rules_for_host_port(view, place), None)
    if of_ufw is not None:
        return message(
            "{detail}. ufw's rule `{rule}` is for port {port} and never matches, because after DNAT the port is {now}",
            detail=detail,
            rule=of_ufw.place.text,
            now=view.stop.seen.packet.dport,
            port=view.flow.dport,
        )
    hint = next((each for each in nearly_allowing(view, place) if each.for_others), None)
    if hint is None:
        return detail
    return message(
        "{detail}. The rule `{rule}` comes earlier and never matches, because after DNAT the port is {now}. With `-m "
        "conntrack --ctorigdstport {port} --ctdir ORIGINAL` instead of its port match, this rule lets its clients in",
        detail=detail,
        rule=hint.place.text,
        now=view.stop.seen.packet.dport,
        port=view.flow.dport,
    )


def _words(view: View, place: Place) -> dict[str, object]:
    """Return the values for the placeholders in a title and a detail."""
    seen = view.stop.seen
    return {
        "rule": place.text, "table": place.table, "chain": place.chain, "family": place.family, "hidden": place.dialect,
        "netns": view.network.netns_text(view.stop.netns), "iif": seen.iif, "link": seen.iif, "oif": seen.oif,
        "relay": relay_name(view),
    }  # fmt: skip
