"""firewalld's zones, the zone of an interface, and the zone or policy that owns a chain."""

from contextlib import suppress
from typing import Literal, NamedTuple

from hairpin.causes.kit import Place, View
from hairpin.firewalls.chain_owner import chain_owner
from hairpin.host.managers import FirewalldZone
from hairpin.network.prefix import Version, inside, parse_prefix


class Keeper(NamedTuple):
    """The firewalld zone or policy that owns a rule.

    ``part``: the part of the zone that has the rule, in firewalld's order: pre, log, deny, allow, post.  ``part`` is
    empty for the zone's target, which comes last.  ``first``: the zone's first chain, or empty if it is not known.
    ``by_source``: whether the packet belongs to the zone because of its source address and not because of its link."""

    kind: Literal["zone", "policy"]
    name: str
    part: str = ""
    first: str = ""
    by_source: bool = False


def zones(view: View) -> tuple[FirewalldZone, ...]:
    """Return firewalld's runtime zones, or else the zones in its files."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return ()
    return firewalld.runtime or firewalld.permanent


def zone_of(view: View, link: str) -> str:
    """Return the zone of a link.

    The link's runtime binding decides.  Without a runtime binding, a binding in the files decides.  Without any
    binding, the link is in the default zone."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return "public"
    for zone in (*firewalld.runtime, *firewalld.permanent):
        if link in zone.interfaces:
            return zone.name
    return firewalld.default_zone or "public"


def is_source(zone: FirewalldZone, address: int, version: Version) -> bool:
    """Return whether the address is a source of the zone.  Its packets are then in the zone, whatever their link is.
    Podman makes its networks sources of zone ``trusted``."""
    for text in zone.sources:
        with suppress(ValueError):  # a hardware address, or a set
            of, network, length = parse_prefix(text)
            if of == version and inside(address, network, length, version):
                return True
    return False


def zone_at(view: View, link: str, address: int) -> str:
    """Return the zone of packets that come from the address by the link, or go there.

    firewalld dispatches by address before it dispatches by link."""
    version = view.stop.seen.packet.version
    held = (each.name for each in zones(view) if is_source(each, address, version))
    return next(held, zone_of(view, link))


def keeper_of(view: View, place: Place) -> Keeper:
    """Return the zone or policy whose rule stopped a packet.  If the rule belongs to no zone and no policy, return the
    zone of the packet's source or link."""
    packet = view.stop.seen.packet
    usual = zone_of(view, view.stop.seen.iif)
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    owner = chain_owner(table, place) if table is not None else None
    if owner is None:
        name = zone_at(view, view.stop.seen.iif, packet.saddr)
        return Keeper("zone", name, by_source=name != usual)
    if owner.kind == "policy":
        return Keeper("policy", owner.name, owner.part, f"{owner.base}_pre")
    # firewalld dispatches by source before it dispatches by link.
    by_source = owner.name != usual and any(each.sources for each in zones(view) if each.name == owner.name)
    return Keeper("zone", owner.name, owner.part, f"{owner.base}_pre", by_source)
