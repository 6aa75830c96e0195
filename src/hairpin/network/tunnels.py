"""Tunnel devices of several hosts: where a tunnel's frames go, and which device receives them there.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit(), vxlan_rcv(); drivers/net/geneve.c geneve_lookup();
net/ipv4/ip_tunnel.c ip_tunnel_lookup()
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network, Port, owns_address

_FLOOD = 0
"""The MAC address 00:00:00:00:00:00, whose entries apply to all frames without an entry of their own."""
ETHERNET = ("vxlan", "geneve", "gretap")
"""Kinds of tunnels that carry whole Ethernet frames."""


class Remote(msgspec.Struct, frozen=True):
    """An outer destination, and the link that the outer packet is bound to, if any."""

    address: int
    via: str | None = None


def remotes_of(namespace: Namespace, link: Link, mac: int | None) -> tuple[Remote, ...]:
    """Return the outer destinations of a frame to the MAC address.

    They are those of its forwarding entries, else of the entries for all other frames and the device's own remote.  The
    device's own remote is bound to the device's link, an entry to the link in the entry.
    Source: drivers/net/vxlan/vxlan_core.c vxlan_dev_configure(), vxlan_fdb_parse(), vxlan_xmit_one()
    """
    tunnel = link.tunnel
    if tunnel is None:
        return ()
    entries = [each for each in namespace.fdb if each.port == link.name and each.remote is not None]
    named = tuple(_remote(each) for each in entries if mac is not None and each.mac == mac)
    if named:
        return named
    flooded = tuple(_remote(each) for each in entries if each.mac == _FLOOD)
    own = tunnel.remote is not None and all(each.address != tunnel.remote for each in flooded)
    return (*flooded, Remote(tunnel.remote, tunnel.underlay)) if own and tunnel.remote is not None else flooded


def _remote(entry: FdbEntry) -> Remote:
    assert entry.remote is not None
    return Remote(entry.remote, entry.via)


def far_ends(network: Network, netns: Netns, link: Link, mac: int | None) -> tuple[Port | None, ...]:
    """Return the tunnel devices that a frame to the MAC address (None: a broadcast) reaches, one for each destination.

    None in their place: the destination was not read, or no device there receives the frame.
    """
    tunnel = link.tunnel
    if tunnel is None:
        return ()
    namespace = network.namespace(netns)
    return tuple(_far_end(network, netns, tunnel, remote.address) for remote in remotes_of(namespace, link, mac))


def _far_end(network: Network, netns: Netns, tunnel: Tunnel, remote: int) -> Port | None:
    for other, namespace in network.namespaces():
        if other != netns and owns_address(namespace, tunnel.version, remote):
            found = taker(namespace, tunnel, tunnel.local, remote, tunnel.port)
            return Port(other, found.name) if found is not None else None
    return None


def taker(namespace: Namespace, tunnel: Tunnel, source: int | None, destination: int, port: int | None) -> Link | None:
    """Return the device that receives what this tunnel sends between these outer addresses, to that UDP port."""
    found = (each for each in namespace.links if _takes(each.tunnel, tunnel, source, destination, port))
    return next(found, None)


def listens(namespace: Namespace, tunnel: Tunnel, port: int | None) -> bool:
    """Return whether a device of the tunnel's kind has its UDP socket open at the port, as it does while it is up.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_open(), drivers/net/geneve.c geneve_open()
    """
    return any(
        link.up and own is not None and (own.kind, own.version, own.port) == (tunnel.kind, tunnel.version, port)
        for link in namespace.links
        for own in (link.tunnel,)
    )


def _takes(own: Tunnel | None, sender: Tunnel, source: int | None, destination: int, port: int | None) -> bool:
    if own is None or (own.kind, own.version, own.port) != (sender.kind, sender.version, port):
        return False
    if own.kind == "vxlan":
        return own.external or own.key == sender.key
    from_there = own.remote is None or source is None or own.remote == source
    if own.kind == "geneve":
        return own.external or (own.key == sender.key and from_there)
    return own.key == sender.key and from_there and own.local in (None, destination)
