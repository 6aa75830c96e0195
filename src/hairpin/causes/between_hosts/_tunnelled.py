"""Finds the last tunnel that carried a packet, and the device at the tunnel's far end that should have received the
packet."""

import msgspec

from hairpin.causes.kit import Iterator, Netns, View
from hairpin.change.change import AddEntry, Primitive
from hairpin.host.link import Link, Tunnel
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.netfilter.packet import GRE, UDP, Packet
from hairpin.network.network import Network, bridge_ports, is_bridge_port, is_uplink, owns_address, veth_peer
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.tunnel.tunnels import encapsulation, remotes_of, tunnel_devices, underlay_netns
from hairpin.network.wires import holder_of
from hairpin.walk.state import Step


class Tunnelled(msgspec.Struct, frozen=True):
    """The tunnel device that sent the packet, and the inner frame.  ``inside``: whether the packet is still inside the
    tunnel."""

    netns: Netns
    link: Link
    frame: Packet
    inside: bool

    @property
    def tunnel(self) -> Tunnel:
        """The tunnel's encapsulation: kind, addresses, UDP port and VNI."""
        return encapsulation(self.link)


class FarEnd(msgspec.Struct, frozen=True):
    """A tunnel device of another host.  ``address``: the other host's address to which outer packets are sent."""

    netns: Netns
    link: Link
    address: int | None


def failing_steps(view: View) -> tuple[Step, ...]:
    """Return the steps of the packet that stopped.

    The stopped packet is the first data packet, the reply or the request."""
    branch = view.branch
    return branch.data or branch.reply or branch.request


def last_tunnel(view: View) -> Tunnelled | None:
    """Return the last tunnel that the packet entered, or None."""
    inside = True
    for step in reversed(failing_steps(view)):
        link = view.network.namespace(step.netns).link(step.link) if step.netns in view.network else None
        if step.stage != "tunnel" or link is None or link.tunnel is None:
            continue
        if _is_outer(link.tunnel, step.packet):
            inside = False
        else:
            return Tunnelled(step.netns, link, step.packet, inside)
    return None


def unsent(view: View) -> Tunnelled | None:
    """Return the frame that a tunnel device would have sent if the neighbour lookup for the next hop had succeeded, or
    None.

    The tunnel device is the link of the packet's route, or a port of the bridge that the packet is on."""
    netns, link = view.stop.netns, view.namespace.link(view.stop.link)
    if view.stop.reason != "no-neighbour" or link is None:
        return None
    if link.tunnel is None:
        netns, bridge = netns.of_host, segment_bridge(view)
        ports = bridge_ports(view.network.namespace(netns), bridge.name) if bridge is not None else ()
        link = next((each for each in ports if each.tunnel is not None), None)
    return Tunnelled(netns, link, view.stop.seen.packet, inside=False) if link is not None else None


def segment_bridge(view: View) -> Link | None:
    """Return the host's bridge on which the packet stopped, or the bridge to which the container's link leads; else
    None."""
    link = view.namespace.link(view.stop.link)
    if link is None or link.kind == "bridge":
        return link
    return bridge_behind(view.network, view.stop.netns, link)


def bridge_behind(network: Network, netns: Netns, link: Link) -> Link | None:
    """Return the host's bridge to which a container's veth leads, or None."""
    peer = veth_peer(network, netns, link)
    if peer is None or peer.netns != netns.of_host:
        return None
    host = network.namespace(peer.netns)
    outer = host.link(peer.link)
    return host.link(outer.master or "") if outer is not None else None


def overlay_port(view: View) -> int | None:
    """Return the UDP port of the stopped packet, or None if the packet is not an outer packet of a tunnel device.

    If the sending host was not read, only the UDP port shows that the packet is an outer packet."""
    sent = last_tunnel(view)
    if sent is not None:
        return sent.tunnel.port if sent.inside else None
    return _own_port(view)


def _own_port(view: View) -> int | None:
    """Return the UDP port of a packet that arrived for this host's tunnel device, which is up; else None."""
    packet, netns = view.stop.seen.packet, view.stop.netns
    namespace = view.namespace
    if packet.protocol != UDP or not view.stop.seen.iif or not owns_address(namespace, packet.version, packet.daddr):
        return None
    devices = (link for _, link in tunnel_devices(view.network, netns) if link.up)
    ports = {each.tunnel.port for each in devices if each.tunnel is not None and each.tunnel.version == packet.version}
    return packet.dport if packet.dport in ports else None


def _is_outer(tunnel: Tunnel, packet: Packet) -> bool:
    """Return whether the packet is an outer packet of the tunnel, and not an inner packet that the tunnel carries."""
    if tunnel.port is not None:
        return (packet.protocol, packet.dport) == (UDP, tunnel.port)
    return packet.protocol in (GRE, 4, 41)


def inner_packet(view: View) -> Packet:
    """Return the stopped packet.  If the packet stopped inside a tunnel, return its inner packet."""
    found = last_tunnel(view)
    return found.frame if found is not None and found.inside else view.stop.seen.packet


