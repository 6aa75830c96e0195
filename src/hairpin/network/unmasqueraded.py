"""Networks behind a host that are intentionally not masqueraded.

The options of an engine's network tell whether the network is masqueraded.  A bridge that no engine made has no such
options, and counts as unmasqueraded.  Hosts beyond the next hop are assumed to have a route back to unmasqueraded
networks.
"""

from collections.abc import Iterator

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL
from hairpin.network.lost_address import bare_links, stranded_gateway
from hairpin.network.network import Network, addresses_of, bridge_ports, is_uplink, owns_address
from hairpin.network.prefix import Version, inside, is_private

Subnet = tuple[int, int]
"""A network: its first address as an integer, and its prefix length."""


def is_unmasqueraded(network: Network, netns: Netns, version: Version, source: int) -> bool:
    """Return whether the address is in an unmasqueraded network behind the namespace, and is not one of the namespace's
    own addresses."""
    if owns_address(network.namespace(netns), version, source):
        return False
    return any(inside(source, *each, version) for each in unmasqueraded(network, netns, version))


def is_of_routed_prefix(network: Network, netns: Netns, version: Version, source: int) -> bool:
    """Return whether the address is a public IPv6 address in an engine's bridge network, of a container or of the
    bridge itself.  A router may have a route to that network, whether or not the engine masquerades it."""
    if version == 4 or is_private(source, 6):
        return False
    made = (subnet for subnet, _ in _of_engines(network.host(netns.host), version))
    return any(inside(source, *each, version) for each in made)


def is_hidden(network: Network, netns: Netns, version: Version, source: int) -> bool:
    """Return whether the source is the namespace's own address in a masqueraded network.  No outside host has a route
    to such an address.  The kernel uses an address in a masqueraded network if a link to the outside has lost its IPv6
    address.

    Most links need no IPv6 address, but a gateway in no network of the link shows that the link had an address.  For
    IPv4, MASQUERADE uses such an address if the link has no address of global scope: see narrow_address()."""
    namespace = network.namespace(netns)
    if not owns_address(namespace, version, source):
        return False
    made = _of_engines(network.host(netns.host), version)
    if not any(masquerades and inside(source, *subnet, version) for subnet, masquerades in made):
        return False
    if version == 4:
        uplinks = (each.name for each in namespace.links if is_uplink(network, netns, each))
        return any(narrow_address(namespace, each) is not None for each in uplinks)
    bare = bare_links(network, netns, version)
    return any(stranded_gateway(namespace, each.name, version) is not None for each in bare)


def narrow_address(namespace: Namespace, link: str) -> Address | None:
    """Return the link's first IPv4 address, if it has scope link and no other address of the link has global scope.
    MASQUERADE then takes an address of another link.

    Source: net/netfilter/nf_nat_masquerade.c nf_nat_masquerade_ipv4(); net/ipv4/devinet.c inet_select_addr()"""
    own = addresses_of(namespace, link, 4)
    if any(each.scope == "global" for each in own):
        return None
    return next((each for each in own if each.scope == "link"), None)


def unmasqueraded(network: Network, netns: Netns, version: Version) -> tuple[Subnet, ...]:
    """Return the subnets behind the namespace that no engine's option masquerades."""
    host, namespace = network.host(netns.host), network.namespace(netns)
    made = tuple(_of_engines(host, version))
    wanted = [subnet for subnet, masquerades in made if masquerades]
    without = [subnet for subnet, masquerades in made if not masquerades]
    without += (each for each in _behind(network, netns, namespace, version) if each not in without)
    return tuple(each for each in without if not any(inside(each[0], *other, version) for other in wanted))


def _of_engines(host: Host, version: Version) -> Iterator[tuple[Subnet, bool]]:
    """Yield the subnets of the engines' bridge networks, each with whether the network's options masquerade it."""
    for engine in host.engines:
        for network in engine.networks:
            for each in network.subnets if network.driver == "bridge" else ():
                if each.version == version:
                    masquerades = engine.masquerades(network) and network.gateway_mode(version) != "routed"
                    yield (each.network, each.prefix_length), masquerades


def _behind(network: Network, netns: Netns, namespace: Namespace, version: Version) -> Iterator[Subnet]:
    """Yield the destinations of routes by links that do not lead out of the host."""
    for route in namespace.routes:
        if route.version != version or route.type != "unicast" or not route.prefix_length:
            continue
        links = [namespace.link(hop.link or "") for hop in route.next_hops]
        inner = links and all(link is not None and not _leads_out(network, netns, link) for link in links)
        if route.table != TABLE_LOCAL and inner:
            yield route.destination, route.prefix_length


def _leads_out(network: Network, netns: Netns, link: Link) -> bool:
    ports = bridge_ports(network.namespace(netns), link.name) if link.kind == "bridge" else ()
    return link.tunnel is not None or any(is_uplink(network, netns, each) for each in (link, *ports))
