"""Finds the container of another swarm node for which an overlay network's device has no entries."""

import msgspec

from hairpin.causes.between_hosts._tunnelled import FarEnd, lacking_entries, last_tunnel, underlay_address
from hairpin.causes.kit import Iterator, Netns, View
from hairpin.change.change import Primitive
from hairpin.host.link import Link
from hairpin.network.network import Network, bridge_ports, is_bridge_port, veth_peer
from hairpin.network.tunnel.tunnels import encapsulation, entries_of
from hairpin.network.wires import holder_of

GOSSIP_PORT = 7946
"""The TCP and UDP port through which the nodes of a swarm send their gossip."""


class Unknown(msgspec.Struct, frozen=True):
    """An address that the ``device`` in ``netns`` does not know.

    The namespace ``holder`` on another node has the address.  ``parts``: the missing entries, which are the neighbour
    entry from which the device answers ARP and the forwarding entry.

    ``is_forgotten``: whether dockerd's forwarding entry still exists.  dockerd writes both entries, so if only the
    forwarding entry exists, the kernel has deleted the neighbour entry.  A forwarding entry that the device learned
    from a frame is not permanent and does not count."""

    netns: Netns
    device: Link
    holder: Netns
    parts: tuple[Primitive, ...]
    is_forgotten: bool


def overlay_netns(view: View) -> Netns | None:
    """Return dockerd's namespace for the overlay network on the host where the packet stopped, or None.

    The namespace belongs to a stopped packet if the packet stopped in this namespace or at a link that leads to it, or
    if the packet is an outer packet from another node."""
    netns, link = view.stop.netns, view.namespace.link(view.stop.link)
    if netns.overlay is not None:
        return netns
    peer = veth_peer(view.network, netns, link) if link is not None else None
    if peer is not None:
        return peer.netns if peer.netns.overlay is not None else None
    sent = last_tunnel(view)
    if sent is None or sent.netns.overlay is None:
        return None
    return next(overlays_on(view.network, netns.host, sent.netns.overlay), None)


def overlays_on(network: Network, host: str, name: str) -> Iterator[Netns]:
    """Yield dockerd's namespace for the overlay network ``name`` on the host."""
    return (netns for netns, _ in network.namespaces() if netns.host == host and netns.overlay == name)


def unknown_peer(view: View) -> Unknown | None:
    """Return the holder of the address for which the overlay network's device answered no ARP request, with the missing
    entries; else None.

    dockerd writes the entries for a container when its node announces the container by gossip.  Source: moby
    libnetwork/drivers/overlay/peerdb.go peerAddOp(); drivers/net/vxlan/vxlan_core.c arp_reduce()
    """
    packet = view.stop.seen.packet
    found = _device(view) if view.stop.reason == "no-neighbour" else None
    holder = holder_of(view.network, packet.version, packet.daddr, besides=view.stop.netns.host)
    if found is None or holder is None:
        return None
    netns, device = found
    mac, far = _mac(view.network, holder, packet.daddr), _same_network(view.network, device, holder.host)
    if mac is None or far is None:
        return None
    far = msgspec.structs.replace(far, link=msgspec.structs.replace(far.link, mac=mac))
    parts = lacking_entries(view.network, netns, device, far, packet.daddr, packet.version)
    known = (each.state for each in entries_of(view.network.namespace(netns), device) if each.mac == mac)
    return Unknown(netns, device, holder, parts, "permanent" in known) if parts else None


def _device(view: View) -> tuple[Netns, Link] | None:
    """Return the vxlan device that answers ARP on the bridge behind the link at which the packet stopped, and the
    device's namespace."""
    link = view.namespace.link(view.stop.link)
    peer = veth_peer(view.network, view.stop.netns, link) if link is not None else None
    if peer is None:
        return None
    behind = view.network.namespace(peer.netns)
    outer = behind.link(peer.link)
    ports = bridge_ports(behind, outer.master) if outer is not None and outer.master is not None else ()
    proxies = (each for each in ports if each.tunnel is not None and each.tunnel.proxy and each.up)
    return next(((peer.netns, each) for each in proxies), None)


def _same_network(network: Network, device: Link, host: str) -> FarEnd | None:
    """Return the tunnel device on the host that has the same kind and VNI as ``device``, or None."""
    wanted = (device.kind, encapsulation(device).key)
    for netns, namespace in network.namespaces():
        for link in namespace.links if netns.host == host else ():
            if link.tunnel is None or (link.kind, link.tunnel.key) != wanted or not is_bridge_port(namespace, link):
                continue
            return FarEnd(netns, link, underlay_address(network, netns, link))
    return None


def _mac(network: Network, holder: Netns, address: int) -> int | None:
    namespace = network.namespace(holder)
    links = {each.link for each in namespace.addresses if each.value == address}
    return next((each.mac for each in namespace.links if each.name in links), None)
