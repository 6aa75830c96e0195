"""Rules that should accept a packet and do not.

A rule of this kind matches the address or port from before the translation, or matches an old address of the container,
or names a NIC that the host does not have, or comes after the rule that stops the packet.  In FORWARD the packet has
the container's port.  The published port is the original destination port of its connection.
"""

import re

import msgspec

from hairpin.causes.kit import Iterator, Place, View
from hairpin.causes.rules._rule_owner import elements_of
from hairpin.engines.missing import is_engines
from hairpin.firewalls.chain_owner import is_firewallds
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of, rule_at
from hairpin.netfilter.packet import Packet, Seen
from hairpin.network.attachment import network_for
from hairpin.network.network import is_held
from hairpin.network.uplinks import uplinks_of
from hairpin.programs import UFW

_BEFORE: dict[str, ir.Field] = {"dport": "ct-orig-dport", "daddr4": "ct-orig-daddr4", "daddr6": "ct-orig-daddr6"}
"""For each field of a packet, the conntrack field that has the value from before the translation."""
_OF_CLIENT = ("saddr4", "saddr6")
_ADDRESSES = ("saddr4", "saddr6", "daddr4", "daddr6")
_NIC = re.compile(r"(eth|em|en[opsx]|wlan|wl[ops])\w*")
"""Names of NICs: those of the kernel, of biosdevname and of systemd-udevd (systemd.net-naming-scheme(7))."""


class Nearly(msgspec.Struct, frozen=True):
    """A rule that would accept the packet with other matches, or at another position in its chain.

    ``mended``: the matches with which the rule would accept the packet.  ``why``: the rule matches values from before
    the translation, or matches an outdated address, or names a link that is gone, or comes after the rule that stops
    the packet.  ``old`` and ``now``: the outdated address, and the present address instead.  ``link``: the link that is
    gone.  ``for_others``: whether the rule accepts only other clients."""

    place: Place
    mended: tuple[ir.Expression, ...]
    why: str
    old: int = 0
    now: int = 0
    link: str = ""
    for_others: bool = False


def nearly_allowing(view: View, stopped: Place) -> Iterator[Nearly]:
    """Yield the rules that should accept the packet, in the chain of the rule or policy that stopped it.

    Only the commands of ufw and firewalld should change the rules in their chains."""
    managed = stopped.chain.startswith(UFW.chains) or is_firewallds(stopped)
    if view.stop.stage not in ("forward", "input") or view.in_reply or managed:
        return
    stopping = rule_at(view.namespace.ruleset, stopped)
    ruleset = view.namespace.ruleset
    table = ruleset.table(stopped.family, stopped.table, stopped.dialect)
    chain = table.chain(stopped.chain) if table is not None else None
    for rule in chain.rules if chain is not None and table is not None else ():
        if rule.number == stopped.number or not _lets_one_through(rule):
            continue
        place = place_of(table, stopped.chain, rule) if table is not None else stopped
        if view.on_host and is_engines(view.host, place):
            continue
        if stopped.number and rule.number > stopped.number:
            if stopping is not None and _covers(stopping.body, rule.body):
                yield Nearly(place, rule.body, "behind")
            continue
        yield from _translated(view.stop.seen, place, rule)
        yield from _outdated(view, table, place, rule)
        yield from _nic_that_is_gone(view, place, rule)


def users_rules_for_host_port(view: View, stopped: Place) -> Iterator[Nearly]:
    """Yield ufw's own rules for forwarded packets that match the published port of the packet's connection.  The packet
    that reaches them has the container's port."""
    if view.stop.stage != "forward" or view.in_reply or not view.on_host or stopped.dialect == "nft":
        return
    table = view.namespace.ruleset.table(stopped.family, "filter", stopped.dialect)
    users = "ufw6-user-forward" if stopped.family == "ip6" else "ufw-user-forward"
    chain = table.chain(users) if table is not None else None
    if table is None or chain is None:
        return
    for rule in filter(_lets_one_through, chain.rules):
        yield from _translated(view.stop.seen, place_of(table, users, rule), rule)


def _lets_one_through(rule: ir.Rule) -> bool:
    """Return whether the rule has the verdict accept or return and matches an address, a port or a set."""
    last = rule.body[-1] if rule.body else None
    if not isinstance(last, ir.Verdict) or last.verdict not in ("accept", "return"):
        return False
    fields = (*_BEFORE, *_BEFORE.values(), *_OF_CLIENT)
    return any(
        isinstance(part, ir.SetMatch) or (isinstance(part, ir.FieldMatch) and part.field in fields)
        for part in rule.body
    )


