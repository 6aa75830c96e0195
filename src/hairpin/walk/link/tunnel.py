"""Tunnels: a frame that leaves by a tunnel device becomes the payload of an outer packet of the host, and comes out of
the tunnel device at the other end.

The outer packet is walked as any other packet of the kernel's own: routed, shown to OUTPUT and POSTROUTING, sent to its
neighbour, shown to PREROUTING and INPUT of the host that it arrives at.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit_one(), vxlan_rcv(); net/ipv4/ip_tunnel_core.c iptunnel_xmit()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.link import Link, Tunnel
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.packet import GRE, UDP, Packet
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.tunnels import ETHERNET, far_ends, remotes_of, taker
from hairpin.walk.ip.mtu import length_on_wire
from hairpin.walk.state import Carried, End, Fragments, Frame, LinkDecided, Outcome, Sender, State, stopped

_IPIP = 4
_SOURCE_PORT = 49152
"""Stands for any port: the kernel draws the outer source port from a hash of the inner packet, udp_flow_src_port()."""
_ETHERNET_HEADER = 14
_OWN_HEADER = {"vxlan": 8 + 8, "geneve": 8 + 8, "gre": 4, "gretap": 4, "ipip": 0, "sit": 0}
"""Bytes between the outer IP header and the frame: UDP and VXLAN headers, or GRE's; a key is four more."""
_IP_HEADER = {4: 20, 6: 40}


def encapsulated(network: Network, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the outer packet of a frame that leaves by a tunnel device, or the frame's end where it has no remote."""
    tunnel = link.tunnel
    assert tunnel is not None
    remote = _remote(network, state, link)
    if remote is None:
        decided = LinkDecided(link.name, _no_entry(state.packet.dmac), link.evidence)
        yield stopped(state, "no-tunnel-remote", stage="tunnel", link=link.name, decided_by=decided)
        return
    outer = outer_packet(tunnel, state, tunnel.local or 0, remote)
    said = message("into {tunnel} to {address}", tunnel=_named(tunnel), address=address_text(remote, tunnel.version))
    noted = state.noted("tunnel", link.name, LinkDecided(link.name, said, link.evidence))
    yield State(
        "output-route",
        state.netns,
        outer,
        oif=tunnel.underlay or "",
        hops=state.hops + 1,
        sender=Sender(uid=0, by_kernel=True),
        history=noted.history,
        carried=Carried(state, tunnel),
    )


def _no_entry(mac: int | None) -> Message:
    if mac is None:
        return message("has no forwarding entry")
    return message("has no forwarding entry for {mac}", mac=write_mac(mac))


def outer_packet(tunnel: Tunnel, frame: State, source: int, destination: int) -> Packet:
    """Return the packet that carries the frame from one end of the tunnel to the other."""
    by_udp = tunnel.port is not None
    inner = frame.packet
    keeps_whole = tunnel.dont_fragment == "set" or (tunnel.dont_fragment == "inherit" and inner.dont_fragment)
    return Packet(
        version=tunnel.version,
        saddr=source,
        daddr=destination,
        protocol=UDP if by_udp else GRE if tunnel.kind.startswith("gre") else _IPIP,
        sport=_SOURCE_PORT if by_udp else None,
        dport=tunnel.port,
        length_bytes=length_on_wire(frame) + overhead_bytes(tunnel),
        mark=inner.mark,
        dont_fragment=keeps_whole,
    )


def overhead_bytes(tunnel: Tunnel) -> int:
    """Return by how many bytes the outer packet is longer than the inner one."""
    ethernet = _ETHERNET_HEADER if tunnel.kind in ETHERNET else 0
    key = 4 if tunnel.kind.startswith("gre") and tunnel.key is not None else 0
    return _IP_HEADER[tunnel.version] + _OWN_HEADER.get(tunnel.kind, 0) + key + ethernet


def _remote(network: Network, state: State, link: Link) -> int | None:
    """Return the outer destination.  A frame that is flooded goes to all of them: the one whose far end leads to the
    frame's receiver counts, else the first."""
    mac = state.packet.dmac if state.packet.dmac is not None else state.frame.dmac
    remotes = remotes_of(network.namespace(state.netns), link, mac)
    if state.frame.target is not None:
        for remote, far in zip(remotes, far_ends(network, state.netns, link, mac), strict=True):
            if far is not None and far.netns.host == state.frame.target.netns.host:
                return remote
    return remotes[0] if remotes else None


def decapsulated(network: Network, state: State) -> Outcome:
    """Return the frame as it comes out of the tunnel device that takes the outer packet, which has passed INPUT."""
    carried, outer = state.carried, state.packet
    assert carried is not None
    namespace = network.namespace(state.netns)
    link = taker(namespace, carried.tunnel, outer.saddr, outer.daddr)
    if link is None:
        said = message("no tunnel device here takes {tunnel}", tunnel=_named(carried.tunnel))
        return stopped(state, "no-tunnel", stage="tunnel", link=state.iif, decided_by=LinkDecided(state.iif, said))
    if not link.up:
        decided = LinkDecided(link.name, message("is down"), link.evidence)
        return stopped(state, "link-down", link=link.name, decided_by=decided)
    frame = carried.frame
    decided = LinkDecided(link.name, message("out of {tunnel}", tunnel=_named(carried.tunnel)), link.evidence)
    noted = state.noted("tunnel", link.name, decided)
    return State(
        "device-in",
        state.netns,
        msgspec.structs.replace(frame.packet, mark=0),
        iif=link.name,
        hops=state.hops + 1,
        frame=Frame(vid=frame.frame.vid, target=frame.frame.target),
        fragments=Fragments(largest=frame.fragments.largest),
        history=noted.history,
        carried=frame.carried,
    )


def carried_back(carried: Carried, answer: Packet) -> Carried:
    """Return what the far end of a tunnel, which nobody read, sends back: the answer to the frame that it got."""
    frame = carried.frame
    back = msgspec.structs.replace(answer, smac=frame.packet.dmac, dmac=frame.packet.smac)
    return Carried(State("device-in", frame.netns, back), carried.tunnel)


def _named(tunnel: Tunnel) -> Message:
    name = {"vxlan": "VNI", "geneve": "VNI"}.get(tunnel.kind, "key")
    key = f", {name} {tunnel.key}" if tunnel.key is not None else ""
    if tunnel.port is None:
        return verbatim(f"{tunnel.kind}{key}")
    return message("{kind} on UDP port {port}{key}", kind=tunnel.kind, port=tunnel.port, key=key)


def lost_in_tunnel(end: End) -> bool:
    """Return whether a refusal was about an outer packet, of which the inner packet's sender learns nothing."""
    return end.kind == "rejected" and end.state.carried is not None
