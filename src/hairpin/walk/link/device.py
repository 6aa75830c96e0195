"""How devices receive and send frames, and how a frame gets over the wire to another device."""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import ETHERNET_TUNNELS, BridgePort, Link
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import Hook
from hairpin.network.address_type import is_to_many
from hairpin.network.index import loops_back
from hairpin.network.network import Network, Port, is_bridge_port, is_uplink, owns_address, veth_peer
from hairpin.network.stacked import (
    bridges,
    link_of,
    lower_of,
    routes_below,
    stacked_on,
    takes_address,
    takes_all,
    takes_frame,
)
from hairpin.walk.decided import Assumed
from hairpin.walk.hooks.flowtable import carries_past
from hairpin.walk.hooks.hooks import run_bridge_hook, run_device_hook
from hairpin.walk.ip.mtu import too_long_for
from hairpin.walk.link.crossing import crossed, enter
from hairpin.walk.link.forwarding_entry import through_entries
from hairpin.walk.link.segment import port_towards
from hairpin.walk.link.traffic_control import opaque, passes, through_filters, through_traffic_control
from hairpin.walk.link.vlan import below, vlan_egress, vlan_ingress, vlan_link
from hairpin.walk.state import End, Outcome, State, stopped, stopped_by, without_ends


def device_in(network: Network, state: State) -> Iterator[Outcome]:
    """Yield what happens to a frame that arrives by ``state.iif``: the link's state, ingress programs, then the bridge
    or IP."""
    namespace = network.namespace(state.netns)
    link = namespace.link(state.iif)
    if link is None:
        yield stopped(state, "link-missing", link=state.iif)
        return
    if not link.up:
        yield link_down(state, link)
        return
    if not link.carrier:
        yield without_carrier(state, link)
        return
    too_long = too_long_for(state, link) if link.kind == "veth" else None
    if too_long is not None:
        yield too_long
        return
    for outcome in programs_in(network, state, link):
        if isinstance(outcome, End):
            yield outcome
            continue
        noted = outcome.noted("device-in", link.name)
        stacked = _stacked(network, state, link)
        if stacked is not None:
            yield enter(noted, stacked, from_below=True)
        elif is_bridge_port(namespace, link):
            yield noted.with_frame(physin=link.name).to("bridge", iif=link.master or "")
        elif state.frame.vid is not None:
            yield _tagged(namespace, noted, link, state.frame.vid)
        elif _for_another(link, state.packet.dmac):
            yield stopped_by(
                outcome, "neighbour-wrong", link, message("has another hardware address than the frame's destination")
            )
        else:
            master = namespace.link(link.master) if link.master else None
            upper = master.name if master is not None and master.kind in ("bond", "team") else link.name
            yield noted.with_frame(physin="").to("prerouting", iif=upper)


def _tagged(namespace: Namespace, state: State, link: Link, vid: int) -> Outcome:
    """Return a tagged frame as the link's VLAN link receives it; its end if no such VLAN link exists.  The network
    layer ignores tagged frames."""
    upper = vlan_link(namespace, link, vid)
    if upper is not None:
        return state.with_frame(vid=None).to("device-in", iif=upper.name)
    return stopped_by(state, "bridge-vlan", link, message("has no link for VLAN {vid}", vid=vid))


def _for_another(link: Link, dmac: int | None) -> bool:
    """Return whether the frame is for another hardware address than the link's (PACKET_OTHERHOST): eth_type_trans()."""
    known = link.kind in ("", "veth", *ETHERNET_TUNNELS) and link.master is None
    return known and None not in (dmac, link.mac) and dmac != link.mac and not (dmac or 0) >> 40 & 1


def _stacked(network: Network, state: State, link: Link) -> Port | None:
    """Return the macvlan or ipvlan on the link that receives the frame, or None."""
    packet, lower = state.packet, Port(state.netns, link.name)
    above = stacked_on(network, lower)
    if not above:
        return None
    if link_of(network, above[0]).kind == "ipvlan":  # ipvlans share the link's hardware address
        if link_of(network, above[0]).macvlan_mode == "l3s":
            return None  # the ipvlan gets the packet after PREROUTING: walk/ip/l3mdev.py
        return takes_address(network, lower, packet.version, packet.daddr)
    if packet.dmac is not None:
        return takes_frame(network, lower, packet.dmac)
    if not is_to_many(network.namespace(state.netns), packet.version, packet.daddr):
        receiver = takes_all(network, lower)
        if receiver is not None:
            return receiver
    # The frame's hardware address decides which macvlan receives it.  If it is unknown, the IP address is used.
    return takes_address(network, lower, packet.version, packet.daddr) if _outer(network, state) else None