def receiver(view: View, sent: Tunnelled) -> FarEnd | None:
    """Return the other host's tunnel device for which the frame is meant.

    The receiver is the device with the frame's destination hardware address.  If there is no such device and the
    sending device is a bridge port, the receiver is the bridge port on the host that has the packet's destination.

    If the sending device is no bridge port, and the frame's hardware address is unknown, the receiver is the device
    that has the next hop's address."""
    mac = sent.frame.dmac
    for netns, link in _of_same_kind(view.network, sent):
        if mac is not None and link.mac == mac:
            return FarEnd(netns, link, underlay_address(view.network, netns, link))
    if not is_bridge_port(view.network.namespace(sent.netns), sent.link):
        return end_with(view.network, sent, next_hop(view.network, sent)) if mac is None else None
    holder = holder_of(view.network, sent.frame.version, sent.frame.daddr, besides=sent.netns.host)
    for netns, link in _of_same_kind(view.network, sent):
        bridged = is_bridge_port(view.network.namespace(netns), link)
        if holder is not None and netns == holder.of_host and bridged:
            return FarEnd(netns, link, underlay_address(view.network, netns, link))
    return None


def next_hop(network: Network, sent: Tunnelled) -> int:
    """Return the IP address of the neighbour to which the frame is sent."""
    found = lookup(network.namespace(sent.netns), Query(sent.frame.version, sent.frame.daddr))
    hop = next((each for each in found.next_hops if each.link == sent.link.name), None)
    return sent.frame.daddr if hop is None or hop.gateway is None else hop.gateway


def end_with(network: Network, sent: Tunnelled, address: int) -> FarEnd | None:
    """Return the other host's tunnel device that has the address.

    If no device or several devices have the address, return None."""
    wanted = (sent.frame.version, address)
    found = [
        FarEnd(netns, link, underlay_address(network, netns, link))
        for netns, link in _of_same_kind(network, sent)
        if any(
            each.link == link.name and (each.version, each.value) == wanted
            for each in network.namespace(netns).addresses
        )
    ]
    return found[0] if len(found) == 1 else None


def _of_same_kind(network: Network, sent: Tunnelled) -> Iterator[tuple[Netns, Link]]:
    for netns, namespace in network.namespaces():
        for link in namespace.links:
            if netns.host != sent.netns.host and link.tunnel is not None and link.tunnel.kind == sent.tunnel.kind:
                yield netns, link


def underlay_address(network: Network, netns: Netns, link: Link) -> int | None:
    """Return the address at which other hosts reach the tunnel device.

    The result is the device's ``local`` address if the host has this address.  If the host lacks the ``local`` address,
    the result is the first address of the device's underlay or of an uplink."""
    netns, tunnel = underlay_netns(netns, link), encapsulation(link)
    namespace = network.namespace(netns)
    if tunnel.local is not None and owns_address(namespace, tunnel.version, tunnel.local):
        return tunnel.local
    uplinks = {each.name for each in namespace.links if is_uplink(network, netns, each)}
    masters = {each.master for each in namespace.links if each.name in uplinks and each.master is not None}
    fitting = [
        each
        for each in namespace.addresses
        if each.version == tunnel.version and each.scope == "global" and each.link in uplinks | masters
    ]
    own = next((each.value for each in fitting if each.link == tunnel.underlay), None)
    return own if own is not None else next((each.value for each in fitting), None)


def leads_to(network: Network, netns: Netns, link: Link, mac: int | None, far: FarEnd) -> bool:
    """Return whether the tunnel device sends frames for ``mac`` to an address of the host at the far end."""
    there, version = network.namespace(underlay_netns(far.netns, far.link)), encapsulation(link).version
    return any(owns_address(there, version, each.address) for each in remotes_of(network.namespace(netns), link, mac))


def lacking_entries(
    network: Network, netns: Netns, link: Link, far: FarEnd, address: int, version: Version
) -> tuple[Primitive, ...]:
    """Return the entries that the tunnel device lacks for the next hop ``address`` at the far end.  The needed entries
    are the neighbour entry with the far device's hardware address, and the forwarding entry with the far host's
    address."""
    mac, known = far.link.mac, network.namespace(netns).neighbours
    if mac is None:
        return ()
    parts: list[Primitive] = []
    if not any((each.link, each.version, each.value, each.mac) == (link.name, version, address, mac) for each in known):
        parts.append(AddEntry(netns, Neighbour(link.name, version, address, mac, "PERMANENT")))
    if far.address is not None and not leads_to(network, netns, link, mac, far):
        parts.append(AddEntry(netns, entry_to(link, mac, far.address)))
    return tuple(parts)


def entry_to(link: Link, mac: int, address: int) -> FdbEntry:
    """Return a permanent forwarding entry of the tunnel device that sends frames for ``mac`` to ``address``."""
    return FdbEntry(None, link.name, mac, state="permanent", remote=address)