def _covers(stopping: tuple[ir.Expression, ...], allowing: tuple[ir.Expression, ...]) -> bool:
    """Return whether the rule ``stopping`` matches all packets that the rule ``allowing`` accepts, if their links are
    ignored.  If the result is true, ``allowing`` has no effect in its position.  A ban before a wider accepting rule
    does not give true, because the ban matches only a part of the packets."""
    for part in stopping:
        if isinstance(part, ir.FieldMatch):
            if not any(isinstance(each, ir.FieldMatch) and _implies(each, part) for each in allowing):
                return False
        elif not isinstance(part, ir.NameMatch | ir.NoEffect | ir.Verdict | ir.Reject) and part not in allowing:
            return False
    return True


def _implies(one: ir.FieldMatch, other: ir.FieldMatch) -> bool:
    if (one.field, one.mask) != (other.field, other.mask) or one.negated:
        return one == other
    if other.negated:
        return all(last < a or b < first for first, last in one.ranges for a, b in other.ranges)
    return all(any(a <= first and last <= b for a, b in other.ranges) for first, last in one.ranges)


# --- rules that match values from before the translation -------------------------------------------------------------


def _translated(seen: Seen, place: Place, rule: ir.Rule) -> Iterator[Nearly]:
    """Yield the rule with mended matches, if the rule matches the published port of the packet's connection."""
    connection = seen.connection
    if connection is None or not connection.status & ir.STATUS_DNAT:
        return
    first = connection.original
    values = {"dport": first.dport, "daddr4": first.daddr, "daddr6": first.daddr}
    meant = [part for part in rule.body if isinstance(part, ir.FieldMatch) and _is_from_before(part, seen.packet)]
    ports = [part for part in meant if part.field == "dport"]
    if not ports or any(part.negated or not _holds(part, values[part.field]) for part in meant):
        return
    if all(_holds(part, seen.packet.dport) for part in ports):
        return
    others = any(
        isinstance(part, ir.FieldMatch) and part.field in _OF_CLIENT and _holds(part, seen.packet.saddr) is part.negated
        for part in rule.body
    )
    yield Nearly(place, _as_typed(tuple(_as_first(rule.body, seen.packet))), "translated", for_others=others)


def _is_from_before(part: ir.FieldMatch, packet: Packet) -> bool:
    """Return whether the match can only be meant for a value from before the translation.  A rule may name the
    container's present address beside the published port."""
    return part.field in _BEFORE and (part.field == "dport" or part.negated or not _holds(part, packet.daddr))


def _as_first(body: tuple[ir.Expression, ...], packet: Packet) -> Iterator[ir.Expression]:
    for part in body:
        if not isinstance(part, ir.FieldMatch) or not _is_from_before(part, packet):
            yield part
            continue
        yield msgspec.structs.replace(part, field=_BEFORE[part.field])
        if part.field == "dport":
            yield ir.FieldMatch("ct-direction", ((0, 0),))


def _holds(part: ir.FieldMatch, value: int | None) -> bool:
    return value is not None and any(first <= value & part.mask <= last for first, last in part.ranges)


def _as_typed(body: tuple[ir.Expression, ...]) -> tuple[ir.Expression, ...]:
    """Return the matches in the order in which a person types them and nft lists them.  An address implies the IP
    version, and the protocol comes before the port."""
    addressed = any(isinstance(part, ir.FieldMatch) and part.field in _ADDRESSES for part in body)
    once = dict.fromkeys(body)
    kept = [part for part in once if not (addressed and isinstance(part, ir.FieldMatch) and part.field == "nfproto")]
    for number, part in enumerate(kept):
        if isinstance(part, ir.FieldMatch) and part.field == "dport":
            before = [each for each in kept[:number] if not _is_protocol(each)]
            return (*before, *filter(_is_protocol, kept[:number]), *kept[number:])
    return tuple(kept)


def _is_protocol(part: ir.Expression) -> bool:
    return isinstance(part, ir.FieldMatch) and part.field == "protocol"


# --- rules that match an outdated address ----------------------------------------------------------------------------


def _outdated(view: View, table: ir.Table | None, place: Place, rule: ir.Rule) -> Iterator[Nearly]:
    """Yield the rule if the rule or its set has an address of the packet's network, and no namespace has this
    address."""
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    mended: list[ir.Expression] = []
    old: int | None = None
    now = packet.daddr
    for part in rule.body:
        stale, instead = _stale(view, table, packet, part)
        if stale is None and connection is not None:
            stale, instead = _former_address(view, connection.original.daddr, part)
            now = connection.original.daddr if stale is not None else now
        old = stale if stale is not None else old
        mended += instead
    if old is not None:
        yield Nearly(place, _as_typed(tuple(mended)), "outdated", old=old, now=now)


