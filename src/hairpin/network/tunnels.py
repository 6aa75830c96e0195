"""Tunnel devices of several hosts: where a tunnel's frames go, and which device receives them there.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit(), vxlan_rcv(); drivers/net/geneve.c geneve_lookup();
net/ipv4/ip_tunnel.c ip_tunnel_lookup()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network, Port, owns_address

_FLOOD = 0
"""The hardware address 00:00:00:00:00:00, whose entries apply to all frames without an entry of their own."""
ETHERNET = ("vxlan", "geneve", "gretap")
"""Kinds of tunnels that carry whole Ethernet frames."""


class Remote(msgspec.Struct, frozen=True):
    """An outer destination, and the link that the outer packet is bound to, if any."""

    address: int
    via: str | None = None


def remotes_of(namespace: Namespace, link: Link, mac: int | None) -> tuple[Remote, ...]:
    """Return the outer destinations of a frame to the hardware address.

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


def underlay_netns(netns: Netns, link: Link) -> Netns:
    """Return the namespace that a tunnel device's outer packets are in: the one in which the device was made.

    A device that has moved since has an id of that namespace.  It is taken to be the host's, where dockerd makes the
    devices of swarm's overlay networks.  Source: drivers/net/vxlan/vxlan_core.c struct vxlan_dev net,
    vxlan_get_link_net(); net/core/rtnetlink.c rtnl_fill_link_netnsid()
    """
    return netns if link.peer_netnsid is None else netns.of_host


def far_ends(network: Network, netns: Netns, link: Link, mac: int | None) -> tuple[Port | None, ...]:
    """Return the tunnel devices that a frame to the hardware address (None: a broadcast) reaches, one a destination.

    None in their place: the destination was not read, or no device there receives the frame.
    """
    tunnel = link.tunnel
    if tunnel is None:
        return ()
    home, remotes = underlay_netns(netns, link), remotes_of(network.namespace(netns), link, mac)
    return tuple(_far_end(network, home, tunnel, remote.address) for remote in remotes)


def _far_end(network: Network, home: Netns, tunnel: Tunnel, remote: int) -> Port | None:
    for other, namespace in network.namespaces():
        if other != home and owns_address(namespace, tunnel.version, remote):
            return taker(network, other, tunnel, tunnel.local, remote, tunnel.port)
    return None


def taker(
    network: Network, home: Netns, tunnel: Tunnel, source: int | None, destination: int, port: int | None
) -> Port | None:
    """Return the device that receives what this tunnel sends between these outer addresses, to that UDP port.

    ``home``: the namespace that the outer packet arrives in.  Of several devices of GRE or IP in IP, one that is up is
    preferred, then one that names both outer addresses, then one that names the remote address.
    """
    devices = _devices(network, home)
    found = [(netns, each) for netns, each in devices if _takes(each, tunnel, source, destination, port)]
    if not found:
        return None
    netns, link = max(found, key=lambda device: _precedence(device[1]))
    return Port(netns, link.name)


def _precedence(link: Link) -> tuple[bool, ...]:
    own = link.tunnel
    if own is None or own.port is not None:
        return ()
    return (link.up, link.name not in _FALLBACKS, own.remote is not None, own.local is not None)


_FALLBACKS = ("gre0", "gretap0", "tunl0", "sit0")
"""The devices that the kernel makes in each namespace when it loads such a tunnel's module.  One that is up receives
every packet that no other device receives, with any key.  Source: net/ipv4/ip_tunnel.c ip_tunnel_lookup()"""
_PROTOCOLS = {"gre": "gre", "gretap": "gre", "erspan": "gre", "ipip": "ip", "sit": "ip"}


def refusal(network: Network, home: Netns, tunnel: Tunnel, port: int | None) -> str | None:
    """Return the ICMP error with which the kernel refuses an outer packet that no device receives, or None.

    UDP refuses if no socket is open at the port.  GRE and IP in IP always refuse.  Their error depends on whether the
    tunnel's module is loaded, as links of the kind show.

    Source: net/ipv4/ip_gre.c gre_rcv(), net/ipv4/tunnel4.c tunnel4_rcv(); net/ipv4/ip_input.c
    ip_protocol_deliver_rcu()
    """
    if tunnel.port is not None:
        unreachable = "icmp-port-unreachable" if tunnel.version == 4 else "icmp6-port-unreachable"
        return None if listens(network, home, tunnel, port) else unreachable
    own = _PROTOCOLS[tunnel.kind]
    able = any(_PROTOCOLS.get(each.kind) == own for each in network.namespace(home).links)
    return "icmp-port-unreachable" if able else "icmp-proto-unreachable"


def listens(network: Network, home: Netns, tunnel: Tunnel, port: int | None) -> bool:
    """Return whether a device of the tunnel's kind has its UDP socket open at the port, as it does while it is up.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_open(), drivers/net/geneve.c geneve_open()
    """
    return any(
        link.up and own is not None and (own.kind, own.version, own.port) == (tunnel.kind, tunnel.version, port)
        for _, link in _devices(network, home)
        for own in (link.tunnel,)
    )


def _devices(network: Network, home: Netns) -> Iterator[tuple[Netns, Link]]:
    """Yield the tunnel devices whose outer packets are in that namespace, its own first."""
    for link in network.namespace(home).links:
        if link.tunnel is not None and underlay_netns(home, link) == home:
            yield home, link
    if not home.is_host:
        return
    for namespace in network.host(home.host).namespaces:
        for link in namespace.links:
            if link.tunnel is not None and namespace.name != home.name and link.peer_netnsid is not None:
                yield home.sibling(namespace.name), link


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
