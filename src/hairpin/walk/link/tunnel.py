"""Tunnel devices: a frame that leaves by a tunnel device becomes the payload of an outer packet, and comes out of the
tunnel device at the other end.

The outer packet is walked like any packet of the kernel: its route, OUTPUT and POSTROUTING, its neighbour, then
PREROUTING and INPUT of the receiving host.

Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit_one(), vxlan_rcv(); net/ipv4/ip_tunnel_core.c iptunnel_xmit()
"""

import msgspec

from hairpin.door import Encapsulated
from hairpin.host.link import IPV6_MIN_MTU, Link, Tunnel
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.evaluate.header import WITH_PORTS
from hairpin.netfilter.packet import GRE, UDP, Packet
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, is_bridge_port
from hairpin.network.prefix import address_text
from hairpin.network.stacked import link_of
from hairpin.network.tunnel.tunnels import (
    Remote,
    encapsulation,
    far_ends,
    overhead_bytes,
    receiver,
    refusal,
    remotes_of,
    underlay_netns,
)
from hairpin.walk.decided import LinkDecided
from hairpin.walk.ip.mtu import length_on_wire
from hairpin.walk.ip.route_out import output_route
from hairpin.walk.link.crossing import unpacked
from hairpin.walk.state import Carried, End, Fragments, Outcome, Sender, State, stopped, stopped_by

_IN_IP = {4: 4, 6: 41}
"""The outer packet's protocol number, by the inner packet's IP version: IP in IP, IPv6 in IP."""


def encapsulated(network: Network, state: State, link: Link) -> Outcome:
    """Return the outer packet of a frame that leaves by a tunnel device, or the frame's end."""
    if encapsulation(link).kind == "ipip" and state.packet.version == 6:
        return stopped_by(state, "no-tunnel", link, message("carries IPv4 only"), stage="tunnel")
    if (alike := _from_itself(network, state, link)) is not None:
        return alike
    remote = _remote(network, state, link)
    if remote is None:
        return stopped_by(state, "no-tunnel-remote", link, _no_entry(state.packet.dmac), stage="tunnel")
    outer = _outer(network, state, link, remote)
    return _to_itself(network, state, link, remote, outer) or _too_big(network, state, link, outer) or outer


def has_far_address(link: Link, mac: int | None) -> bool:
    """Return whether ``mac``, the far end's hardware address, is the vxlan or geneve device's own address.

    The far device then drops the frame: its source is the far device's own address, or its destination is not.
    Source: drivers/net/vxlan/vxlan_core.c vxlan_set_mac(); drivers/net/geneve.c geneve_rx()
    """
    return link.tunnel is not None and link.tunnel.kind in ("vxlan", "geneve") and mac is not None and mac == link.mac


def _from_itself(network: Network, state: State, link: Link) -> Outcome | None:
    """Return the end of a frame if the far device has the same hardware address as the sending device; else None.  A
    device drops a frame from its own hardware address."""
    mac = state.packet.dmac if state.packet.dmac is not None else state.frame.dmac
    if not has_far_address(link, mac):
        return None
    entries = network.namespace(state.netns).neighbours
    entry = next((each for each in entries if (each.link, each.mac) == (link.name, mac)), None)
    said = message(
        "has the hardware address {mac} itself, and its neighbour entry gives the same address to the far end",
        mac=write_mac(mac or 0),
    )
    decided = LinkDecided(link.name, said, entry.evidence if entry is not None else link.evidence, entry)
    address = entry.value if entry is not None else None
    return stopped(state, "neighbour-wrong", stage="tunnel", link=link.name, decided_by=decided, address=address)


def _remote(network: Network, state: State, link: Link) -> Remote | None:
    """Return the outer destination of the frame, or None.  If the frame is flooded to several destinations, return the
    destination on the host of the frame's receiver, else the first destination."""
    mac = state.packet.dmac if state.packet.dmac is not None else state.frame.dmac
    remotes = remotes_of(network.namespace(state.netns), link, mac)
    if state.frame.target is not None:
        for remote, far in zip(remotes, far_ends(network, state.netns, link, mac), strict=True):
            if far is not None and far.netns.host == state.frame.target.netns.host:
                return remote
    return remotes[0] if remotes else None


