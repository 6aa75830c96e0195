"""Chooses addresses that the user did not name: addresses of clients of a host, and of servers that the host's
containers reach.  ``netns``: the namespace that counts as the host."""

from collections.abc import Iterator

from hairpin.host.advertised import has_lost_router
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_MAIN
from hairpin.kept import kept
from hairpin.network.network import Network, addresses_of, free_address, is_uplink, outer_link
from hairpin.network.prefix import Version, inside, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.tables import routes_covering
from hairpin.network.uplinks import Uplink, uplinks_of

_CLIENTS: dict[Version, tuple[str, ...]] = {
    4: ("192.0.2.10", "203.0.113.10", "198.51.100.10", "8.8.4.4"),
    6: ("2001:db8:ffff::10", "2001:db8:fffe::10", "2001:4860:4860::8844"),
}
"""The addresses of an outside client if the user names no client: documentation addresses (RFC 5737, RFC 3849), and an
ordinary address for hosts that drop documentation ranges.  hairpin never sends a packet to any of these addresses."""

_WORLD: dict[Version, tuple[str, ...]] = {
    4: ("203.0.113.80", "198.51.100.80", "192.0.2.80", "8.8.8.8"),
    6: ("2001:db8:fffd::80", "2001:4860:4860::8888"),
}
"""The addresses of an outside server that containers may want to reach."""


def clients(network: Network, netns: Netns, version: Version) -> tuple[int, ...]:
    """Return addresses for an outside client, documentation addresses first.  None of these addresses is in a network
    of the host."""
    host = network.namespace(netns)
    taken = [(a.value, a.prefix_length) for a in addresses_of(host, None, version)]
    candidates = [parse_address(text)[1] for text in _CLIENTS[version]]
    if version == 6 and not has_lost_router(host, lan_link(network, netns, 6) or ""):
        candidates = [each for each in candidates if lookup(host, Query(6, each)).type == "unicast"]
    return tuple(
        value for value in candidates if not any(inside(value, network_, length, version) for network_, length in taken)
    )


def somebody(version: Version) -> tuple[int, ...]:
    """Return the outside addresses to which a container sends, documentation addresses first."""
    return tuple(parse_address(text)[1] for text in _WORLD[version])


def beyond(namespace: Namespace, version: Version) -> tuple[int, ...]:
    """Return the addresses of ``somebody`` that are behind a router and not on a link of the namespace.  If all
    addresses are on a link, return all of them."""
    everybody, own = somebody(version), addresses_of(namespace, None, version)
    behind = tuple(each for each in everybody if not any(on.holds(each, version) for on in own))
    return behind or everybody


def lan_link(network: Network, netns: Netns, version: Version) -> str | None:
    """Return the link of the best default route whose link is connected, or else of the best default route.  Without a
    default route, return an uplink that has an address or has lost it.

    A bridge whose ports are all container ports does not count, even if routes lead to it, because it has no LAN
    neighbour.
    """
    host = network.namespace(netns)
    defaults = [
        (each.metric, each.next_hops[0].link)
        for each in routes_covering(host, version, TABLE_MAIN, 0)
        if (each.prefix_length, each.type) == (0, "unicast") and each.next_hops
    ]
    ways = [(metric, name) for metric, name in defaults if not _only_containers(network, netns, name)]
    if ways:
        # A VPN that covers all addresses by two routes (0.0.0.0/1, 128.0.0.0/1) leaves the default route in place.
        # The route of a card without a cable stays, too; then the host is in the network of the other card.
        return min(ways, key=lambda each: (not _is_connected(host, each[1]), each[0]))[1]
    found = lookup(host, Query(version, somebody(version)[0]))
    if found.type == "unicast" and found.next_hops and not _only_containers(network, netns, found.next_hops[0].link):
        return found.next_hops[0].link
    holders = (host.link(each.link) for each in addresses_of(host, None, version))
    links = (*(each for each in holders if each is not None), *(each for each in host.links if each.up))
    return next((each.name for each in links if each.master is None and is_uplink(network, netns, each)), None)


def _is_connected(host: Namespace, name: str | None) -> bool:
    link = host.link(name) if name is not None else None
    return link is not None and link.up and link.carrier


def _only_containers(network: Network, netns: Netns, name: str | None) -> bool:
    link = network.namespace(netns).link(name) if name is not None else None
    return link is not None and link.kind == "bridge" and outer_link(network, netns, link) is None