def link_down(state: State, link: Link) -> End:
    """Return the end of a packet at a link that is down."""
    return stopped_by(state, "link-down", link, message("is down"))


def port_shut(state: State, port: Link, info: BridgePort) -> End:
    """Return the end of a frame at a bridge port that does not forward, or that is locked and does not know the frame's
    sender."""
    said = message("is {state} on {bridge}", state=info.state, bridge=port.master)
    if info.forwards:
        said = message("is locked on {bridge}, which has no forwarding entry there for the sender", bridge=port.master)
        # A replica has other neighbour entries, so the port may stop the ARP reply instead of this packet.
        state = state.given(Condition(said, holds=True, load=True, listed=True))
    return stopped_by(state, "bridge-port-state", port, said, stage="bridge")


def without_carrier(state: State, link: Link) -> End:
    """Return the end of a packet at a link that is up but has no carrier, and so neither sends nor receives.

    Source: net/sched/sch_generic.c dev_deactivate_many(), noop_enqueue()
    """
    return stopped_by(state, "no-carrier", link, message("has no carrier"))


def _outer(network: Network, state: State) -> bool:
    """Return whether the frame came in to the host's own namespace, and this namespace lacks the packet's destination
    address."""
    namespace = network.namespace(state.netns)
    return state.netns.is_host and not owns_address(namespace, state.packet.version, state.packet.daddr)