def _no_entry(mac: int | None) -> Message:
    if mac is None:
        return message("has no forwarding entry")
    return message("has no forwarding entry for {mac}", mac=write_mac(mac))


def _outer(network: Network, state: State, link: Link, remote: Remote) -> State:
    """Return the outer packet before it is routed.  If the outer packet is in another namespace than the frame, it
    loses the frame's mark."""
    tunnel, home = encapsulation(link), underlay_netns(state.netns, link)
    packet = outer_packet(network, tunnel, state, tunnel.local or 0, remote.address)
    address = address_text(remote.address, tunnel.version)
    said = message("into {tunnel} to {address}", tunnel=_named(tunnel), address=address)
    return State(
        "output-route",
        home,
        packet if home == state.netns else msgspec.structs.replace(packet, mark=0),
        oif=remote.via or "",
        hops=state.hops + 1,
        sender=_sender(state) if home == state.netns else Sender(uid=0, by_kernel=True, without_socket=True),
        fragments=Fragments(gso=state.fragments.gso),
        history=state.noted("tunnel", link.name, LinkDecided(link.name, said, link.evidence)).history,
        carried=Carried(state, tunnel),
    )


def _sender(frame: State) -> Sender:
    """Return the sender of the outer packet.  The sender is the socket of the inner packet, because skb_scrub_packet()
    keeps this socket.  If the frame has lost its socket, as a frame from another namespace has, the sender has uid
    0."""
    own = frame.sender
    if own.uid is not None:
        return Sender(uid=own.uid, by_kernel=own.by_kernel)
    return Sender(uid=0, by_kernel=True, without_socket=not own.by_kernel)


def _to_itself(network: Network, state: State, link: Link, remote: Remote, outer: State) -> Outcome | None:
    """Return what happens to a vxlan frame whose outer destination is this host: the vxlan device of its VNI and port
    receives the frame directly, without an outer packet.  Return None if the destination is another host.

    Source: drivers/net/vxlan/vxlan_core.c encap_bypass_if_local(), vxlan_encap_bypass()
    """
    ways = output_route(network, outer) if encapsulation(link).kind == "vxlan" else ()
    if not any(isinstance(way, State) and way.oif == "lo" for way in ways):
        return None
    tunnel = msgspec.structs.replace(encapsulation(link), remote=remote.address)
    port = receiver(network, outer.netns, tunnel) if remote.via is None else None
    if port is None or not link_of(network, port).up:
        said = message("no tunnel device here takes {tunnel}", tunnel=_named(tunnel))
        return stopped_by(state, "no-tunnel", link, said, stage="tunnel")
    there = link_of(network, port)
    said = message("passes the frame to {link}, because this host is the destination", link=there.name)
    noted = state.noted("tunnel", link.name, LinkDecided(link.name, said, link.evidence))
    packet = noted.packet
    if not is_bridge_port(network.namespace(port.netns), there):  # the device accepts the frame, whatever its MAC
        packet = msgspec.structs.replace(packet, dmac=None)
    return noted.with_frame(physin="", physout="", target=None).to(
        "device-in",
        netns=port.netns,
        iif=there.name,
        oif="",
        packet=packet,
        hops=state.hops + 1,
        sender=Sender(),  # ip_rcv_core(): skb_orphan()
        handed_back="forwarded" if state.iif else "sent",
    )


def _too_big(network: Network, state: State, link: Link, outer: State) -> End | None:
    """Return the end of a packet that exceeds the MTU of a GRE or IP-in-IP tunnel, or None.

    The kernel sends an ICMP error about such a packet.  In spite of the error, the kernel encapsulates a packet that
    may be fragmented, and an IPv6 packet if the MTU is below 1280 bytes.  Source: net/ipv4/ip_tunnel.c
    tnl_update_pmtu(); net/ipv4/icmp.c icmp_ndo_send(), which sends the error to the source address from before SNAT
    """
    tunnel, packet = encapsulation(link), state.packet
    forbids = packet.dont_fragment if packet.version == 4 else outer.packet.dont_fragment
    if tunnel.port is not None or not forbids:
        return None
    ways = (way.mtu_bytes for way in output_route(network, outer) if isinstance(way, State))
    mtu = next((each for each in ways if each is not None), None)
    room = mtu - overhead_bytes(tunnel) if mtu is not None else None
    if room is None or length_on_wire(state) <= room or (packet.version == 6 and room < IPV6_MIN_MTU):
        return None
    connection = state.track.connection
    if connection is not None:
        sent = connection.reply if state.track.ct_direction else connection.original
        state = msgspec.structs.replace(state, packet=msgspec.structs.replace(packet, saddr=sent.saddr))
    said = message("has room for {mtu} bytes in its outer packets", mtu=room)
    answer = "icmp-frag-needed" if packet.version == 4 else "icmp6-too-big"
    return stopped_by(state, "mtu", link, said, stage="device-out", reject=answer)


