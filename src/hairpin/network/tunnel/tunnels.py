"""Tunnel devices of several hosts: the outer destinations of a tunnel's frames, and the device that receives the frames
there.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit(), vxlan_rcv(); drivers/net/geneve.c geneve_lookup();
net/ipv4/ip_tunnel.c ip_tunnel_lookup()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import ETHERNET_TUNNELS, Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network, Port, owns_address

ALL_FRAMES = 0
"""The hardware address 00:00:00:00:00:00.  A forwarding entry for this address applies to all frames to addresses
without an entry."""
_ETHERNET_HEADER = 14
_IP_HEADER = {4: 20, 6: 40}
_OWN_HEADER = {
    "vxlan": 8 + 8, "geneve": 8 + 8, "gre": 4, "gretap": 4, "ipip": 0, "sit": 0,
    "wireguard": 8 + 16 + 16,
}  # fmt: skip
"""The number of bytes that a tunnel adds, without the outer IP header.  vxlan adds the UDP and VXLAN headers; GRE adds
its header, and four more bytes if it has a key.  WireGuard adds the UDP header, the header of a data message and its
authentication tag: drivers/net/wireguard/messages.h"""


class Remote(msgspec.Struct, frozen=True):
    """An outer destination, and the link to which the outer packet is bound, if it is bound to one."""

    address: int
    via: str | None = None


def encapsulation(link: Link) -> Tunnel:
    """Return the encapsulation of a tunnel device."""
    assert link.tunnel is not None
    return link.tunnel


def overhead_bytes(tunnel: Tunnel) -> int:
    """Return the number of bytes by which the outer packet is longer than the inner packet."""
    ethernet = _ETHERNET_HEADER if tunnel.kind in ETHERNET_TUNNELS else 0
    key = 4 if tunnel.kind.startswith("gre") and tunnel.key is not None else 0
    return _IP_HEADER[tunnel.version] + _OWN_HEADER.get(tunnel.kind, 0) + key + ethernet


def entries_of(namespace: Namespace, link: Link) -> tuple[FdbEntry, ...]:
    """Return the forwarding entries of a tunnel device that have an outer destination."""
    return tuple(each for each in namespace.fdb if each.port == link.name and each.remote is not None)


def remotes_of(namespace: Namespace, link: Link, mac: int | None) -> tuple[Remote, ...]:
    """Return the outer destinations of a frame to the hardware address (None: a broadcast); empty if the link is no
    tunnel.

    The outer destinations are the destinations in the address's forwarding entries.  Without such an entry, the outer
    destinations are the destinations in the entries for all other frames, and the device's own remote.  A packet to the
    device's own remote is bound to the device's underlay link, and a packet to an entry's destination is bound to the
    entry's link.
    Source: drivers/net/vxlan/vxlan_core.c vxlan_dev_configure(), vxlan_fdb_parse(), vxlan_xmit_one()
    """
    tunnel = link.tunnel
    if tunnel is None:
        return ()
    entries = entries_of(namespace, link)
    named = tuple(_remote(each) for each in entries if mac is not None and each.mac == mac)
    if named:
        return named
    flooded = tuple(_remote(each) for each in entries if each.mac == ALL_FRAMES)
    if tunnel.remote is None or any(each.address == tunnel.remote for each in flooded):
        return flooded
    return (*flooded, Remote(tunnel.remote, tunnel.underlay))


def _remote(entry: FdbEntry) -> Remote:
    assert entry.remote is not None
    return Remote(entry.remote, entry.via)


def underlay_netns(netns: Netns, link: Link) -> Netns:
    """Return the namespace of a tunnel device's outer packets: the namespace in which the device was made.

    A device that was moved has the id of the namespace in which it was made.  The namespace in which a moved device was
    made is assumed to be the host's own, in which dockerd makes the devices of swarm's overlay networks.  Source:
    drivers/net/vxlan/vxlan_core.c struct vxlan_dev net, vxlan_get_link_net(); net/core/rtnetlink.c
    rtnl_fill_link_netnsid()
    """
    return netns if link.peer_netnsid is None else netns.of_host


def far_ends(network: Network, netns: Netns, link: Link, mac: int | None) -> tuple[Port | None, ...]:
    """Return the tunnel devices that a frame to the hardware address (None: a broadcast) reaches, one for each
    destination.

    A device is None if the destination was not read, or if no device there receives the frame.
    """
    remotes = remotes_of(network.namespace(netns), link, mac)
    return tuple(_far_end(network, underlay_netns(netns, link), link, remote) for remote in remotes)


def _far_end(network: Network, home: Netns, link: Link, remote: Remote) -> Port | None:
    outer = msgspec.structs.replace(encapsulation(link), remote=remote.address)
    for other, namespace in network.namespaces():
        if other != home and owns_address(namespace, outer.version, remote.address):
            return receiver(network, other, outer)
    return None


def receiver(network: Network, home: Netns, outer: Tunnel) -> Port | None:
    """Return the tunnel device that receives an outer packet that arrives in the namespace ``home``, or None.

    ``outer`` is the sender's encapsulation, with the outer packet's source as ``local``, its destination as ``remote``
    and its UDP port as ``port``.  Of several GRE or IP-in-IP devices, a device that is up is preferred, then a device
    that names both outer addresses, then a device that names the remote address.
    """
    found = [(netns, link) for netns, link in tunnel_devices(network, home) if _takes(link, outer)]
    if not found:
        return None
    netns, link = max(found, key=lambda device: _precedence(device[1]))
    return Port(netns, link.name)


def _precedence(link: Link) -> tuple[bool, ...]:
    own = encapsulation(link)
    if own.port is not None:
        return ()
    return (link.up, link.name not in _FALLBACKS, own.remote is not None, own.local is not None)


_FALLBACKS = ("gre0", "gretap0", "tunl0", "sit0")
"""The devices that the kernel makes in each namespace when it loads the module of GRE, IP in IP or sit.  A fallback
device that is up receives every packet that no other device receives, with any key.  Source: net/ipv4/ip_tunnel.c
ip_tunnel_lookup()"""
_PROTOCOLS = {"gre": "gre", "gretap": "gre", "erspan": "gre", "ipip": "ip", "sit": "ip"}


def refusal(network: Network, home: Netns, outer: Tunnel) -> str | None:
    """Return the ICMP error with which the kernel refuses an outer packet that no device receives, or None.

    ``home`` and ``outer`` are as in :func:`receiver`.  UDP sends the error if no socket is open at the port.  GRE and
    IP in IP always send an error.  The kind of this error depends on whether the tunnel's module is loaded.  Links of
    the tunnel's kind show that the module is loaded.

    Source: net/ipv4/ip_gre.c gre_rcv(), net/ipv4/tunnel4.c tunnel4_rcv(); net/ipv4/ip_input.c
    ip_protocol_deliver_rcu()
    """
    if outer.port is not None:
        return None if listens(network, home, outer) else "icmpx-port-unreachable"
    own = _PROTOCOLS[outer.kind]
    able = any(_PROTOCOLS.get(each.kind) == own for each in network.namespace(home).links)
    return "icmp-port-unreachable" if able else "icmp-proto-unreachable"


def listens(network: Network, home: Netns, outer: Tunnel) -> bool:
    """Return whether a tunnel device of the kind of ``outer`` has its UDP socket open at the port, as a device has
    while it is up.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_open(), drivers/net/geneve.c geneve_open()
    """
    return any(link.up and _is_of_kind(encapsulation(link), outer) for _, link in tunnel_devices(network, home))


def tunnel_devices(network: Network, home: Netns) -> Iterator[tuple[Netns, Link]]:
    """Yield the tunnel devices whose outer packets are in the namespace ``home``; its own devices come first."""
    for link in network.namespace(home).links:
        if link.tunnel is not None and underlay_netns(home, link) == home:
            yield home, link
    if not home.is_host:
        return
    for namespace in network.host(home.host).namespaces:
        for link in namespace.links:
            if link.tunnel is not None and namespace.name != home.name and link.peer_netnsid is not None:
                yield home.sibling(namespace.name), link


def _is_of_kind(own: Tunnel, outer: Tunnel) -> bool:
    return (own.kind, own.version, own.port) == (outer.kind, outer.version, outer.port)


def _takes(link: Link, outer: Tunnel) -> bool:
    own = encapsulation(link)
    if not _is_of_kind(own, outer):
        return False
    if own.kind == "vxlan":
        return own.external or own.key == outer.key
    from_there = own.remote is None or outer.local is None or own.remote == outer.local
    if own.kind == "geneve":
        return own.external or (own.key == outer.key and from_there)
    if link.name in _FALLBACKS:
        return link.up
    return own.key == outer.key and from_there and own.local in (None, outer.remote)
