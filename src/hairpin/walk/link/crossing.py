"""Moves a packet from one namespace into another: through a veth, out of a tunnel, or to another host that was read."""

import msgspec

from hairpin.host.link import ETHERNET_TUNNELS, Link
from hairpin.message import message
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text
from hairpin.network.stacked import link_of
from hairpin.network.uplinks import holder_of_addresses
from hairpin.network.wires import owner_of, wires_of
from hairpin.walk.decided import Assumed
from hairpin.walk.link.segment import port_towards
from hairpin.walk.state import End, Fragments, Frame, Outcome, State, stopped


def enter(state: State, port: Port, *, from_below: bool = False) -> State:
    """Return the packet as it arrives at another link.

    The packet loses its conntrack entry.  Between namespaces the packet loses its mark, too, unless it comes from the
    parent link (``from_below``).

    Source: net/core/skbuff.c skb_scrub_packet()
    """
    keeps = from_below or port.netns == state.netns
    packet = state.packet if keeps else msgspec.structs.replace(state.packet, mark=0)
    return State(
        stage="device-in",
        netns=port.netns,
        packet=packet,
        iif=port.link,
        hops=state.hops + 1,
        frame=Frame(vid=state.frame.vid, target=state.frame.target, foreign=state.frame.foreign),
        fragments=Fragments(largest=state.fragments.largest, gso=state.fragments.gso),
        history=state.history,
        carried=state.carried,
    )


def unpacked(network: Network, state: State, port: Port, *, mark: int = 0) -> State:
    """Return the inner packet of a tunnel as it comes out of the tunnel device ``port``.

    Only a tunnel that carries Ethernet frames keeps the inner frame's header.
    """
    assert state.carried is not None
    inner = state.carried.frame
    packet = msgspec.structs.replace(inner.packet, mark=mark)
    if link_of(network, port).kind not in ETHERNET_TUNNELS:
        packet = msgspec.structs.replace(packet, smac=None, dmac=None)
        inner = inner.with_frame(vid=None, target=None)
    out = msgspec.structs.replace(inner, packet=packet, hops=state.hops, history=state.history)
    return enter(out, port, from_below=True)


def crossed(network: Network, state: State, link: Link) -> Outcome | None:
    """Return the packet as it arrives at another host that was read; None if it leaves the snapshot.

    If the user stated that a peer on the way drops the packet, return the packet's end.
    """
    there = _arriving(network, state, link)
    refused = refused_by_peer(network, state) if there is not None else None
    if refused is not None:
        return stopped(state, "peer-drops", stage="outside", link=link.name, decided_by=refused)
    return there


def refused_by_peer(network: Network, state: State) -> Assumed | None:
    """Return the fact that a stated peer drops the packet that has left the host; None if no stated peer drops it."""
    packet = state.packet
    if not network.world.peers or state.netns not in network:
        return None
    # A router drops only the packets that are sent to it, not packets for a machine on the link.
    to_router = state.next_hop is not None and state.next_hop.gateway is not None
    link = holder_of_addresses(network.namespace(state.netns), state.oif) if to_router else ""
    asked = (state.netns.host, packet.version, packet.saddr, packet.daddr)
    if network.world.peer_against(*asked, link=link) is None:
        return None
    said = message("the peer drops packets from {address}", address=address_text(packet.saddr, packet.version))
    return Assumed(said, "stated")


def refused_by_router(network: Network, left: State) -> Assumed | None:
    """Return the fact that the stated router behind an uplink drops the packet; None if the router does not drop it.
    The router drops answers, too."""
    link = holder_of_addresses(network.namespace(left.netns), left.oif)
    router = network.world.router_behind(left.netns.host, left.packet.version, link)
    return refused_by_peer(network, left) if router is not None else None


def past_router(network: Network, back: End) -> End:
    """Return the reply's end.  The stated router behind the uplink by which the reply left may drop the reply."""
    refused = refused_by_router(network, back.state) if back.kind == "left" and network.world.peers else None
    if refused is None:
        return back
    return stopped(back.state, "peer-drops", stage="outside", link=back.state.oif, decided_by=refused)


def _arriving(network: Network, state: State, link: Link) -> State | None:
    """Return the packet as it arrives at another host that was read, or None.

    Either both hosts are on one wire, or the other host alone has the destination address, and gateways that were not
    read lie between.  Either case is assumed, unless a neighbour entry shows the wire.
    """
    wires = wires_of(network, Port(state.netns, link.name))
    wire_ = next((each for each in wires if _leads_to(network, each.far, state)), None)
    if wire_ is not None:
        if wire_.assumed:
            said = message("{host} and {other} are on the same wire", host=state.netns.host, other=wire_.far.netns.host)
            state = state.noted("outside", link.name, Assumed(said))
        return enter(state, wire_.far)
    if state.frame.target is not None:
        return None
    packet = state.packet
    there = owner_of(network, packet.version, packet.daddr, besides=state.netns.host)
    if there is None:
        return None
    holder = next(each.link for each in network.namespace(there).addresses if each.value == packet.daddr)
    port = (
        port_towards(network, there, holder, None) if link_of(network, Port(there, holder)).kind == "bridge" else None
    )
    said = message("the network between {host} and {other} carries the packet", host=state.netns.host, other=there.host)
    bare = msgspec.structs.replace(packet, smac=None, dmac=None)
    moved = msgspec.structs.replace(state.noted("outside", link.name, Assumed(said)), packet=bare)
    return enter(moved, Port(there, port.name if port is not None else holder))


def _leads_to(network: Network, far: Port, state: State) -> bool:
    """Return whether the frame's receiver is behind the other end of the wire."""
    if state.frame.target is not None:
        return far.netns.host == state.frame.target.netns.host
    mac = state.packet.dmac if state.packet.dmac is not None else state.frame.dmac
    link = link_of(network, far)
    holder = network.namespace(far.netns).link(link.master or "")
    return mac is not None and mac in (link.mac, holder.mac if holder is not None else None)
