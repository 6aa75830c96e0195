"""Tunnel devices of several hosts: where a tunnel's frames go, and which device takes them there.

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
"""The hardware address 00:00:00:00:00:00: its entries name who gets what no other entry is for."""
ETHERNET = ("vxlan", "geneve", "gretap")
"""Kinds of tunnels that carry whole Ethernet frames."""


class Remote(msgspec.Struct, frozen=True):
    """An outer destination, and the link that the outer packet is bound to, if any."""

    address: int
    via: str | None = None


def remotes_of(namespace: Namespace, link: Link, mac: int | None) -> tuple[Remote, ...]:
    """Return the outer destinations of a frame to the hardware address: those of its forwarding entries, else of the
    entries for all other frames and the device's own remote.

    Only the device's own remote is bound to the device's link, an entry to the link that it names itself.
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
    """Return the tunnel devices that a frame to the hardware address (None: to everybody) reaches, one for each outer
    destination; None for a destination that was not read, or where no device takes the frame."""
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
    """Return the device that takes what this tunnel has sent from the outer ``source`` to the outer ``destination``, at
    the UDP port that the outer packet has there.

    Of several of GRE and its like those that are down are passed over; the one that names most of the two addresses
    goes first, of one address the remote one.
    """
    found = [each for each in namespace.links if _takes(each, tunnel, source, destination, port)]
    return max(found, key=_precedence, default=None)


def _precedence(link: Link) -> tuple[bool, ...]:
    own = link.tunnel
    if own is None or own.port is not None:
        return ()
    return (link.up, link.name not in _FALLBACKS, own.remote is not None, own.local is not None)


_FALLBACKS = ("gre0", "gretap0", "tunl0", "sit0")
"""The devices that each namespace has of itself once the kernel can do such tunnels.  Those that are up take what no
other device does, whatever its key.  Source: net/ipv4/ip_tunnel.c ip_tunnel_lookup(): fb_tunnel_dev"""
_PROTOCOLS = {"gre": "gre", "gretap": "gre", "erspan": "gre", "ipip": "ip", "sit": "ip"}


def refusal(namespace: Namespace, tunnel: Tunnel, port: int | None) -> str | None:
    """Return what the kernel answers to an outer packet that no device takes.  UDP refuses where no socket is; GRE and
    IP in IP refuse always: with another error once the kernel can do such tunnels, as links of the kind show.

    Source: net/ipv4/ip_gre.c gre_rcv(), net/ipv4/tunnel4.c tunnel4_rcv(); net/ipv4/ip_input.c
    ip_protocol_deliver_rcu()
    """
    if tunnel.port is not None:
        unreachable = "icmp-port-unreachable" if tunnel.version == 4 else "icmp6-port-unreachable"
        return None if listens(namespace, tunnel, port) else unreachable
    own = _PROTOCOLS[tunnel.kind]
    able = any(_PROTOCOLS.get(each.kind) == own for each in namespace.links)
    return "icmp-port-unreachable" if able else "icmp-proto-unreachable"


def listens(namespace: Namespace, tunnel: Tunnel, port: int | None) -> bool:
    """Return whether a device of the tunnel's kind has its UDP socket open at the port: it has while it is up.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_open(), drivers/net/geneve.c geneve_open()
    """
    return any(
        link.up and own is not None and (own.kind, own.version, own.port) == (tunnel.kind, tunnel.version, port)
        for link in namespace.links
        for own in (link.tunnel,)
    )


def _takes(link: Link, sender: Tunnel, source: int | None, destination: int, port: int | None) -> bool:
    own = link.tunnel
    if own is None or (own.kind, own.version, own.port) != (sender.kind, sender.version, port):
        return False
    if own.kind == "vxlan":
        return own.external or own.key == sender.key
    from_there = own.remote is None or source is None or own.remote == source
    if own.kind == "geneve":
        return own.external or (own.key == sender.key and from_there)
    if link.name in _FALLBACKS:
        return link.up
    return own.key == sender.key and from_there and own.local in (None, destination)
