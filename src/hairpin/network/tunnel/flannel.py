"""flannel's udp backend: flanneld has a tun device open, and relays the device's packets to the destination's node.

flanneld has the leases of all nodes in memory.  Each node writes its own lease to ``/run/flannel/subnet.env``, so
hairpin knows the leases of nodes that were read.

Source: flannel-io/flannel pkg/backend/udp/udp_network_amd64.go newNetwork(), processSubnetEvents()
"""

import msgspec

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.network import Network, addresses_of, is_uplink
from hairpin.network.prefix import Prefix, parse_prefix

KIND = "flannel-udp"
"""The tunnel kind of flanneld's UDP packets."""
FLANNELD = "flanneld"
_FILE = "/run/flannel/subnet.env"
_LEASE = "FLANNEL_SUBNET="


class Relay(msgspec.Struct, frozen=True):
    """A flanneld that relays packets: its tun device, and the UDP socket by which it sends and receives."""

    link: Link
    socket: Socket


class Lease(msgspec.Struct, frozen=True):
    """The subnet of a node's containers, and the address of the node's flanneld."""

    netns: Netns
    prefix: Prefix
    address: int
    evidence: str = ""


def relay_behind(namespace: Namespace, link: Link) -> Relay | None:
    """Return the flanneld that reads packets from the link, or None."""
    if link.kind != "tun" or link.holder != FLANNELD:
        return None
    socket = next((each for each in namespace.sockets if _is_flannelds(each)), None)
    return Relay(link, socket) if socket is not None else None


def relay_at(namespace: Namespace, port: int | None) -> Relay | None:
    """Return the flanneld that receives UDP packets at the port, or None."""
    found = (relay_behind(namespace, link) for link in namespace.links)
    return next((each for each in found if each is not None and each.socket.port == port), None)


def lease_of(network: Network, address: int, *, besides: str) -> Lease | None:
    """Return the lease that contains the IPv4 address, if another host that was read has such a lease; else None."""
    leases = (_lease(network, host) for host in network.hosts if host.name != besides and host.netns in network)
    return next((each for each in leases if each and each.prefix.holds(address, 4)), None)


def _lease(network: Network, host: Host) -> Lease | None:
    file = next((each for each in host.files if each.path == _FILE), None)
    lines = file.text.splitlines() if file is not None else ()
    text = next((line.removeprefix(_LEASE) for line in lines if line.startswith(_LEASE)), "")
    address = _address(network, host.netns)
    try:
        prefix = Prefix(*parse_prefix(text))
    except ValueError:
        return None
    if file is None or prefix.version != 4 or address is None:
        return None
    return Lease(host.netns, prefix, address, file.evidence)


def _address(network: Network, netns: Netns) -> int | None:
    """Return the address to which flanneld has bound its socket; if the socket is bound to no address, return the first
    address of an uplink."""
    namespace = network.namespace(netns)
    bound = next((each.address for each in namespace.sockets if _is_flannelds(each)), None)
    if bound is not None:
        return bound
    uplinks = (each for each in namespace.links if is_uplink(network, netns, each) and each.kind != "tun")
    held = (each.value for link in uplinks for each in addresses_of(namespace, link.name, 4))
    return next(held, None)


def _is_flannelds(socket: Socket) -> bool:
    return socket.protocol == "udp" and socket.process == FLANNELD