def lan_client(network: Network, netns: Netns, version: Version) -> int | None:
    """Return the first address of ``lan_clients``; None if there is none."""
    return next(iter(lan_clients(network, netns, version)), None)


def lan_clients(network: Network, netns: Netns, version: Version, asked: int | None = None) -> tuple[int, ...]:
    """Return at most two free addresses in the network of the default route's link.  The second address is needed
    because a rule may match only the first address.

    ``asked``: the address of the namespace that the clients ask.  If another uplink has it, the returned addresses are
    in the network of this uplink, because a machine in another network asks by way of a router.

    If machines were seen in a part of this network, and another route covers this part, the addresses are in this part.
    Replies to machines in this part leave by the wrong link.  If the link has lost its address, any address is
    returned."""
    known = _lan_clients(network)
    link = _uplink_with(network, netns, version, asked) if asked is not None else ""
    if (netns, version, link) not in known:
        known[netns, version, link] = _found_on_lan(network, netns, version, link or lan_link(network, netns, version))
    return known[netns, version, link] or (lan_clients(network, netns, version) if link else ())


@kept
def _lan_clients(network: Network) -> dict[tuple[Netns, Version, str], tuple[int, ...]]:  # noqa: ARG001
    return {}


def _uplink_with(network: Network, netns: Netns, version: Version, asked: int) -> str:
    """Return the uplink that has the address, if it is not the link of the default route; else an empty name."""
    host = network.namespace(netns)
    held = next((each for each in addresses_of(host, None, version) if each.value == asked), None)
    link = host.link(held.link) if held is not None and held.scope == "global" else None
    if link is None or link.name == lan_link(network, netns, version) or not is_uplink(network, netns, link):
        return ""
    return link.name


def _found_on_lan(network: Network, netns: Netns, version: Version, link: str | None) -> tuple[int, ...]:
    host = network.namespace(netns)
    if link is None:
        return ()
    if version == 4 and not addresses_of(host, link, version):
        return clients(network, netns, version)[1:2]
    for address in addresses_of(host, link, version):
        if address.scope != "global":
            continue
        own = (address.prefix.first, address.prefix_length)
        for base, length in (*_taken_parts(host, link, version, own), own):
            value = free_address(host, base, length, version)
            if value is not None:
                other = free_address(host, base, length, version, besides=value)
                return (value,) if other is None else (value, other)
    return ()


def _taken_parts(
    host: Namespace, link: str | None, version: Version, lan: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Yield the parts of the link's network that routes by another link cover and that contain a gateway or a neighbour
    on the link."""
    hops = [hop for route in host.routes for hop in route.next_hops if hop.link == link]
    seen = [*(hop.gateway for hop in hops), *(each.value for each in host.neighbours if each.link == link and each.mac)]
    for route in host.routes:
        part = (route.destination, route.prefix_length)
        if (
            (route.version, route.table) == (version, TABLE_MAIN)
            and route.prefix_length > lan[1]
            and inside(route.destination, *lan, version)
            and all(hop.link != link for hop in route.next_hops)
            and any(each is not None and inside(each, *part, version) for each in seen)
        ):
            yield part


def primary_address(network: Network, netns: Netns, version: Version) -> int | None:
    """Return the host's main address: an address of the default route's link.  If there is no such address, return an
    address of any uplink, and otherwise any other address."""
    known = _primary_addresses(network)
    if (netns, version) not in known:
        known[netns, version] = _main_address(network, netns, version)
    return known[netns, version]


@kept
def _primary_addresses(network: Network) -> dict[tuple[Netns, Version], int | None]:  # noqa: ARG001
    return {}


def _main_address(network: Network, netns: Netns, version: Version) -> int | None:
    host = network.namespace(netns)
    link = lan_link(network, netns, version)
    held = [each for each in addresses_of(host, None, version) if each.scope == "global"]
    usual = next((each for each in held if each.link == link and not each.secondary), None)
    if usual is not None:
        return usual.value
    uplinks = {each.name for each in host.links if outer_link(network, netns, each) is not None}
    return next((each.value for each in (*(each for each in held if each.link in uplinks), *held)), None)


def further_uplinks(network: Network, netns: Netns, version: Version) -> tuple[Uplink, ...]:
    """Return the uplinks with other addresses than the host's main address."""
    main = primary_address(network, netns, version)
    return tuple(
        each
        for each in uplinks_of(network, netns, version)
        if each.link != lan_link(network, netns, version) and all(own.value != main for own in each.addresses)
    )
