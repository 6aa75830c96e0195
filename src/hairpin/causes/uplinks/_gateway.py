"""The router to which a missing default route may have led."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import View
from hairpin.host.boot.configured_gateway import configured_gateways
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_MAIN, Neighbour, Route
from hairpin.message import Message, message
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, inside, network_of, width
from hairpin.network.prefix_witness import routers_of_far_hosts


class Gateway(msgspec.Struct, frozen=True):
    """A router on a link.  ``source``: the reading that names it; None: no reading does, and the address is a
    placeholder with which a walk shows the effect of a default route.  ``hint``: in that case helps a person to find
    the router.  ``off_link``: the router is in no network of the link."""

    link: str
    address: int
    source: Message | None = None
    hint: Message | None = None
    off_link: bool = False

    @property
    def advice(self) -> tuple[Message, ...]:
        """The sentence about the router in an answer."""
        said = self.source or self.hint
        return (said,) if said is not None else ()


def links_without_default(view: View) -> frozenset[str]:
    """Return the uplinks that may have lost the default route of the main table; none if it has one.

    A link whose own table has a default route for packets from its own address has lost nothing.  A default route in
    any other table may have been meant for the host, if a policy rule is lost or wrong."""
    version, host = view.stop.seen.packet.version, view.host_namespace
    defaults = [each for each in host.routes if each.version == version and each.prefix_length == 0]
    addresses = _outer_addresses(view.network, view.host_netns, version)
    if not all(_is_for_own_address(host, each, addresses) for each in defaults):
        return frozenset()
    kept = {hop.link for each in defaults for hop in each.next_hops}
    return frozenset(each.link for each in addresses if each.link not in kept)


def _is_for_own_address(host: Namespace, default: Route, addresses: tuple[Address, ...]) -> bool:
    """Return whether a policy rule leads packets from the link's own address to the table of that default route."""
    links = {hop.link for hop in default.next_hops}
    own = {each.value for each in addresses if each.link in links}
    rules = (each for each in host.rules if (each.version, each.table) == (default.version, default.table))
    return default.table != TABLE_MAIN and any(
        each.source is not None and any(inside(value, *each.source, default.version) for value in own) for each in rules
    )


def likely_gateway(
    network: Network, netns: Netns, version: Version, links: frozenset[str] | None = None
) -> Gateway | None:
    """Return the likely router on an uplink; None without an uplink.  ``links``: only these uplinks count.

    It is the router in a file, or of a default route in another table or family; else a placeholder.  A neighbour on
    the link may be any machine, and another network's router may have no route: these are only hints."""
    host = network.namespace(netns)
    stand_in: Gateway | None = None
    for address in _outer_addresses(network, netns, version):
        if links is not None and address.link not in links:
            continue
        known = named_gateway(network, netns, address)
        if known is not None:
            return known
        first = network_of(address.value, address.prefix_length, version) + 1
        stand_in = stand_in or Gateway(
            address.link,
            first if first != address.value else first + 1,
            hint=_hint(host, address),
            off_link=address.prefix_length == width(version),
        )
    return stand_in


def _outer_addresses(network: Network, netns: Netns, version: Version) -> tuple[Address, ...]:
    """Return the namespace's global addresses on uplinks."""
    host = network.namespace(netns)
    found = ((each, host.link(each.link)) for each in addresses_of(host, None, version) if each.scope == "global")
    return tuple(each for each, link in found if link is not None and is_uplink(network, netns, link))


def named_gateway(network: Network, netns: Netns, own: Address) -> Gateway | None:
    """Return the router in that address's network that a file or another default route names."""
    near = own.value, own.prefix_length, own.version
    named = (each for each in _named(network, netns, own) if each.address != own.value)
    return next((each for each in named if inside(each.address, *near)), None)


def _named(network: Network, netns: Netns, own: Address) -> Iterator[Gateway]:
    """Yield the routers that a file or a route names for the address's link, from the best source first."""
    if netns.is_host:
        for value, path in configured_gateways(network.host(netns.host), own.version):
            said = message("{file} names {address} as the router", file=path, address=address_text(value, own.version))
            yield Gateway(own.link, value, said)
    for route in network.namespace(netns).routes:
        if route.prefix_length == 0:
            for router in _routers(route, own):
                said = message("routing table {table} leads to the same router", table=route.table)
                yield Gateway(own.link, router, said)
    yield from _of_other_family(network.namespace(netns), own)
    routers = dict(routers_of_far_hosts(network, netns, own))
    if len(routers) == 1:
        ((router, said),) = routers.items()
        yield Gateway(own.link, router, said)


def _of_other_family(namespace: Namespace, own: Address) -> Iterator[Gateway]:
    """Yield the link's one neighbour with the hardware address of the other family's default router, if no other
    neighbour has it."""
    routers = {
        router
        for route in namespace.routes
        if route.prefix_length == 0 and route.version != own.version
        for hop in route.next_hops
        if hop.link == own.link and hop.gateway_version in (None, route.version) and (router := hop.gateway) is not None
    }
    macs = {mac for mac, each in _resolved(namespace, own) if each.version != own.version and each.value in routers}
    seen = [each for mac, each in _resolved(namespace, own) if each.version == own.version and mac in macs]
    same = {each.value for each in seen if inside(each.value, own.value, own.prefix_length, own.version)}
    if len(same) == 1:
        (value,) = same
        said = message(
            "{address} on {link} has the hardware address of the router of the other family, IPv{version}",
            address=address_text(value, own.version),
            link=own.link,
            version=10 - own.version,
        )
        yield Gateway(own.link, value, said)


def _resolved(namespace: Namespace, own: Address) -> Iterator[tuple[int, Neighbour]]:
    """Yield the link's neighbours that have answered, each with its hardware address."""
    for each in namespace.neighbours:
        if each.link == own.link and each.mac is not None and each.state not in ("FAILED", "INCOMPLETE", "NOARP"):
            yield each.mac, each


def _routers(route: Route, own: Address) -> Iterator[int]:
    for hop in route.next_hops:
        if route.version == own.version and hop.link == own.link and hop.gateway is not None:
            yield hop.gateway


def _hint(namespace: Namespace, own: Address) -> Message | None:
    """Return the hint about the likely router: the gateway of other routes by the link, else the only neighbour seen
    there."""
    routers = dict.fromkeys(router for route in namespace.routes for router in _routers(route, own))
    if len(routers) == 1:
        text = address_text(next(iter(routers)), own.version)
        return message(
            "other routes by {link} lead to {address}: ask whether it is the router", address=text, link=own.link
        )
    seen = _seen(namespace, own)
    if len(seen) != 1:
        return None
    text = address_text(seen[0], own.version)
    return message(
        "{address} is the only neighbour that was seen on {link}: ask whether it is the router",
        address=text,
        link=own.link,
    )


def _seen(namespace: Namespace, own: Address) -> tuple[int, ...]:
    found = (
        each.value
        for each in namespace.neighbours
        if each.link == own.link
        and each.version == own.version
        and each.mac is not None
        and inside(each.value, own.value, own.prefix_length, own.version)
    )
    return tuple(dict.fromkeys(found))
