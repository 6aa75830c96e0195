"""Tunnels that a container made for itself: a VPN client sends the container's packets into a link that no engine made.

This is intended: a container behind a VPN must send nothing past the VPN.  Therefore no change deletes a route into
such a link.  The images of VPN clients have an option, such as ``LOCAL_NETWORK``, ``LAN_NETWORK`` or
``FIREWALL_OUTBOUND_SUBNETS``, that names networks to which the container sends by its usual gateway.

Source: github.com/haugene/docker-transmission-openvpn, github.com/qdm12/gluetun, github.com/binhex/arch-qbittorrentvpn
"""

from collections.abc import Iterator

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network, veth_peer
from hairpin.network.prefix import Version, network_of
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.socket_owner import containers_in

OPTIONS = "LOCAL_NETWORK, LAN_NETWORK, FIREWALL_OUTBOUND_SUBNETS"
"""The options of VPN clients' images that name the networks to which a container sends without the tunnel."""
_TUNNELS = ("tun", "wireguard", "ppp", "ipip", "gre", "sit", "vti", "xfrm")
_USUAL = {4: 24, 6: 64}
"""The usual prefix length of a network of clients."""


def inner_tunnel(network: Network, netns: Netns, route: Route) -> Link | None:
    """Return the tunnel of a container into which the route leads; None if the route leads elsewhere."""
    if netns.is_host or netns not in network or not route.next_hops:
        return None
    namespace = network.namespace(netns)
    link = namespace.link(route.next_hops[0].link or "")
    if link is None or link.kind == "loopback":
        return None
    if link.kind in _TUNNELS or link.tunnel is not None or link.wireguard is not None:
        return link
    engines = engine_links(network, netns)
    return link if engines and link.name not in engines and _stays_inside(network, netns, link) else None


def _stays_inside(network: Network, netns: Netns, link: Link) -> bool:
    """Return whether the link does not lead out of the container's namespace: it is a dummy link, or a veth whose other
    end is in the same namespace."""
    peer = veth_peer(network, netns, link)
    return link.kind == "dummy" or (peer is not None and peer.netns == netns)


def engine_links(network: Network, netns: Netns) -> tuple[str, ...]:
    """Return the names of the links that have an address from an engine."""
    given = {
        (version, value)
        for container in containers_in(network, netns)
        for end in container.endpoints
        for version, value in ((4, end.ipv4), (6, end.ipv6))
    }
    held = network.namespace(netns).addresses
    return tuple(dict.fromkeys(each.link for each in held if (each.version, each.value) in given))


def engines_way(network: Network, netns: Netns, version: Version) -> NextHop | None:
    """Return the next hop by the container's gateway on a network of its engine, which leads past the tunnel; None if
    the container has no such gateway."""
    links = engine_links(network, netns)
    for route in network.namespace(netns).routes:
        if (route.version, route.prefix_length) == (version, 0) and route.type == "unicast":
            for hop in route.next_hops:
                if hop.link in links and hop.gateway is not None:
                    return NextHop(hop.link, hop.gateway, hop.gateway_version)
    for container in containers_in(network, netns):
        for end in container.endpoints:
            gateway = end.gateway4 if version == 4 else end.gateway6
            own = end.ipv4 if version == 4 else end.ipv6
            held = network.namespace(netns).addresses
            link = next((each.link for each in held if (each.version, each.value) == (version, own)), None)
            if gateway is not None and link is not None:
                return NextHop(link, gateway)
    return None


def network_around(network: Network, netns: Netns, version: Version, address: int) -> tuple[int, int, bool]:
    """Return the network that has the address: its first address, its prefix length, and whether a route of the host
    names this network.  If no route names a network with the address, return a network of the usual size."""
    found = lookup(network.namespace(netns.of_host), Query(version, address)).route
    if found is not None and found.prefix_length > 1 and found.type == "unicast":
        return found.destination, found.prefix_length, True
    length = _USUAL[version]
    return network_of(address, length, version), length, False


def listed_routes(network: Network, netns: Netns, version: Version) -> Iterator[Route]:
    """Yield the routes by the engine's gateway to single networks, whose packets do not enter the tunnel."""
    way = engines_way(network, netns, version)
    for route in network.namespace(netns).routes:
        hops = {(hop.link, hop.gateway) for hop in route.next_hops}
        if way is None or (way.link, way.gateway) not in hops:
            continue
        if route.version == version and route.type == "unicast" and route.prefix_length > 1:
            yield route