def _former_address(view: View, asked: int, part: ir.Expression) -> tuple[int | None, tuple[ir.Expression, ...]]:
    """Return the host's former address in a match of the original destination, and the match with the asked address
    instead.  If no reading shows that the host had the address, return None and the unchanged match."""
    version = view.stop.seen.packet.version
    field: ir.Field = "ct-orig-daddr4" if version == 4 else "ct-orig-daddr6"
    if isinstance(part, ir.FieldMatch) and part.field == field and not part.negated and len(part.ranges) == 1:
        first, last = part.ranges[0]
        if first == last != asked and not is_held(view.network, version, first):
            return first, (msgspec.structs.replace(part, ranges=((asked, asked),)),)
    return None, (part,)


def _stale(
    view: View, table: ir.Table | None, packet: Packet, part: ir.Expression
) -> tuple[int | None, tuple[ir.Expression, ...]]:
    """Return the old address in the match, and the match with the present address instead.  If the match has no old
    address, return None and the unchanged match."""
    field: ir.Field = "daddr4" if packet.version == 4 else "daddr6"
    if isinstance(part, ir.FieldMatch) and part.field == field and not part.negated and len(part.ranges) == 1:
        first, last = part.ranges[0]
        if first == last and _is_left(view, first):
            return first, (msgspec.structs.replace(part, ranges=((packet.daddr, packet.daddr),)),)
    if isinstance(part, ir.SetMatch) and not part.negated and field in part.fields:
        for element in elements_of(view, table, part.set):
            old = _old_in(view, part, element, packet)
            if old is not None:
                return old, _spelled_out(part, packet)
    return None, (part,)


def _old_in(view: View, part: ir.SetMatch, element: ir.Element, packet: Packet) -> int | None:
    """Return the address in the set element that no namespace has, if all other fields of the element match the packet;
    else None."""
    old: int | None = None
    values: dict[str, int | None] = dict(_known(packet))
    for field, key in zip(part.fields, element.key, strict=False):
        if not isinstance(key, ir.NumberKey) or field not in values:
            return None
        value = values[field]
        if field.startswith("daddr"):
            old = key.first if key.first == key.last and _is_left(view, key.first) else None
        elif value is None or not key.first <= value <= key.last:
            return None
    return old


def _known(packet: Packet) -> tuple[tuple[ir.Field, int | None], ...]:
    return (
        ("daddr4", packet.daddr), ("daddr6", packet.daddr), ("saddr4", packet.saddr), ("saddr6", packet.saddr),
        ("protocol", packet.protocol), ("dport", packet.dport),
    )  # fmt: skip


def _spelled_out(part: ir.SetMatch, packet: Packet) -> tuple[ir.Expression, ...]:
    """Return the matches for the packet's own values that replace the match of the set."""
    wanted: set[str] = {*part.fields, *(("protocol",) if "dport" in part.fields else ())}
    return tuple(
        ir.FieldMatch(field, ((value, value),))
        for field, value in _known(packet)
        if field in wanted and value is not None
    )


def _is_left(view: View, address: int) -> bool:
    """Return whether the address is in the packet's container network, no namespace has it, and no stopped container
    can have it."""
    packet = view.stop.seen.packet
    meant = network_for(view.host, packet.daddr, packet.version)
    if meant is None or network_for(view.host, address, packet.version) != meant:
        return False
    down = (each for each in view.host.containers() if not each.running)
    if any(endpoint.network == meant.name for each in down for endpoint in each.endpoints):
        return False
    return is_held(view.network, packet.version, packet.daddr) and not is_held(view.network, packet.version, address)


# --- rules that name a NIC that is gone -------------------------------------------------------------------------------


def _nic_that_is_gone(view: View, place: Place, rule: ir.Rule) -> Iterator[Nearly]:
    """Yield the rule if it names a NIC as its input link that the host does not have, and the packet comes in by the
    host's only uplink.  A move to another hypervisor or board gives a NIC another name."""
    named = next((each for each in rule.body if isinstance(each, ir.NameMatch) and each.field == "iif"), None)
    if named is None or named.negated or len(named.names) != 1 or not view.on_host:
        return
    (name,) = named.names
    came_by = view.stop.seen.iif
    uplinks = uplinks_of(view.network, view.host_netns, view.stop.seen.packet.version)
    if _NIC.fullmatch(name) is None or view.host_namespace.link(name) is not None:
        return
    if [each.link for each in uplinks] != [came_by]:
        return
    mended = (msgspec.structs.replace(each, names=(came_by,)) if each is named else each for each in rule.body)
    yield Nearly(place, tuple(mended), "renamed", link=name)