def programs_in(network: Network, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the frame after the device's ingress programs.  A bridge device runs its programs on frames for local
    delivery.

    Source: net/core/dev.c __netif_receive_skb_core(); net/bridge/br_input.c br_pass_frame_up()
    """
    if link.xdp or link.tc_ingress:
        what = message("an XDP program" if link.xdp else "a tc ingress filter")
        state = state.given(passes(what, link))
        yield opaque(state, link, what)
    if link.filters:
        for outcome in through_filters(network.namespace(state.netns), state, link, ("ingress",)):
            yield from (outcome,) if isinstance(outcome, End) else _past_filters(network, outcome, link)
    else:
        yield from _past_filters(network, state, link)


def _past_filters(network: Network, state: State, link: Link) -> Iterator[Outcome]:
    if carries_past(network.namespace(state.netns), state, link.name):
        what = message("a flowtable that has the connection")
        state = state.given(passes(what, link))
        yield opaque(state, link, what)
    yield from run_device_hook(network, state, "ingress", link.name)


def device_out(network: Network, state: State) -> Iterator[Outcome]:
    """Yield the frame that leaves by ``state.oif`` after its egress programs, the bridge and the wire.

    The egress programs run even if the link has no carrier.
    """
    namespace = network.namespace(state.netns)
    link = namespace.link(state.oif)
    assert link is not None
    for outcome in programs_out(network, _framed(network, state, link), link):
        if isinstance(outcome, End):
            yield outcome
        elif not link.carrier:
            yield without_carrier(outcome, link)
        elif link.kind == "bridge":
            yield from _through_own_bridge(network, outcome, link)
        elif (lower := below(namespace, link)) is not None and not is_uplink(network, state.netns, lower):
            tagged = (
                outcome.noted("device-out", link.name).with_frame(vid=link.vlan_id).to("device-out", oif=lower.name)
            )
            yield from _by_lower(network, tagged, lower)
        else:
            yield from wire(network, outcome.noted("device-out", link.name), link)


def _by_lower(network: Network, state: State, lower: Link) -> Iterator[Outcome]:
    """Yield a VLAN link's frame as it leaves by the link below; its end if the link below is down."""
    if not lower.up:
        yield link_down(state, lower)
    else:
        yield from device_out(network, state)


def programs_out(network: Network, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the frame after the egress programs of a device: netfilter's chains first, then tc's.

    Source: net/core/dev.c __dev_queue_xmit()
    """
    for outcome in run_device_hook(network, state, "egress", link.name):
        yield from (
            (outcome,)
            if isinstance(outcome, End)
            else through_traffic_control(network.namespace(state.netns), outcome, link)
        )


def _framed(network: Network, state: State, link: Link) -> State:
    """Return the state with the new frame's source and destination hardware addresses; an unknown address is None.

    Every link writes a new frame header, so the addresses of the received frame never stay.
    """
    if link.name == "lo":
        return state
    target, dmac = state.frame.target, state.frame.dmac
    if dmac is None and target is not None:
        receiver = network.namespace(target.netns).link(target.link)
        dmac = receiver.mac if receiver is not None else None
    return msgspec.structs.replace(state, packet=msgspec.structs.replace(state.packet, smac=link.mac, dmac=dmac))


def _through_own_bridge(network: Network, state: State, bridge: Link) -> Iterator[Outcome]:
    """Yield a local packet that leaves by a bridge of its namespace, as it leaves by the bridge port to its
    receiver."""
    port = port_towards(network, state.netns, bridge.name, state.frame.target, state.packet.dmac)
    if port is None:
        yield stopped_by(state, "no-neighbour", bridge, message("has no port that leads there"), stage="bridge")
        return
    for each in through_entries(network, state, bridge, port, own=True):
        inside = each if isinstance(each, End) else vlan_ingress(each, bridge, bridge)
        out = inside if isinstance(inside, End) else vlan_egress(inside, bridge, port)
        # The kernel checks the port before the hooks: br_forward.c should_deliver()
        shut = out if isinstance(out, End) else _shut(out, port)
        if isinstance(out, End) or shut is not None:
            yield shut or out
        else:
            yield from _out_of_own_bridge(network, out, bridge, port)


def _out_of_own_bridge(network: Network, state: State, bridge: Link, port: Link) -> Iterator[Outcome]:
    states = [state.with_frame(physout=port.name).to("bridge")]
    hooks: tuple[Hook, ...] = ("output", "postrouting")
    for hook in hooks:
        states = yield from without_ends(run_bridge_hook(network, each, hook) for each in states)
    for each in states:
        yield from out_of_port(network, each.noted("device-out", bridge.name), port)


def _shut(state: State, port: Link) -> End | None:
    """Return the packet's end if the bridge port is down or does not forward, else None."""
    if not port.up:
        return link_down(state, port)
    info = port.port
    if info is not None and not info.forwards:
        return port_shut(state, port, info)
    return None


def out_of_port(network: Network, state: State, port: Link) -> Iterator[Outcome]:
    """Yield the frame as it leaves a bridge by the port, after its checks, its egress programs and the wire."""
    ended = _shut(state, port) or too_long_for(state, port)
    if ended is not None:
        yield ended
        return
    for outcome in programs_out(network, state, port):
        if isinstance(outcome, End):
            yield outcome
        else:
            yield from wire(network, outcome, port)


def wire(network: Network, state: State, link: Link) -> Iterator[Outcome]:
    """Yield the frame at the other end of its wire.

    The other end is a veth's peer, this namespace again (lo), the link below, a tunnel, another host, or the outside.
    """
    if state.hops > network.namespace(state.netns).door.limits.hops:
        decided = Assumed(message("the packet goes round in a loop"), "read")
        ended = stopped(state, "loop", stage="device-out", link=link.name, decided_by=decided)
        yield End("looped", ended.state, ended.stop)
        return
    lower = lower_of(network, state.netns, link)
    if link.tunnel is not None:
        from hairpin.walk.link.tunnel import encapsulated

        yield encapsulated(network, state, link)
    elif link.wireguard is not None:
        from hairpin.walk.link.wireguard import encrypted

        yield encrypted(state, link)
    elif link.kind == "tun" and link.holder_halted:
        said = message("{program}, which has the link open, is stopped", program=link.holder or "")
        yield stopped_by(state, "process-frozen", link, said, stage="tunnel")
    elif lower is not None:
        yield from _through_lower(network, state, link, lower)
    else:
        yield _over(network, state, link)


def _over(network: Network, state: State, link: Link) -> Outcome:
    if loops_back(link):
        # The packet loses its socket: drivers/net/loopback.c loopback_xmit()
        alone = msgspec.structs.replace(state.sender, uid=None, by_kernel=False)
        back = state.with_frame(physin="", physout="")
        if state.iif:  # a packet that was forwarded to lo keeps its route
            back = msgspec.structs.replace(back, handed_back="forwarded")
        else:
            back = msgspec.structs.replace(back, local=True)
        return back.to("device-in", iif=link.name, oif="", hops=state.hops + 1, sender=alone)
    if is_uplink(network, state.netns, link):
        return crossed(network, state, link) or End("left", state.to("outside", oif=link.name))
    peer = veth_peer(network, state.netns, link)
    if peer is None:
        return stopped(state, "link-missing", link=link.name)
    return enter(state, peer)


def _through_lower(network: Network, state: State, link: Link, lower: Port) -> Iterator[Outcome]:
    """Yield the frame of a macvlan or ipvlan: a sibling on the same parent link receives it, or the parent link sends
    it.

    Source: drivers/net/macvlan.c macvlan_queue_xmit()
    """
    packet, under = state.packet, link_of(network, lower)
    if link.kind == "ipvlan":
        outcome = _to_other_ipvlan(network, state, link, lower)
        if outcome is not None:
            yield outcome
            return
    sibling = takes_address(network, lower, packet.version, packet.daddr) if link.kind == "macvlan" else None
    if packet.dmac is not None and link.kind == "macvlan":
        sibling = takes_frame(network, lower, packet.dmac)
    here = Port(state.netns, link.name)
    if bridges(link) and sibling is not None and sibling != here and bridges(link_of(network, sibling)):
        yield from _to_sibling(network, state, lower, sibling)
    elif not under.up:
        yield link_down(state, under)
    elif not under.carrier:
        yield without_carrier(state, under)
    else:
        # The parent link's programs run in its own namespace.  The frame keeps its mark on the way to that namespace.
        below_it = msgspec.structs.replace(state, netns=lower.netns, oif=under.name)
        for outcome in programs_out(network, below_it, under):
            yield outcome if isinstance(outcome, End) else _by_lower_wire(network, state, outcome, link, lower)


def _to_other_ipvlan(network: Network, state: State, link: Link, lower: Port) -> Outcome | None:
    """Return what happens to an ipvlan's packet that the parent link does not send; None if the parent link sends it.

    The packet goes to the sibling ipvlan that has the address.  If no sibling has the address and the frame is for the
    common hardware address, the packet goes to the parent's namespace.  In mode l3 the parent's namespace routes the
    packet like a packet of its own.

    Source: drivers/net/ipvlan/ipvlan_core.c ipvlan_xmit_mode_l2(), ipvlan_xmit_mode_l3()
    """
    packet, routed = state.packet, routes_below(link)
    if not routed and (link.ipvlan_flag == "vepa" or packet.dmac not in (None, link.mac)):
        return None
    vepa = link.ipvlan_flag == "vepa"
    sibling = None if vepa else takes_address(network, lower, packet.version, packet.daddr)
    if sibling is None and routed:
        entered = enter(state, lower)
        bare = msgspec.structs.replace(entered.packet, smac=None, dmac=None)  # the frame header is removed
        return entered.with_frame(target=None).to("output-route", iif="", oif=lower.link, packet=bare)
    if sibling is None and packet.dmac is None and state.frame.target not in stacked_on(network, lower):
        return None
    if sibling is not None and link.ipvlan_flag == "private":
        said = message("is private and reaches no other ipvlan on {lower}", lower=lower.link)
        return stopped_by(state, "no-neighbour", link, said, address=packet.daddr)
    port = sibling if sibling is not None else lower
    return too_long_for(state, link_of(network, port)) or enter(state, port)


def _to_sibling(network: Network, state: State, lower: Port, sibling: Port) -> Iterator[Outcome]:
    """Yield the frame as another macvlan on the same link receives it, like a frame from outside: dev_forward_skb()."""
    under = link_of(network, lower)
    too_long = too_long_for(state, under)
    if too_long is not None:
        yield too_long
        return
    for outcome in programs_in(network, enter(state, lower), under):
        yield outcome if isinstance(outcome, End) else enter(outcome, sibling, from_below=True)


def _by_lower_wire(network: Network, state: State, passed: State, link: Link, lower: Port) -> Outcome:
    """Return the frame of a macvlan or ipvlan at the other end of the parent link's wire.

    ``passed`` is the state after the parent link's egress programs.  For observers the frame still leaves by ``link``.
    """
    if is_uplink(network, lower.netns, link_of(network, lower)):
        seen = passed.history
        left = state.with_history(passed=seen.passed, steps=seen.steps, conditions=seen.conditions)
        return End("left", left.to("outside", oif=link.name, packet=passed.packet))
    peer = veth_peer(network, lower.netns, link_of(network, lower))
    return enter(passed, peer) if peer is not None else stopped(state, "link-missing", link=lower.link)
