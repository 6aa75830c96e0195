"""WireGuard's routing by allowed addresses, and the WireGuard device that receives an outer packet.

A packet that leaves by a WireGuard device goes to the peer whose allowed addresses contain the packet's destination.  A
packet that comes out of a WireGuard device needs a source address that is allowed to the peer that sent the packet.

Source: drivers/net/wireguard/device.c wg_xmit(), receive.c wg_packet_consume_data_done(), allowedips.c
"""

from hairpin.host.host import Namespace
from hairpin.host.link import Link, Peer, Tunnel, Wireguard
from hairpin.network.prefix import Prefix, Version
from hairpin.network.tunnel.tunnels import overhead_bytes

KIND = "wireguard"
"""The kind of a WireGuard device, and the tunnel kind of its outer packets."""
_PADDED_TO = 16


def peer_for(device: Wireguard, version: Version, address: int) -> Peer | None:
    """Return the peer whose allowed prefixes have the longest prefix that contains the address, or None."""
    best: tuple[int, Peer] | None = None
    for peer in device.peers:
        for each in peer.allowed:
            if not each.holds(address, version):
                continue
            if best is None or each.prefix_length > best[0]:
                best = (each.prefix_length, peer)
    return best[1] if best is not None else None


def listening(namespace: Namespace, port: int | None) -> Link | None:
    """Return the WireGuard device that has its UDP socket open at the port (as a device has while it is up), or
    None."""
    return next((each for each in devices(namespace) if each.up and settings(each).listen_port == port), None)


def devices(namespace: Namespace) -> tuple[Link, ...]:
    """Return the namespace's WireGuard devices whose settings were read."""
    return tuple(each for each in namespace.links if each.wireguard is not None)


def settings(link: Link) -> Wireguard:
    """Return the settings of a WireGuard device."""
    assert link.wireguard is not None
    return link.wireguard


def outer_length(inner_bytes: int, mtu_bytes: int, version: Version) -> int:
    """Return the length of the outer packet.  The inner packet is padded up to a multiple of 16 bytes, or to the MTU.

    Source: drivers/net/wireguard/send.c calculate_skb_padding()
    """
    padded = -(-inner_bytes // _PADDED_TO) * _PADDED_TO
    return max(inner_bytes, min(padded, mtu_bytes)) + overhead_bytes(Tunnel(KIND, version))


def allowed_text(prefixes: tuple[Prefix, ...]) -> str:
    """Return a peer's allowed addresses as wg(8) writes them: ``10.9.0.2/32 10.244.2.0/24``, or ``(none)``."""
    return " ".join(str(each) for each in prefixes) or "(none)"
