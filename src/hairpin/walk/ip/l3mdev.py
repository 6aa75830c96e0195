"""Layer 3 master devices (l3mdev): a VRF above its ports, and an ipvlan in mode l3s above the link below it.

A packet that enters or leaves by a VRF port passes hooks twice: with the port and with the VRF as its interface.
Source: drivers/net/vrf.c vrf_ip_rcv(), vrf_ip_out_direct(), vrf_output_direct() (as of Linux 5.16, which does not track
connections there)

For an ipvlan in mode l3s, PREROUTING and INPUT run in the namespace of the link below, as for packets to that
namespace.  In the ipvlan's namespace, the kernel looks up only the route and the socket.

Source: drivers/net/ipvlan/ipvlan_l3s.c ipvlan_l3_rcv(), ipvlan_nf_input(); net/ipv4/ip_input.c ip_rcv_finish()
"""

from collections.abc import Iterator

import msgspec

from hairpin.netfilter.ir import CT_UNTRACKED
from hairpin.netfilter.packet import Packet
from hairpin.network.index import vrf_of
from hairpin.network.network import Network, Port
from hairpin.network.prefix import BROADCAST4, LINK_LOCAL6, is_multicast
from hairpin.network.stacked import link_of, takes_address
from hairpin.walk.hooks.hooks import Reroute, run_hook
from hairpin.walk.ip.route_in import input_route
from hairpin.walk.state import End, Outcome, State, without_ends


def into_vrf(network: Network, state: State) -> Iterator[Outcome]:
    """Yield a packet that has passed PREROUTING with its input link.

    If the input link is a VRF port, the packet passes PREROUTING again, with the VRF as its input interface.  Only a
    multicast or link-local packet does not pass it again.
    """
    master = vrf_of(network.namespace(state.netns), state.iif)
    if master is None or master.name == state.iif:
        yield state if not state.slave else msgspec.structs.replace(state, slave="")
        return
    moved = msgspec.structs.replace(state, iif=master.name, slave=state.iif)
    if _stays_on_link(state.packet):
        yield moved
    else:
        yield from run_hook(network, moved, "prerouting")


def shown_by_vrf(network: Network, state: State, reroute: Reroute) -> Iterator[Outcome]:
    """Yield a local packet before OUTPUT; if it leaves by a VRF port, it has passed the VRF's hooks.

    A packet that leaves by a VRF port passes OUTPUT and POSTROUTING untracked, with the VRF as its output interface.
    Afterwards the packet passes both hooks with the port as its output interface.
    """
    master = vrf_of(network.namespace(state.netns), state.oif)
    to_all = state.packet.version == 4 and state.packet.daddr == BROADCAST4
    hidden = state.sender.header_included or to_all or _stays_on_link(state.packet)
    if master is None or master.name == state.oif or hidden:
        yield state
        return
    shown = state.with_track(ct_state=state.track.ct_state or CT_UNTRACKED).to(state.stage, oif=master.name)
    states = yield from without_ends((run_hook(network, shown, "output", reroute),))
    states = yield from without_ends(run_hook(network, each, "postrouting", translates=False) for each in states)
    for each in states:
        oif, ct_state = each.rerouted or state.oif, 0 if each.track.ct_state == CT_UNTRACKED else each.track.ct_state
        yield each.with_track(ct_state=ct_state, notrack=state.track.notrack).to(each.stage, oif=oif, rerouted="")


def _stays_on_link(packet: Packet) -> bool:
    """Return whether the destination is multicast or link-local."""
    if packet.version == 6:
        return is_multicast(packet.daddr, 6) or LINK_LOCAL6.holds(packet.daddr, 6)
    return is_multicast(packet.daddr, 4)


def input_route_above(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the outcomes of the route lookup for a packet that has passed PREROUTING.

    If an ipvlan in mode l3s has the destination address, the route is looked up in the ipvlan's namespace.  The route
    is looked up in the namespace of the input link in two cases: there is no such ipvlan, or the ipvlan's lookup does
    not lead to local delivery.  An IPv6 packet that the ipvlan's lookup drops is not looked up again.
    """
    packet, lower = state.packet, Port(state.netns, state.iif)
    port = takes_address(network, lower, packet.version, packet.daddr)
    if port is None or link_of(network, port).macvlan_mode != "l3s":
        yield from input_route(network, state)
        return
    moved = msgspec.structs.replace(state, netns=port.netns, iif=port.link, slave="")
    for outcome in input_route(network, moved):
        if isinstance(outcome, State) and outcome.stage == "input":
            yield msgspec.structs.replace(outcome, netns=state.netns, iif=state.iif, l3s=port)
        elif isinstance(outcome, End) and packet.version == 6:
            yield outcome
        else:
            yield from input_route(network, state)


def delivered_above(state: State) -> State:
    """Return a packet that has passed INPUT, moved to its socket's namespace.  The socket's namespace is the ipvlan's
    if an ipvlan in mode l3s receives the packet."""
    port = state.l3s
    return state if port is None else msgspec.structs.replace(state, netns=port.netns, iif=port.link)
