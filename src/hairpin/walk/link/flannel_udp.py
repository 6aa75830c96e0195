"""flannel's udp backend: flanneld relays a packet from its tun device in a UDP packet.

The packet comes out of the tun device of the node that has the packet's destination.

Source: flannel-io/flannel pkg/backend/udp/proxy_amd64.c tun_to_udp(), udp_to_tun()
"""

import msgspec

from hairpin.host.link import Link, Tunnel
from hairpin.message import Message, message
from hairpin.netfilter.packet import UDP, Packet
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text
from hairpin.network.tunnel.flannel import KIND, Lease, Relay, lease_of, relay_at, relay_behind
from hairpin.network.tunnel.tunnels import overhead_bytes
from hairpin.walk.decided import Assumed, LinkDecided, SocketDecided
from hairpin.walk.ip.mtu import length_on_wire
from hairpin.walk.link.crossing import unpacked
from hairpin.walk.sockets import find_socket, socket_text
from hairpin.walk.state import Carried, End, Outcome, Sender, State, stopped, stopped_by


def relayed(network: Network, state: State, link: Link) -> Outcome | None:
    """Return the UDP packet in which flanneld relays a packet from its tun device.

    Return None if no flanneld reads the device, or if no host that was read has a lease for the destination.  If a
    signal has stopped the program that has a tun device open, no process reads the packet."""
    if link.kind == "tun" and link.holder_halted:
        said = message("{program}, which has the link open, is stopped", program=link.holder or "")
        return stopped_by(state, "process-frozen", link, said, stage="tunnel")
    relay = relay_behind(network.namespace(state.netns), link)
    packet = state.packet
    lease = lease_of(network, packet.daddr, besides=state.netns.host) if relay and packet.version == 4 else None
    if relay is None or lease is None:
        return None
    stop = _not_carried(state, relay)
    if stop is not None:
        return stop
    tunnel = Tunnel(KIND, port=relay.socket.port)
    noted = state.noted("tunnel", link.name, LinkDecided(link.name, _to(relay, lease), lease.evidence))
    said = message("flanneld of {host} knows the lease of {far}", host=state.netns.host, far=lease.netns.host)
    return State(
        "output-route",
        state.netns,
        _outer(state, relay, lease, tunnel),
        hops=state.hops + 1,
        sender=Sender(uid=relay.socket.uid or 0),
        history=noted.noted("tunnel", link.name, Assumed(said)).history,
        carried=Carried(_counted_down(state), tunnel, by_socket=True),
    )


def _to(relay: Relay, lease: Lease) -> Message:
    return message(
        "into flanneld, which sends the packet to {address}:{port} of {host} (lease {lease})",
        address=address_text(lease.address, 4),
        port=relay.socket.port,
        lease=str(lease.prefix),
        host=lease.netns.host,
    )


def _outer(state: State, relay: Relay, lease: Lease, tunnel: Tunnel) -> Packet:
    """Return flanneld's UDP packet.  The source port and the destination port of this packet are the port at which
    flanneld listens."""
    return Packet(
        version=4,
        saddr=relay.socket.address or 0,
        daddr=lease.address,
        protocol=UDP,
        sport=relay.socket.port,
        dport=relay.socket.port,
        length_bytes=length_on_wire(state) + overhead_bytes(tunnel),
    )


def received(network: Network, state: State) -> Outcome:
    """Return the packet as it comes out of the tun device of the flanneld that receives the UDP packet."""
    carried, outer = state.carried, state.packet
    assert carried is not None
    namespace = network.namespace(state.netns)
    found = find_socket(namespace, outer, state.iif)
    relay = relay_at(namespace, outer.dport)
    if relay is None or found.socket != relay.socket:
        said = message("no flanneld with a tun device receives packets at UDP port {port}", port=outer.dport)
        decided = SocketDecided(said, named=(found.socket,) if found.socket is not None else ())
        unreachable = "icmp-port-unreachable" if found.kind == "none" else None
        return stopped(state, "no-tunnel", stage="tunnel", link=state.iif, decided_by=decided, reject=unreachable)
    stop = _not_carried(msgspec.structs.replace(state, packet=carried.frame.packet), relay)
    if stop is not None:
        return stop
    said = message("out of flanneld, which received the packet at {socket}", socket=socket_text(relay.socket))
    noted = state.noted("tunnel", relay.link.name, LinkDecided(relay.link.name, said, relay.socket.evidence))
    return _counted_down(unpacked(network, noted, Port(state.netns, relay.link.name)))


def _not_carried(state: State, relay: Relay) -> End | None:
    """Return the end of a packet that flanneld does not carry.  flanneld carries no packet if a signal has stopped it,
    or if the packet's TTL is used up."""
    if relay.socket.halted:
        decided = SocketDecided(message("{socket} is halted", socket=socket_text(relay.socket)), named=(relay.socket,))
        return stopped(state, "process-frozen", stage="tunnel", link=relay.link.name, decided_by=decided)
    if state.packet.ttl <= 1:
        decided = SocketDecided(message("flanneld counts the TTL down to 0"), named=(relay.socket,))
        return stopped(state, "ttl", stage="tunnel", link=relay.link.name, decided_by=decided)
    return None


def _counted_down(state: State) -> State:
    packet = msgspec.structs.replace(state.packet, ttl=state.packet.ttl - 1)
    return msgspec.structs.replace(state, packet=packet)
