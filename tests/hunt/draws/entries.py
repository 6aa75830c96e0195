"""Addresses, routes, ``ip rule``s, neighbours and forwarding entries, changed, deleted and added."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import AddEntry, Change, DeleteEntry, Forget, ReplaceEntry
from hairpin.change.commands.words import is_static
from hairpin.change.simulation.entries import is_alone
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, FdbEntry, Neighbour, NextHop, PolicyRule, Route, RouteType
from hairpin.network.prefix import network_of, width
from tests.hunt.draws.draw import Draw, Subject

_WRONG_MAC = 0x02000000F00D
_STRAY_TABLE = 77


def _links(subject: Subject) -> list[str]:
    return [each.name for each in subject.namespace.links if each.up and each.master is None and each.name != "lo"]


def address_deleted(subject: Subject) -> Iterator[Change]:
    """Yield an address that is deleted."""
    chosen = subject.pick([each for each in subject.namespace.addresses if each.link != "lo" or subject.chance(0.1)])
    if chosen is not None:
        yield Change((DeleteEntry(subject.netns, chosen),))


def address_added(subject: Subject) -> Iterator[Change]:
    """Yield an address of somebody else, here a second time, or one of its network."""
    link = subject.pick(_links(subject))
    value = subject.pick(subject.addresses(subject.flow.version))
    if link is None or value is None:
        return
    bits = width(subject.flow.version)
    length = subject.random.choice((bits, bits - 8, bits - 16))
    if subject.chance(0.5):
        value ^= subject.random.choice((1, 77, 256))
    added = Address(link, subject.flow.version, value, length)
    if all((each.link, each.value) != (link, value) for each in subject.namespace.addresses):
        yield Change((AddEntry(subject.netns, added),))


def prefix_changed(subject: Subject) -> Iterator[Change]:
    """Yield an address with another prefix length."""
    known = [each for each in subject.namespace.addresses if each.link != "lo" and each.scope == "global"]
    chosen = subject.pick(known)
    if chosen is not None:
        bits = width(chosen.version)
        length = subject.random.choice(
            [each for each in (bits, bits - 2, bits - 8, bits - 16) if each != chosen.prefix_length]
        )
        again = msgspec.structs.replace(chosen, prefix_length=length, secondary=False, broadcast=None)
        yield Change((DeleteEntry(subject.netns, chosen), AddEntry(subject.netns, again)))


def route_deleted(local: bool | None) -> Draw:
    """Return the draw of a deleted route: of the local table, of the main one, or (None) of another one."""

    def draw(subject: Subject) -> Iterator[Change]:
        wanted = {True: (TABLE_LOCAL,), False: (TABLE_MAIN,)}
        routes = [
            each
            for each in subject.namespace.routes
            if (each.table not in (TABLE_LOCAL, TABLE_MAIN) if local is None else each.table in wanted[local])
            and each.type not in ("multicast", "broadcast", "anycast")
        ]
        chosen = subject.pick(routes)
        if chosen is not None:
            yield Change((DeleteEntry(subject.netns, chosen),))

    return draw


def route_added(*types: RouteType) -> Draw:
    """Return the draw of a route of these types to an end of a flow, its network, or everything."""

    def draw(subject: Subject) -> Iterator[Change]:
        version, bits = subject.flow.version, width(subject.flow.version)
        value = subject.pick(subject.addresses(version))
        link = subject.pick(_links(subject))
        if value is None or link is None:
            return
        length = subject.random.choice((bits, bits - 8, bits - 16, 0, 1))
        type_ = subject.random.choice(types)
        hops: tuple[NextHop, ...] = (NextHop(link),) if type_ in ("unicast", "local") else ()
        if type_ == "unicast" and subject.chance(0.6):
            near = [each for each in subject.namespace.addresses if each.link == link and each.version == version]
            hops = (NextHop(link, near[0].value ^ 3),) if near else hops
        table = TABLE_LOCAL if type_ == "local" else TABLE_MAIN
        route = Route(version, network_of(value, length, version), length, table, type_, hops)
        yield Change((AddEntry(subject.netns, route),))

    return draw


def route_replaced(subject: Subject) -> Iterator[Change]:
    """Yield a route by another link or gateway, or to nowhere."""
    routes = subject.namespace.routes
    known = [each for each in routes if each.table != TABLE_LOCAL and each.type == "unicast" and is_alone(routes, each)]
    before, link = subject.pick(known), subject.pick(_links(subject))
    if before is None or link is None:
        return
    gateway = next((hop.gateway for hop in before.next_hops if hop.gateway is not None), None)
    other = before.next_hops[0].link if before.next_hops else link
    ways: list[tuple[NextHop, ...]] = [(NextHop(link),), () if before.version == 4 else (NextHop("lo"),)]
    if gateway is not None:
        ways.append((NextHop(other, gateway ^ 7),))
    hops = subject.random.choice(ways)
    stays = any(hop.link != "lo" for hop in hops)
    made = msgspec.structs.replace(
        before, next_hops=hops, type="unicast" if stays else "unreachable", prefsrc=None, evidence="", entry=0
    )
    if made.next_hops != before.next_hops:
        yield Change((ReplaceEntry(subject.netns, before, made),))


def policy_rule_deleted(subject: Subject) -> Iterator[Change]:
    """Yield an ``ip rule`` that is deleted."""
    chosen = subject.pick(subject.namespace.rules)
    if chosen is not None:
        yield Change((DeleteEntry(subject.netns, chosen),))


def policy_rule_added(subject: Subject) -> Iterator[Change]:
    """Yield an ``ip rule`` that leads packets of a flow to nowhere, or to another table."""
    version, bits = subject.flow.version, width(subject.flow.version)
    value = subject.pick(subject.addresses(version))
    if value is None:
        return
    length = subject.random.choice((bits, bits - 8))
    selector = (network_of(value, length, version), length)
    source, link = subject.chance(0.5), subject.pick(_links(subject))
    by_link = link if subject.chance(0.3) else None
    actions: tuple[Literal["table", "unreachable", "blackhole", "prohibit"], ...] = (
        "table", "unreachable", "blackhole", "prohibit"
    )  # fmt: skip
    action = subject.random.choice(actions)
    tables = [each.table for each in subject.namespace.routes if each.table not in (TABLE_LOCAL, TABLE_MAIN)]
    rule = PolicyRule(
        version,
        subject.random.choice((100, 32000)),
        action,
        table=subject.random.choice((*tables, TABLE_MAIN)) if action == "table" else None,
        source=selector if source and by_link is None else None,
        destination=selector if not source and by_link is None else None,
        iif=by_link,
    )
    if action != "table":
        yield Change((AddEntry(subject.netns, rule),))
    elif link is not None:
        # The way of a VPN or a second uplink: a table of its own with a default route by one link.
        stray = Route(version, 0, 0, _STRAY_TABLE, next_hops=(NextHop(link),))
        into = msgspec.structs.replace(rule, table=_STRAY_TABLE)
        yield Change((AddEntry(subject.netns, stray), AddEntry(subject.netns, into)))


def neighbour_wrong(subject: Subject) -> Iterator[Change]:
    """Yield an entry that somebody made by hand, with a hardware address that nobody has or another one has."""
    version = subject.flow.version
    gateways = tuple(
        (hop.link, hop.gateway)
        for route in subject.namespace.routes
        if route.version == version
        for hop in route.next_hops
        if hop.gateway is not None and hop.link is not None
    )
    on_link = tuple(
        (route.next_hops[0].link, value)
        for value in subject.addresses(version)
        for route in subject.namespace.routes
        if route.version == version and len(route.next_hops) == 1 and route.table == TABLE_MAIN and route.prefix_length
        and network_of(value, route.prefix_length, version) == route.destination
        and route.next_hops[0].gateway is None
    )  # fmt: skip
    chosen = subject.pick((*gateways, *on_link))
    if chosen is None or chosen[0] is None:
        return
    macs = [
        each.mac
        for _, namespace in subject.network.namespaces()
        for each in namespace.links
        if each.mac and each.kind != "loopback"
    ]
    mac = subject.random.choice((_WRONG_MAC, *macs))
    yield Change((AddEntry(subject.netns, Neighbour(chosen[0], version, chosen[1], mac, "PERMANENT")),))


def neighbour_deleted(subject: Subject) -> Iterator[Change]:
    """Yield a neighbour entry that is deleted."""
    chosen = subject.pick(subject.namespace.neighbours)
    if chosen is not None:
        yield Change((DeleteEntry(subject.netns, chosen),))


def neighbours_forgotten(subject: Subject) -> Iterator[Change]:
    """Yield a namespace whose learned neighbours are forgotten."""
    if subject.namespace.neighbours:
        yield Change((Forget(subject.netns, "neighbours"),))


def fdb_deleted(subject: Subject) -> Iterator[Change]:
    """Yield a forwarding entry that is deleted."""
    chosen = subject.pick([each for each in subject.namespace.fdb if is_static(each)])
    if chosen is not None:
        yield Change((DeleteEntry(subject.netns, chosen),))


def fdb_wrong(subject: Subject) -> Iterator[Change]:
    """Yield a forwarding entry made by hand that leads a container's frames to another port."""
    ports = [each for each in subject.namespace.links if each.port is not None and each.master is not None]
    inner = [
        each.mac
        for netns, namespace in subject.network.namespaces()
        if netns != subject.netns
        for each in namespace.links
        if each.mac and each.kind != "loopback"
    ]
    port, mac = subject.pick(ports), subject.pick(inner)
    if port is not None and mac is not None:
        entry = FdbEntry(port.master, port.name, mac, state="static")
        yield Change((AddEntry(subject.netns, entry),))


DRAWS: dict[str, Draw] = {
    "address deleted": address_deleted,
    "address added": address_added,
    "prefix length": prefix_changed,
    "route deleted (main)": route_deleted(local=False),
    "route deleted (local)": route_deleted(local=True),
    "route deleted (other table)": route_deleted(local=None),
    "route added, refuses": route_added("blackhole", "unreachable", "prohibit"),
    "route added, elsewhere": route_added("unicast"),
    "route added, local": route_added("local"),
    "route replaced": route_replaced,
    "ip rule deleted": policy_rule_deleted,
    "ip rule added": policy_rule_added,
    "neighbour set wrong": neighbour_wrong,
    "neighbour deleted": neighbour_deleted,
    "neighbours forgotten": neighbours_forgotten,
    "forwarding entry deleted": fdb_deleted,
    "forwarding entry set wrong": fdb_wrong,
}
