"""Finds links to the outside that have no address, and the address that such a link has probably lost."""

from collections.abc import Iterator

import msgspec

from hairpin.host.floating import FloatingAddress, mover_of
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow
from hairpin.network.network import Network, addresses_of, bridge_ports, is_held, outer_link
from hairpin.network.prefix import LINK_LOCAL6, Version, inside
from hairpin.network.query import NO_ROUTE, Query
from hairpin.network.routing import lookup

SUBNET6 = 64
"""The prefix length of a link's IPv6 network (RFC 4291 2.5.1)."""
_TUNNELS = ("tun", "wireguard")


class NamedAddress(msgspec.Struct, frozen=True):
    """An address that the file at ``path`` names for a link to the outside that has no address."""

    netns: Netns
    own: Address
    path: str


def bare_links(network: Network, netns: Netns, version: Version) -> Iterator[Link]:
    """Yield the links to the outside that are up and have no address.  Tunnels are omitted, because programs give
    tunnels their addresses.  A bridge is omitted if its addresses are on one of its ports."""
    namespace = network.namespace(netns)
    for link in namespace.links:
        own = link.up and link.master is None and link.tunnel is None and link.kind not in _TUNNELS
        if not own or any(each.scope == "global" for each in addresses_of(namespace, link.name, version)):
            continue
        on_port = any(addresses_on_port(namespace, each, version) for each in bridge_ports(namespace, link.name))
        if not on_port and outer_link(network, netns, link) is not None:
            yield link


def addresses_on_port(namespace: Namespace, port: Link, version: Version | None = None) -> tuple[Address, ...]:
    """Return the addresses of a bridge port that other machines can use; without ``version``, of both IP versions."""
    found = (each for of in (4, 6) if version in (None, of) for each in addresses_of(namespace, port.name, of))
    return tuple(each for each in found if each.scope == "global" and not each.tentative)


def has_address(network: Network, netns: Netns) -> bool:
    """Return whether an IPv4 address is on a link to the outside, or on ``lo`` or a dummy link.  An address on ``lo``
    is enough if routers learn the address by BGP, because the links to the routers then need no address."""
    namespace = network.namespace(netns)
    for own in addresses_of(namespace, None, 4):
        link = namespace.link(own.link)
        if own.scope != "global" or link is None or link.kind in _TUNNELS:
            continue
        if link.name == "lo" or link.kind == "dummy" or outer_link(network, netns, link) is not None:
            return True
    return False


def stranded_gateway(namespace: Namespace, link: str, version: Version) -> int | None:
    """Return a gateway that is no longer in a network of its route's link; None if the link's routes have no such
    gateway.

    The kernel accepted the route, so the link has since lost the address, or the route, of the gateway's network.  A
    link-local gateway, and the gateway of an ``onlink`` route, need no network of the link.  Source: net/ipv6/route.c
    ip6_route_check_nh(); net/ipv4/fib_semantics.c fib_check_nh()"""
    routes = [each for each in namespace.routes if each.version == version and each.type == "unicast"]
    hops = [(route, hop) for route in routes for hop in route.next_hops if hop.link == link]
    for _, hop in hops:
        known = hop.gateway is not None and hop.gateway_version in (None, version) and not hop.onlink
        if hop.gateway is None or not known or (LINK_LOCAL6.holds(hop.gateway, version)):
            continue
        if not any(other.gateway is None and route.holds(hop.gateway, version) for route, other in hops):
            return hop.gateway
    return None


def _strands(namespace: Namespace, link: Link, address: int) -> bool:
    """Return whether the link has lost its address in its gateway's network, and ``address`` may be in that network."""
    gateway = stranded_gateway(namespace, link.name, 6)
    return gateway is not None and inside(address, gateway, SUBNET6, 6)


def floating_elsewhere(network: Network, version: Version, address: int) -> FloatingAddress | None:
    """Return the entry of an address that a program moves between machines and that no read host has now; else None.

    Another machine may have the address.  If the program's addresses were not read, an address counts only if a
    container publishes a port on it."""
    if network.world.public(version, address) is not None or is_held(network, version, address):
        return None
    for host in network.hosts:
        found = mover_of(host.floating, version, address) if host.floating else None
        if found is not None and (found.value is not None or _publishes_on(host, version, address)):
            return found
    return None


def _publishes_on(host: Host, version: Version, address: int) -> bool:
    return any((each.version, each.host_ip) == (version, address) for one in host.containers() for each in one.bindings)


def named_for(network: Network, version: Version, address: int) -> NamedAddress | None:
    """Return a link to the outside that has no address, and for which a file of its host names ``address``.  Return
    None if there is no such link, if a read host has the address, or if a program moves the address between
    machines."""
    if network.world.public(version, address) is not None or is_held(network, version, address):
        return None
    if floating_elsewhere(network, version, address) is not None:
        return None
    for host in network.hosts:
        netns = network.host_netns(host.name)
        for link in bare_links(network, netns, version) if netns in network else ():
            from hairpin.host.boot.configured_address import configured_addresses  # noqa: PLC0415 - few links are bare

            for own, path in configured_addresses(host, link.name, version):
                if own.value == address:
                    return NamedAddress(netns, own, path)
    return None


def lost_by(network: Network, flow: Flow) -> Link | None:
    """Return the link that has probably lost the flow's destination address, or None.

    These conditions must hold: no host has the address, no route leads to it, the host publishes the port on every
    address, and a link to the outside has no address.  Most links need no IPv6 address.  So for IPv6 there are two more
    conditions: the link's gateway is in no network of the link, and the address may be in the gateway's network."""
    version, address = flow.version, flow.daddr
    host = network.host(flow.host)
    if (
        not host.publishes_on(version, None, flow.dport, flow.protocol)
        or network.world.public(version, address) is not None
        or is_held(network, version, address)
        or floating_elsewhere(network, version, address) is not None
    ):
        return None
    namespace = network.namespace(host.netns)
    bare = bare_links(network, host.netns, version)
    if version == 6:
        return next((each for each in bare if _strands(namespace, each, address)), None)
    return next(bare, None) if lookup(namespace, Query(version, address)) == NO_ROUTE else None
