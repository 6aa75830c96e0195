"""A host's uplinks with their addresses and gateways.  A host with several uplinks may answer by another uplink than
the uplink by which the request came."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_MAIN, PolicyRule, Route
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network, addresses_of, is_bridge_port, is_uplink, outer_link
from hairpin.network.prefix import Version, inside

_OVER_ANOTHER = ("tun", "wireguard", "macvlan", "ipvlan")
"""Kinds of links whose packets leave by another uplink, either inside an outer packet or beside that uplink's
packets."""


class Uplink(msgspec.Struct, frozen=True):
    """An uplink.  ``link``: the link with the addresses, which is the bridge if the NIC is a bridge port.  ``way``: the
    route with the shortest prefix by a router behind the uplink, or None if no route names such a router."""

    link: str
    addresses: tuple[Address, ...]
    way: Route | None = None

    @property
    def main(self) -> Address:
        """The first address."""
        return self.addresses[0]


def uplinks_of(network: Network, netns: Netns, version: Version) -> tuple[Uplink, ...]:
    """Return the links with a global address by which packets leave the host, except tunnels, links that are stacked on
    another uplink, and links that are down."""
    namespace = network.namespace(netns)
    held: dict[str, list[Address]] = {}
    for each in addresses_of(namespace, None, version):
        if each.scope == "global":
            held.setdefault(each.link, []).append(each)
    found: list[Uplink] = []
    for name, addresses in held.items():
        link = namespace.link(name)
        outer = outer_link(network, netns, link) if link is not None else None
        if link is None or outer is None or link.kind in _OVER_ANOTHER:
            continue
        if link.up and outer.up and outer.carrier:
            ordered = sorted(addresses, key=lambda each: each.secondary)
            found.append(Uplink(name, tuple(ordered), way_behind(namespace, version, name)))
    return tuple(found)


def leads_answers(namespace: Namespace, rule: PolicyRule) -> bool:
    """Return whether the rule sends packets with an uplink's address as their source out by this uplink."""
    if rule.source is None or rule.action != "table":
        return False
    links = {
        hop.link
        for each in namespace.routes
        if (each.version, each.table) == (rule.version, rule.table) and not each.prefix_length
        for hop in each.next_hops
    }
    return any(
        each.version == rule.version and each.link in links and inside(each.value, *rule.source, rule.version)
        for each in namespace.addresses
    )


def links_around(network: Network, netns: Netns, version: Version, address: int) -> list[str]:
    """Return the uplinks that are up and have the address in their network.  On such uplinks the host answers ARP
    requests even for an address of a link that is down, because it keeps the local route of such an address.

    Source: net/ipv4/arp.c arp_process(), net/ipv4/fib_semantics.c fib_sync_down_dev()"""
    namespace = network.namespace(netns)
    return [
        each.link
        for each in addresses_of(namespace, None, version)
        if version == 4
        and each.holds(address, version)
        and (link := namespace.link(each.link)) is not None
        and link.up
        and is_uplink(network, netns, link)
    ]


def tunnels_of(network: Network, netns: Netns, version: Version) -> tuple[Address, ...]:
    """Return the first address of each tunnel of the host that is up and that a program or WireGuard serves."""
    namespace = network.namespace(netns)
    found: dict[str, Address] = {}
    for each in addresses_of(namespace, None, version):
        link = namespace.link(each.link)
        if link is None or each.scope != "global" or link.kind not in ("tun", "wireguard"):
            continue
        if link.up and link.carrier:
            found.setdefault(each.link, each)
    return tuple(found.values())


def way_behind(namespace: Namespace, version: Version, link: str) -> Route | None:
    """Return the route with the shortest prefix by a router behind that link.  Of several such routes, a route of the
    main table comes first."""
    found = [
        each
        for each in namespace.routes
        if each.version == version and each.type == "unicast" and gateway_of(each, link) is not None
    ]
    return min(found, key=lambda each: (each.prefix_length, each.table != TABLE_MAIN), default=None)


def gateway_of(route: Route, link: str) -> int | None:
    """Return the gateway behind that link that has the route's own IP version, or None."""
    hops = (each for each in route.next_hops if each.link == link and each.gateway_version in (None, route.version))
    return next((each.gateway for each in hops if each.gateway is not None), None)


def default_route_by(namespace: Namespace, version: Version, link: str) -> Route | None:
    """Return a default route that uses only that link and is not in the main table, such as a route for the link's own
    packets."""
    return next(
        (
            each
            for each in namespace.routes
            if (each.version, each.prefix_length, each.type) == (version, 0, "unicast")
            and each.table != TABLE_MAIN
            and {hop.link for hop in each.next_hops} == {link}
        ),
        None,
    )


def selecting_nothing(namespace: Namespace, packet: Packet) -> PolicyRule | None:
    """Return the first policy rule that selects the packet by its mark or by its source address, and whose table has no
    route at all; None if there is no such rule."""
    filled = {each.table for each in namespace.routes if each.version == packet.version}
    for each in namespace.rules:
        if each.version != packet.version or each.action != "table" or each.table in filled or each.inverted:
            continue
        marked = each.mark is not None and packet.mark & each.mark[1] == each.mark[0] & each.mark[1]
        named = each.source is not None and inside(packet.saddr, *each.source, packet.version)
        if (marked and packet.mark) or (named and each.mark is None):
            return each
    return None


def home_of(network: Network, netns: Netns, version: Version, source: int, link: str) -> Uplink | None:
    """Return the other uplink that has the source address; None if ``link`` has it, or has a network that
    contains it."""
    held = addresses_of(network.namespace(netns), None, version)
    if all(each.value != source or each.link == link for each in held):
        return None
    found = uplinks_of(network, netns, version)
    here = next((each for each in found if each.link == link), None)
    if here is not None and any(each.holds(source, version) for each in here.addresses):
        return None
    others = (each for each in found if each.link != link)
    return next((each for each in others if any(own.value == source for own in each.addresses)), None)


def holder_of_addresses(namespace: Namespace, link: str) -> str:
    """Return the link that has the addresses of ``link``: its bridge if it is a bridge port, otherwise ``link``
    itself."""
    found = namespace.link(link)
    return found.master or link if found is not None and is_bridge_port(namespace, found) else link
