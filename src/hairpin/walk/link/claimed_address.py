"""Another machine on a bridge claims an address of a namespace that was read: the sender has learned its hardware
address.

The kernel sends frames to the hardware address in a learned entry, and confirms the entry by requests to that address
alone, as long as a machine there answers.  So a namespace that a removed container has left behind, a copied virtual
machine or a forgotten veth keeps the packets.

An entry with another hardware address than the owner's is no proof by itself: after a container was made anew with the
same address, the kernel learns the new hardware address within seconds.  The bridge's forwarding database tells the two
cases apart.  The veth of a former container is gone, and its forwarding entry with it.  The other machine still has a
forwarding entry, to a port behind which nothing was read.

Source: net/ipv4/arp.c arp_process(), arp_solicit(); net/bridge/br_fdb.c br_fdb_update(), ageing_time
"""

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import LEARNED, Neighbour
from hairpin.network.network import Network, Port, is_bridge_port, leads_to_left, veth_peer
from hairpin.network.own_frames import forwarding_entries
from hairpin.walk.link.segment import who_answers, who_has


def claiming_port(network: Network, netns: Netns, link: Link, entry: Neighbour) -> Port | None:
    """Return the bridge port behind which another machine claims the entry's address; None if no reading shows one."""
    if entry.mac is None or entry.state not in LEARNED or entry.version != 4 or entry.mac == link.mac:
        return None
    port = _unread_port_of(network, netns, link, entry.mac)  # first, because few entries lead to such a port
    if port is None:
        return None
    owner = who_answers(network, netns, link, 4, entry.value).port
    held = network.namespace(owner.netns).link(owner.link) if owner is not None else None
    if owner is None or held is None or held.mac in (None, entry.mac) or owner.netns.host != netns.host:
        return None
    if _is_engines(network, netns, entry.mac) or who_has(network, netns, link, entry.mac).port is not None:
        return None  # a container that was read: it lost the address, and the kernel finds out by itself
    return port


def _unread_port_of(network: Network, netns: Netns, link: Link, mac: int) -> Port | None:
    """Return the port that has learned the hardware address, of the bridge on which ``link`` sends; None if there is no
    such port.

    Only a veth or tun port counts, and only if nothing explains why its far end was not read."""
    bridge = _bridge_of(network, netns, link)
    if bridge is None:
        return None
    namespace = network.namespace(bridge.netns)
    for each in forwarding_entries(namespace).get(mac, ()):
        port = namespace.link(each.port)
        if each.local or port is None or port.master != bridge.link or each.state in ("permanent", "static"):
            continue
        peer = veth_peer(network, bridge.netns, port)
        if peer is None and _leads_nowhere_read(network, bridge.netns, port):
            return Port(bridge.netns, port.name)
    return None


def _leads_nowhere_read(network: Network, netns: Netns, port: Link) -> bool:
    """Return whether nothing explains why the far end of the port was not read.  The result is False if the collector
    left the far end unread on purpose, if the port is down or no veth or tun link, or if a default route by the bridge
    shows that the port may be the way out."""
    if port.kind not in ("veth", "tun") or not port.up or leads_to_left(network, netns, port):
        return False
    defaults = (route for route in network.namespace(netns).routes if route.prefix_length == 0)
    return all(hop.link != port.master for route in defaults for hop in route.next_hops)


def _is_engines(network: Network, netns: Netns, mac: int) -> bool:
    """Return whether an engine gave the hardware address to one of its containers."""
    containers = network.host(netns.host).containers()
    return any(end.mac == mac for each in containers for end in each.endpoints)


def _bridge_of(network: Network, netns: Netns, link: Link) -> Port | None:
    """Return the bridge on which the link sends: the link itself, or the bridge of its other end."""
    if link.kind == "bridge":
        return Port(netns, link.name)
    peer = veth_peer(network, netns, link)
    outer = network.namespace(peer.netns).link(peer.link) if peer is not None else None
    if peer is None or outer is None or not is_bridge_port(network.namespace(peer.netns), outer):
        return None
    return Port(peer.netns, outer.master or "")
