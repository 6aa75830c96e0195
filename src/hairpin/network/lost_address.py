"""Finds links to the outside that have no address, and the address that such a link has probably lost.

A file or another host on the wire shows that a prefix length is wrong.  With a prefix that is too long, the kernel has
no route to some machines on the link, or to their router.  With a prefix that is too short, the kernel looks on the
link for machines that are behind the router.
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.boot.configured_address import configured_addresses
from hairpin.host.floating import FloatingAddress, mover_of
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import (
    Network,
    Port,
    addresses_of,
    bridge_ports,
    is_bridge_port,
    is_held,
    is_uplink,
    outer_link,
)
from hairpin.network.prefix import LINK_LOCAL6, Version, address_text, inside
from hairpin.network.query import NO_ROUTE, Query
from hairpin.network.routing import lookup
from hairpin.network.wires import wires_of


class Differs(msgspec.Struct, frozen=True):
    """An address as the link has it, the address with the right prefix length, and the witness for the right length."""

    own: Address
    right: Address
    source: Message


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


def differing_prefixes(network: Network, netns: Netns, version: Version) -> Iterator[Differs]:
    """Yield the host's addresses for which all witnesses name one prefix length that the address does not have."""
    namespace = network.namespace(netns)
    for own in addresses_of(namespace, None, version):
        link = namespace.link(own.link)
        if link is None or own.scope != "global" or own.secondary or own.peer is not None:
            continue
        told = dict((*_of_far_hosts(network, netns, link, own), *_of_files(network, netns, own)))
        if len(told) != 1 or own.prefix_length in told:
            continue
        ((length, source),) = told.items()
        yield Differs(own, Address(own.link, version, own.value, length), source)


def _of_files(network: Network, netns: Netns, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the prefix lengths that the host's files give the address ``own``, each with a message that names the
    file."""
    for each, path in configured_addresses(network.host(netns.host), own.link, own.version):
        if each.value == own.value:
            text = f"{address_text(own.value, own.version)}/{each.prefix_length}"
            yield each.prefix_length, message("{file} names {address}", file=path, address=text)


def _of_far_hosts(network: Network, netns: Netns, link: Link, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the prefix length of each address of another host on the wire, with a message that names it, if the
    address's network contains ``own``."""
    for far in _far_ends(network, netns, link):
        for each in addresses_of(network.namespace(far.netns), far.link, own.version):
            if each.scope == "global" and each.holds(own.value, own.version):
                said = message(
                    "{host} on the same wire has {address}",
                    host=far.netns.host,
                    address=f"{address_text(each.value, own.version)}/{each.prefix_length}",
                )
                yield each.prefix_length, said


def _far_ends(network: Network, netns: Netns, link: Link) -> Iterator[Port]:
    """Yield the links of other hosts that have addresses and are on the wires behind the link, or behind the bridge's
    ports."""
    namespace = network.namespace(netns)
    ports = bridge_ports(namespace, link.name) if link.kind == "bridge" else (link,)
    for port in ports:
        for wire in wires_of(network, Port(netns, port.name)) if is_uplink(network, netns, port) else ():
            there = network.namespace(wire.far.netns)
            far = there.link(wire.far.link)
            yield Port(wire.far.netns, far.master or "") if far is not None and is_bridge_port(there, far) else wire.far


def routers_of_far_hosts(network: Network, netns: Netns, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the gateways of other hosts' default routes by the wire of the address, each with a message that names the
    host."""
    link = network.namespace(netns).link(own.link)
    for far in _far_ends(network, netns, link) if link is not None else ():
        for route in network.namespace(far.netns).routes:
            if (route.version, route.prefix_length, route.type) != (own.version, 0, "unicast"):
                continue
            for hop in route.next_hops:
                if hop.link == far.link and hop.gateway is not None and hop.gateway_version in (None, own.version):
                    said = message(
                        "the default route of {host} on the same wire leads to {address}",
                        host=far.netns.host,
                        address=address_text(hop.gateway, own.version),
                    )
                    yield hop.gateway, said
