"""The router that a missing default route could have led to."""

from collections.abc import Iterator

import msgspec

from hairpin.host.boot.configured_gateway import configured_gateways
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, inside, network_of


class Gateway(msgspec.Struct, frozen=True):
    """A router on a link.  ``source``: what names it; None: nothing does, and the address is a mere stand-in by which
    walks show what a default route would do."""

    link: str
    address: int
    source: Message | None = None


def likely_gateway(network: Network, netns: Netns, version: Version) -> Gateway | None:
    """Return the likely router on an uplink: what a file or another routing table names, else the only neighbour that
    was seen there, else a stand-in; None without an uplink."""
    host = network.namespace(netns)
    stand_in: Gateway | None = None
    for address in addresses_of(host, None, version):
        link = host.link(address.link)
        if link is None or address.scope != "global" or not is_uplink(network, netns, link):
            continue
        known = next((each for each in _named(network, netns, address) if _on_link(each, address)), None)
        if known is not None:
            return known
        first = network_of(address.value, address.prefix_length, version) + 1
        stand_in = stand_in or Gateway(link.name, first if first != address.value else first + 1)
    return stand_in


def _on_link(gateway: Gateway, own: Address) -> bool:
    return gateway.address != own.value and inside(gateway.address, own.value, own.prefix_length, own.version)


def _named(network: Network, netns: Netns, own: Address) -> Iterator[Gateway]:
    """Yield the routers that something names for the link of that address, the best source first."""
    if netns.is_host:
        for value, path in configured_gateways(network.host(netns.host), own.version):
            said = message("{file} names {address} as the router", file=path, address=address_text(value, own.version))
            yield Gateway(own.link, value, said)
    namespace = network.namespace(netns)
    for route in namespace.routes:
        for hop in route.next_hops:
            if route.version == own.version and hop.link == own.link and hop.gateway is not None:
                said = message("routing table {table} leads to the same router", table=route.table)
                yield Gateway(own.link, hop.gateway, said)
    seen = _seen(namespace, own)
    if len(seen) == 1:
        said = message(
            "{address} is the only neighbour that was seen on {link}: make sure that it is the router",
            address=address_text(seen[0], own.version),
            link=own.link,
        )
        yield Gateway(own.link, seen[0], said)


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
