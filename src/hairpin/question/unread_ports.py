"""Ports of bridges, and veths, behind which there is a namespace or a guest of the host that was not read."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import LEARNED
from hairpin.network.attachment import network_of_bridge
from hairpin.network.network import Network, bridge_ports, is_bridge_port, is_uplink, neighbour_entries, veth_peer
from hairpin.network.prefix import Version, width
from hairpin.network.query import Query
from hairpin.network.routing import lookup

_GUESTS = ("veth", "tun")
"""The kinds of bridge ports that lead to other namespaces, containers and virtual machines of the host."""


class UnreadPort(msgspec.Struct, frozen=True):
    """The link by which packets of an unread namespace or guest come in.  ``known``: whether the host's tables show
    that the address is behind this very link."""

    link: Link
    known: bool

    @property
    def is_decided(self) -> bool:
        """Whether the link alone decides the way of the packets: a virtual machine is a machine of its own, but an
        unread namespace may have rules and routes on this host."""
        return self.known and self.link.kind != "veth"


def leads_to_unread(namespace: Namespace, link: Link) -> bool:
    """Return whether the link's other end is in a namespace that was not read: a bridge's veth without its peer.  A
    veth bridge port that is an uplink looks the same, but then the default route leads by the bridge."""
    if link.kind != "veth" or not is_bridge_port(namespace, link):
        return False
    defaults = (hop.link for route in namespace.routes if route.prefix_length == 0 for hop in route.next_hops)
    return link.master not in set(defaults)


def port_towards_unread(network: Network, netns: Netns, version: Version, address: int) -> UnreadPort | None:
    """Return the link behind which an unread namespace or guest of the host has the address, or may have it; None if
    the host's route leads to none.

    The route has no gateway.  It leads by a veth to this address alone, or by a bridge that no engine made: an engine
    lists the containers on its bridges.  A bridge with a port to the LAN leads to its guests only if the bridge has
    learned the machine's port."""
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, address))
    hop = found.next_hops[0] if found.type == "unicast" and len(found.next_hops) == 1 else None
    link = namespace.link(hop.link) if hop is not None and hop.gateway is None and hop.link is not None else None
    if link is None or found.route is None or not found.route.prefix_length:
        return None
    if link.kind == "veth":
        alone = found.route.prefix_length == width(version) and veth_peer(network, netns, link) is None
        return UnreadPort(link, known=True) if alone and not is_bridge_port(namespace, link) else None
    if link.kind != "bridge" or network_of_bridge(network.host(netns.host), link.name) is not None:
        return None
    ports = [each for each in bridge_ports(namespace, link.name) if each.up and each.tunnel is None]
    learned = _port_learned_for(namespace, link, version, address)
    outer = [each for each in ports if is_uplink(network, netns, each)]
    if learned is not None:
        known = next((each for each in outer if each.name == learned and each.kind in _GUESTS), None)
        return UnreadPort(known, known=True) if known is not None and not _has_router(namespace, link) else None
    if not outer or any(each.kind not in _GUESTS for each in outer) or _has_router(namespace, link):
        return None
    return UnreadPort(outer[0], known=len(ports) == 1)


def bridges_of_guests(network: Network, netns: Netns) -> tuple[str, ...]:
    """Return the bridges of no engine that have at least two ports to unread namespaces or guests, which may exchange
    packets across the bridge."""
    namespace, host = network.namespace(netns), network.host(netns.host)
    found: list[str] = []
    for link in namespace.links:
        if link.kind != "bridge" or network_of_bridge(host, link.name) is not None:
            continue
        ports = (each for each in bridge_ports(namespace, link.name) if each.up and each.kind in _GUESTS)
        if sum(is_uplink(network, netns, each) for each in ports) > 1:
            found.append(link.name)
    return tuple(found)


def _port_learned_for(namespace: Namespace, bridge: Link, version: Version, address: int) -> str | None:
    """Return the port by which the bridge forwards frames to the machine with the address; None if the neighbour entry
    or the forwarding entry is missing."""
    entries = neighbour_entries(namespace, bridge.name, version, address)
    mac = next((each.mac for each in entries if each.mac is not None and each.state in LEARNED), None)
    return next((each.port for each in namespace.fdb if each.mac == mac and not each.local), None)


def _has_router(namespace: Namespace, bridge: Link) -> bool:
    """Return whether a route leads to a gateway behind the bridge.  The bridge's network is then a LAN."""
    hops = (hop for route in namespace.routes for hop in route.next_hops)
    return any(hop.link == bridge.name and hop.gateway is not None for hop in hops)