def outer_packet(network: Network, tunnel: Tunnel, frame: State, source: int, destination: int) -> Packet:
    """Return the outer packet that carries the frame from one end of the tunnel to the other."""
    by_udp = tunnel.port is not None
    inner = frame.packet
    return Packet(
        version=tunnel.version,
        saddr=source,
        daddr=destination,
        protocol=UDP if by_udp else GRE if tunnel.kind.startswith("gre") else _IN_IP[inner.version],
        sport=network.namespace(frame.netns).door.choices.outer_port(_encapsulated(frame)) if by_udp else None,
        dport=tunnel.port,
        length_bytes=length_on_wire(frame) + overhead_bytes(tunnel),
        ttl=tunnel.ttl or inner.ttl,
        mark=inner.mark,
        dont_fragment=_keeps_whole(tunnel, inner),
    )


def _keeps_whole(tunnel: Tunnel, inner: Packet) -> bool:
    """Return whether the outer packet has DF.  GRE and IP in IP copy DF from the inner packet unless the tunnel sets
    DF.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit_one(): VXLAN_DF_INHERIT; net/ipv4/ip_tunnel.c ip_tunnel_xmit()
    """
    if tunnel.port is None and inner.version == 6:
        return tunnel.dont_fragment == "set"
    inherits = tunnel.port is None or tunnel.dont_fragment == "inherit"
    return tunnel.dont_fragment == "set" or (inherits and (inner.version == 6 or inner.dont_fragment))


def _encapsulated(frame: State) -> Encapsulated:
    packet, netns = frame.packet, frame.netns
    ports = (packet.sport, packet.dport) if packet.protocol in WITH_PORTS else (None, None)
    sport, dport = (-1 if each is None else each for each in ports)
    return Encapsulated(netns.host, netns.name, packet.saddr, packet.daddr, packet.protocol, sport, dport)


def decapsulated(network: Network, state: State) -> Outcome:
    """Return the inner frame as it comes out of the tunnel device that receives the outer packet after INPUT; the outer
    packet's end if no device receives it."""
    carried, outer = state.carried, state.packet
    assert carried is not None
    tunnel = msgspec.structs.replace(carried.tunnel, local=outer.saddr, remote=outer.daddr, port=outer.dport)
    port, answer = receiver(network, state.netns, tunnel), refusal(network, state.netns, tunnel)
    if port is None:
        said = message("no tunnel device here takes {tunnel}", tunnel=_named(carried.tunnel))
        decided = LinkDecided(state.iif, said)
        return stopped(state, "no-tunnel", stage="tunnel", link=state.iif, decided_by=decided, reject=answer)
    link, there = link_of(network, port), msgspec.structs.replace(state, netns=port.netns)
    if not link.up:
        return stopped_by(there, "link-down", link, message("is down"), stage="tunnel", reject=answer)
    decided = LinkDecided(link.name, message("out of {tunnel}", tunnel=_named(carried.tunnel)), link.evidence)
    mark = outer.mark if port.netns == state.netns else 0
    return unpacked(network, there.noted("tunnel", link.name, decided), port, mark=mark)


def _named(tunnel: Tunnel) -> Message:
    name = {"vxlan": "VNI", "geneve": "VNI"}.get(tunnel.kind, "key")
    key = f", {name} {tunnel.key}" if tunnel.key is not None else ""
    if tunnel.port is None:
        return verbatim(f"{tunnel.kind}{key}")
    return message("{kind} on UDP port {port}{key}", kind=tunnel.kind, port=tunnel.port, key=key)


def lost_in_tunnel(end: End) -> bool:
    """Return whether the ICMP error was about an outer packet.  The inner packet's sender does not get an error about
    an outer packet."""
    return end.kind == "rejected" and end.state.carried is not None
