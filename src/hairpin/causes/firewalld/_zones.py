"""firewalld's zones, the zone of an interface, the zone or policy that owns a chain, and the change that lets a packet
into a zone: it opens the port in the zone, or inserts a rule before the denying rule."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from hairpin.causes.kit import Place, View
from hairpin.causes.rules._lifting import exception, network_at_bridge
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.calls import AddRichRule, OpenPort
from hairpin.change.change import Change, Primitive
from hairpin.change.intent import Body, LetIn, rendered
from hairpin.engines.podman import subnets_in_zone, zone_of_networks
from hairpin.firewalls.chain_owner import chain_owner
from hairpin.host.docker import Engine
from hairpin.host.managers import FirewalldZone
from hairpin.netfilter.ir import Field, FieldMatch, Table, Verdict
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.prefix import Version, address_text, inside, parse_prefix, range_text


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


def accepted_by_zone(view: View, tables: Iterable[Table], body: Body) -> Iterator[Primitive]:
    """Yield the parts that accept all packets that ``body`` matches where firewalld dispatches packets of INPUT and
    FORWARD to its zones, as a zone with the target ACCEPT does."""
    for table in tables:
        for chain in table.chains:
            if chain.hook in ("input", "forward"):
                place = Place(table.dialect, table.family, table.name, chain.name, 0, "")
                rules = ((*body, Verdict("accept")),)
                yield from rendered(LetIn(view.host_netns, place, chain.name, rules), view.network).parts


def trusted_sources(view: View, engine: Engine) -> Iterator[Primitive]:
    """Yield the parts by which firewalld again accepts what the running containers' networks send, if its zone
    ``trusted`` has lost them.

    ``podman network reload`` makes Podman's networks sources of this zone again.  Measured with Podman 4.3.1"""
    firewalld = view.host.firewalld
    if firewalld is None or not firewalld.running or zone_of_networks(engine) != "trusted":
        return
    tables = [each for each in view.host_namespace.ruleset.tables if (each.dialect, each.name) == ("nft", "firewalld")]
    trusted = [each for each in zones(view) if each.name == "trusted"]
    used = {end.network for each in engine.containers if each.running for end in each.endpoints}
    for subnet in subnets_in_zone(each for each in engine.networks if each.name in used):
        if not any(is_source(each, subnet.network, subnet.version) for each in trusted):
            source: Field = "saddr4" if subnet.version == 4 else "saddr6"
            body = (FieldMatch(source, ((subnet.prefix.first, subnet.prefix.last),)),)
            yield from accepted_by_zone(view, tables, body)


def port_opened(view: View) -> Change | None:
    """Return the change that opens the packet's port in the zone by which the packet came in.  Return None if firewalld
    did not stop the packet there, or if a rule denied the packet."""
    place, packet = stopped_by(view, "firewalld"), view.stop.seen.packet
    if place is None or view.stop.stage != "input" or packet.protocol not in (TCP, UDP) or packet.dport is None:
        return None
    keeper = keeper_of(view, place)
    if denies(keeper):
        return None
    protocol = "tcp" if packet.protocol == TCP else "udp"
    # A zone may have the bridge beside the uplink: a port that is open in this zone is open to everybody outside.
    sources = network_at_bridge(view)
    if sources is not None:
        return opened_to(view, place, keeper.name, sources)
    opening = zone_opening(view, place, *_allowing(keeper.name))
    return Change((opening,), (OpenPort(keeper.name, packet.dport, protocol),))


def opened_to(view: View, place: Place, zone: str, sources: tuple[int, int]) -> Change:
    """Return the change that opens the packet's port in the zone to a range of source addresses alone."""
    packet = view.stop.seen.packet
    first, last = sources
    source = address_text(first, packet.version) if first == last else range_text(first, last, packet.version)
    protocol = "tcp" if packet.protocol == TCP else "udp"
    rule = (
        f'rule family="ipv{packet.version}" source address="{source}" port port="{packet.dport}" '
        f'protocol="{protocol}" accept'
    )
    opening = zone_opening(view, place, *_allowing(zone), sources=sources)
    return Change((opening,), (AddRichRule("zone", zone, rule),))


def _allowing(zone: str) -> tuple[str, str]:
    """Return the names that the chain of a zone's open ports may have."""
    return f"filter_IN_{zone}_allow", f"IN_{zone}_allow"


def denies(keeper: Keeper) -> bool:
    """Return whether a rule, a policy or the zone of the packet's source denied the packet.

    If the result is true, an open port in the zone of the link does not help."""
    return keeper.kind == "policy" or bool(keeper.part) or keeper.by_source


def zone_opening(view: View, place: Place, *chains: str, sources: tuple[int, int] | None = None) -> Primitive:
    """Return the part that inserts the rule by which firewalld accepts the packet's port.

    The rule is inserted into the first of ``chains`` that the host has.  If the host has none of them, the rule is
    inserted before the rule that stopped the packet.  ``sources``: the range of source addresses that the rule accepts;
    None for all."""
    packet = view.stop.seen.packet
    assert packet.dport is not None
    field: Literal["saddr4", "saddr6"] = "saddr4" if packet.version == 4 else "saddr6"
    body: Body = (
        *((FieldMatch(field, (sources,)),) if sources is not None else ()),
        FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
        FieldMatch("dport", ((packet.dport, packet.dport),)),
        Verdict("accept"),
    )
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    chain = next((each for each in chains if table is not None and table.chain(each) is not None), None)
    if chain is None:
        return exception(view, place).parts[0]
    return rendered(LetIn(view.host_netns, place, chain, (body,)), view.network).parts[0]
