"""Inside a bridge: local delivery to its namespace or forwarding to another port, with br_netfilter if it is on.

Source: net/bridge/br_input.c, br_forward.c, br_netfilter_hooks.c
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import Hook
from hairpin.network.network import Network, Port, bridge_nf, bridge_ports, conf
from hairpin.network.own_frames import hands_up, locks_out, said_of_forwarding
from hairpin.network.query import NO_WAY
from hairpin.network.routing import lookup
from hairpin.walk.hooks.conntrack import with_confirmed_connection
from hairpin.walk.hooks.hooks import INT_MAX, run_bridge_hook, run_hook
from hairpin.walk.ip.mtu import defragmented, fragmented_by_bridge, received_from_bridge, route_mtu
from hairpin.walk.ip.route_in import input_query, input_route, received6
from hairpin.walk.link.bridged_machine import way_across
from hairpin.walk.link.device import link_down, out_of_port, port_shut, programs_in, programs_out
from hairpin.walk.link.forwarding_entry import through_entries
from hairpin.walk.link.neighbour import frame_receiver
from hairpin.walk.link.vlan import vlan_egress, vlan_ingress, vlan_link
from hairpin.walk.state import End, Outcome, Stage, State, stopped, stopped_by, without_ends


def bridge_in(network: Network, state: State) -> Iterator[Outcome]:
    """Yield what happens to a frame that came in by the port ``state.frame.physin`` of the bridge ``state.iif``."""
    namespace = network.namespace(state.netns)
    bridge = namespace.link(state.iif)
    port = namespace.link(state.frame.physin)
    assert bridge is not None
    assert port is not None
    if not bridge.up:
        yield stopped_by(state, "bridge-down", bridge, message("is down"))
        return
    shut = port.port is not None and port.port.state not in ("forwarding", "learning", "")
    if port.port is not None and (shut or locks_out(namespace, bridge, port, state.packet.smac)):
        yield port_shut(state, port, port.port)
        return
    ip = _shows(network, bridge, state)
    crossing = not _is_for_bridge(namespace, bridge, state)
    until = _PREROUTING_PRIORITY if ip else INT_MAX
    for outcome in run_bridge_hook(network, state, "prerouting", until=until, crossing=crossing):
        if isinstance(outcome, End):
            yield outcome
        elif ip:
            yield from _after_iptables(network, namespace, bridge, outcome)
        elif _is_for_bridge(namespace, bridge, outcome):
            yield from _delivered_up(network, outcome, bridge, "prerouting")
        else:
            yield from _across(network, namespace, bridge, outcome)


def _is_for_bridge(namespace: Namespace, bridge: Link, state: State) -> bool:
    """Return whether the frame is addressed to the bridge or to one of its ports.  The bridge delivers all frames to
    its own address, or to the address of a port, locally.  If neither the receiver nor the hardware address is known,
    the bridge is assumed to deliver the frame locally.

    Source: net/bridge/br_fdb.c fdb_add_local(); br_input.c br_handle_frame_finish()
    """
    if state.frame.foreign or state.frame.target is not None:
        return state.frame.target == Port(state.netns, bridge.name)
    mac, own = state.packet.dmac, (bridge, *bridge_ports(namespace, bridge.name))
    known = mac is not None and not mac >> 40 & 1 and all(each.mac is not None for each in own)
    return not known or any(each.mac == mac for each in own)


def calls_iptables(network: Network, netns: Netns, bridge: Link, version: int) -> bool:
    """Return whether br_netfilter runs the bridge's frames through the IP hooks: the bridge's own setting or the sysctl
    is on."""
    name = "bridge-nf-call-iptables" if version == 4 else "bridge-nf-call-ip6tables"
    everywhere = bridge_nf(network, netns, name)
    if everywhere is None:
        return False  # the sysctl exists only while br_netfilter is loaded
    info = bridge.bridge
    own = info is not None and (info.nf_call_iptables if version == 4 else info.nf_call_ip6tables)
    return bool(everywhere) or own


def _shows(network: Network, bridge: Link, state: State) -> bool:
    """Return whether br_netfilter runs the frame through the IP hooks.  br_netfilter skips ARP frames, and skips tagged
    frames because bridge-nf-filter-vlan-tagged is off by default."""
    return (
        state.frame.vid is None
        and not state.packet.arp
        and calls_iptables(network, state.netns, bridge, state.packet.version)
    )


def _after_iptables(network: Network, namespace: Namespace, bridge: Link, state: State) -> Iterator[Outcome]:
    """Yield the frame after PREROUTING, which br_netfilter runs before the bridge forwards.  DNAT may change the
    receiver."""
    for outcome in run_hook(network, defragmented(namespace, state), "prerouting"):
        if isinstance(outcome, End):
            yield outcome
        elif outcome.packet.daddr != state.packet.daddr and _lost6(namespace, outcome):
            # br_nf_pre_routing_finish_ipv6() drops a frame without a route; for IPv4, such a frame is delivered locally
            yield stopped(outcome, "no-route", stage="bridge", link=bridge.name)
        else:
            changed = outcome.packet.daddr != state.packet.daddr
            refused = _not_believed(network, outcome) if changed else ()
            if refused:
                yield from refused
                continue
            stays = changed and _stays_on_bridge(namespace, bridge, outcome)
            yield from _behind_iptables(network, namespace, bridge, outcome, changed=changed, stays=stays)


_PREROUTING_PRIORITY = 0
"""The priority at which br_netfilter runs among the bridge's chains; it runs after chains of equal priority.  Source:
net/bridge/br_netfilter_hooks.c br_nf_ops"""


def _behind_iptables(
    network: Network, namespace: Namespace, bridge: Link, state: State, *, changed: bool, stays: bool
) -> Iterator[Outcome]:
    """Yield the frame after the bridge's chains of PREROUTING that run after br_netfilter.

    ``changed``: DNAT has changed the frame's destination.  ``stays``: the route to the new destination leaves by the
    same bridge, so the frame is bridged.
    """
    # A frame that stays on the bridge keeps its packet type; a frame that is delivered locally gets PACKET_HOST.
    crossing = not _is_for_bridge(namespace, bridge, state)
    other = crossing and (stays or not changed)
    for outcome in run_bridge_hook(network, state, "prerouting", behind=_PREROUTING_PRIORITY, crossing=other):
        if isinstance(outcome, End):
            yield outcome
        elif stays:
            yield from _bridged_after_dnat(network, namespace, bridge, outcome, crossing=crossing)
        elif changed or _is_for_bridge(namespace, bridge, outcome):
            mark = state.packet.mark if changed else None
            yield from _delivered_up(network, outcome, bridge, "input-route", routed=mark)
        else:
            yield from _across(network, namespace, bridge, outcome)


def _only_learns(namespace: Namespace, state: State) -> End | None:
    """Return the frame's end if its port is learning, else None: a learning port drops it after PREROUTING
    (br_handle_frame_finish())."""
    port = namespace.link(state.frame.physin)
    if port is None or port.port is None or port.port.state != "learning":
        return None
    return port_shut(state, port, port.port)


def _lost6(namespace: Namespace, state: State) -> bool:
    return state.packet.version == 6 and lookup(namespace, input_query(namespace, state)).type in NO_WAY


def _not_believed(network: Network, state: State) -> tuple[End, ...]:
    """Return the ends of a translated packet that IPv4's route lookup drops; empty if the lookup gives the packet a
    route.

    The bridge's later chains never see a packet that the route lookup drops.  If no route leads to the destination, the
    lookup still gives the packet a route, which only sends an error.

    Source: net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish(); net/ipv4/route.c ip_route_input_slow()
    """
    if state.packet.version == 6:
        return ()
    outcomes = tuple(input_route(network, state))
    ends = tuple(each for each in outcomes if isinstance(each, End) and each.stop is not None)
    if len(ends) < len(outcomes) or any(each.stop is None or each.stop.reason not in _MARTIAN for each in ends):
        return ()
    return ends


_MARTIAN = frozenset(("martian-source", "martian-destination", "rp-filter"))


def _delivered_up(
    network: Network, state: State, bridge: Link, then: Stage, *, routed: int | None = None
) -> Iterator[Outcome]:
    """Yield the frame delivered to the bridge's own namespace.

    Its rules see the bridge port only if br_netfilter is on.  ``routed``: the mark with which DNAT's packet was routed.
    """
    namespace = network.namespace(state.netns)
    inside = _only_learns(namespace, state) or _ingress(namespace, bridge, state)
    up = inside if isinstance(inside, End) else vlan_egress(inside, bridge, bridge)
    if isinstance(up, End) or not hands_up(namespace, bridge):
        yield up if isinstance(up, End) else _forwarded_instead(namespace, bridge, up)
        return
    state = up
    for outcome in run_bridge_hook(network, state, "input"):
        for handed in (outcome,) if isinstance(outcome, End) else programs_in(network, outcome, bridge):
            # Elsewhere received6() is checked before PREROUTING, but br_netfilter has already run PREROUTING here.
            martian = None if isinstance(handed, End) or then == "prerouting" else received6(namespace, handed)
            if isinstance(handed, End):
                yield handed
            elif handed.frame.vid is not None:
                yield from _up_tagged(network, bridge, handed, handed.frame.vid, then, routed=routed)
            elif martian is not None:
                yield martian
            else:
                taken = received_from_bridge(handed).noted("bridge", bridge.name)
                physin = "" if then == "prerouting" else state.frame.physin
                yield taken.with_frame(physin=physin, routed=routed).to(then)


def _forwarded_instead(namespace: Namespace, bridge: Link, state: State) -> End:
    """Return the end of a frame to the bridge's own address that the forwarding database does not deliver locally."""
    return stopped_by(state, "no-neighbour", bridge, said_of_forwarding(namespace, bridge), stage="bridge")


def _ingress(namespace: Namespace, bridge: Link, state: State) -> State | End:
    port = namespace.link(state.frame.physin)
    return state if port is None else vlan_ingress(state, bridge, port)


def _up_tagged(
    network: Network, bridge: Link, state: State, vid: int, then: Stage, *, routed: int | None
) -> Iterator[Outcome]:
    """Yield a tagged frame to the bridge itself as the bridge's VLAN link receives it; its end if no such link exists.

    A frame that br_netfilter ran through PREROUTING does not pass PREROUTING again.  A frame that DNAT has changed was
    routed with the bridge as its input link.  Source: net/bridge/br_netfilter_hooks.c ip_sabotage_in()
    """
    namespace = network.namespace(state.netns)
    link = vlan_link(namespace, bridge, vid)
    if link is None:
        yield stopped_by(state, "bridge-vlan", bridge, message("has no link for VLAN {vid}", vid=vid), stage="bridge")
        return
    state = state.noted("bridge", bridge.name)
    if then == "prerouting":
        yield state.with_frame(physin="", vid=None).to("device-in", iif=link.name)
        return
    if not link.up:
        yield link_down(state, link)
        return
    for outcome in programs_in(network, state.with_frame(vid=None, routed=routed).to(then, iif=link.name), link):
        martian = None if isinstance(outcome, End) else received6(namespace, outcome)
        if isinstance(outcome, End) or martian is not None or routed is None:
            yield martian or outcome
            continue
        for found in input_route(network, msgspec.structs.replace(outcome, iif=bridge.name)):
            yield found if isinstance(found, End) else msgspec.structs.replace(found, iif=link.name)


def _stays_on_bridge(namespace: Namespace, bridge: Link, state: State) -> bool:
    """Return whether the new destination's route leaves by the frame's own bridge; the kernel then bridges the frame.

    Source: net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish(): bridged_dnat
    """
    packet = state.packet
    if packet.version == 4 and not conf(namespace, 4, bridge.name, "forwarding"):
        return False  # the route lookup then gives an error, and the frame is delivered locally
    found = lookup(namespace, input_query(namespace, state))
    return found.type == "unicast" and any(hop.link == bridge.name for hop in found.next_hops)


def _bridged_after_dnat(
    network: Network, namespace: Namespace, bridge: Link, state: State, *, crossing: bool
) -> Iterator[Outcome]:
    """Yield the frame that DNAT changed, forwarded to the bridge port of its new destination or of the gateway to it.

    Source: net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish_bridge()
    """
    found = lookup(namespace, input_query(namespace, state))
    gateway = next((hop.gateway for hop in found.next_hops if hop.link == bridge.name), None)
    address = gateway if gateway is not None else state.packet.daddr
    answer = frame_receiver(network, state, bridge, address)
    if isinstance(answer, End):
        yield answer
        return
    if answer.kind != "owner":
        yield stopped_by(
            state, "no-neighbour", bridge, message("nobody there answers for the translated address"), address=address
        )
        return
    receiver = network.namespace(answer.port.netns).link(answer.port.link) if answer.port is not None else None
    packet = msgspec.structs.replace(state.packet, dmac=receiver.mac if receiver is not None else None)
    mtu = route_mtu(namespace, found.route, bridge.name, forwarding=False)
    moved = state.with_frame(target=answer.port).to(state.stage, packet=packet, mtu_bytes=mtu)
    for each in _on_own_way_out(network, bridge, moved):
        if isinstance(each, End):
            yield each
        else:
            yield from _across(network, namespace, bridge, each, crossing=crossing)


def _on_own_way_out(network: Network, bridge: Link, state: State) -> Iterator[Outcome]:
    """Yield a frame that stays on the bridge after DNAT, once it has passed the egress programs of the bridge device.

    The device's egress programs see the frame only if the neighbour entry has no cached header, because the kernel has
    sent nothing to that neighbour before.

    Source: net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish_bridge(), br_nf_dev_xmit()
    """
    packet = msgspec.structs.replace(state.packet, smac=bridge.mac)
    sent = msgspec.structs.replace(state, oif=bridge.name, packet=packet)
    ways = tuple(programs_out(network, sent, bridge))
    if ways == (sent,):  # the bridge device has no egress programs
        yield state
        return
    known = Condition(
        message("{bridge} has sent a frame to the translated destination before", bridge=bridge.name), holds=True
    )
    yield state.given(known)
    first = msgspec.structs.replace(known, holds=False, usual=False)
    for each in programs_out(network, sent.given(first), bridge):
        if isinstance(each, End):
            yield each
        else:
            back = msgspec.structs.replace(each.packet, smac=state.packet.smac)
            yield msgspec.structs.replace(each, oif=state.oif, packet=back)


def _across(
    network: Network, namespace: Namespace, bridge: Link, state: State, *, crossing: bool = True
) -> Iterator[Outcome]:
    """Yield a frame that has passed PREROUTING, forwarded to another port.

    ``crossing`` is true if the frame was addressed to a receiver behind another port already when the frame came in.
    """
    out = way_across(network, state, bridge)
    blocked = _only_learns(namespace, state) or _crossing_blocked(namespace, bridge, state, out)
    if blocked is not None or out is None:
        yield blocked or stopped(state, "no-neighbour", stage="bridge", link=bridge.name)
        return
    for each in through_entries(network, state, bridge, out):
        inside = each if isinstance(each, End) else _ingress(namespace, bridge, each)
        tagged = inside if isinstance(inside, End) else vlan_egress(inside, bridge, out)
        if isinstance(tagged, End):
            yield tagged
        else:
            # br_netfilter has not run PREROUTING for a tagged frame, so it runs no later hook for this frame.
            ip = tagged.frame.vid is None and _shows(network, bridge, state)
            yield from _onward(network, tagged, bridge, out, ip=ip, crossing=crossing)


def _onward(network: Network, state: State, bridge: Link, out: Link, *, ip: bool, crossing: bool) -> Iterator[Outcome]:
    """Yield a frame that leaves by the port ``out``, and passes the IP hooks if ``ip`` is true."""
    namespace, states = network.namespace(state.netns), [state.with_frame(physout=out.name)]
    hooks: tuple[Hook, ...] = ("forward", "postrouting")
    for hook in hooks:
        states = yield from without_ends(
            _crossing_hook(network, each, bridge, hook, ip=ip, crossing=crossing) for each in states
        )
    for each in states:
        done = with_confirmed_connection(each, namespace) if ip else each
        if ip and isinstance(done, State):
            done = fragmented_by_bridge(done, done.mtu_bytes or bridge.mtu_bytes, out)
        if isinstance(done, End):
            yield msgspec.structs.replace(done, state=done.state.with_frame(other_host=crossing))
        else:
            yield from out_of_port(network, done.noted("bridge", bridge.name), out)


def _crossing_hook(
    network: Network, state: State, bridge: Link, hook: Hook, *, ip: bool, crossing: bool
) -> Iterator[Outcome]:
    """Yield a forwarded frame after one hook's bridge chains, and after its IP chains if br_netfilter is on.

    The IP chains run among the bridge family's chains at FORWARD, and after them at POSTROUTING.
    """
    states = [msgspec.structs.replace(state, oif=bridge.name)]
    kernel = network.namespace(state.netns).kernel
    at = 0 if Novelty.BRIDGED_FORWARD_AT_0.known_to(kernel) else -1
    among = at if ip and hook == "forward" else INT_MAX
    states = yield from without_ends(
        run_bridge_hook(network, each, hook, until=among, crossing=crossing) for each in states
    )
    if ip:
        # br_nf_post_routing() gives NF_HOOK no input device.
        iif = "" if hook == "postrouting" else state.iif
        shown = (msgspec.structs.replace(each, iif=iif) for each in states)
        states = yield from without_ends(run_hook(network, each, hook) for each in shown)
        states = [msgspec.structs.replace(each, iif=state.iif) for each in states]
        states = yield from without_ends(
            run_bridge_hook(network, each, hook, behind=among, crossing=crossing) for each in states
        )
    yield from states


def _crossing_blocked(namespace: Namespace, bridge: Link, state: State, out: Link | None) -> End | None:
    inner = namespace.link(state.frame.physin)
    if out is None or inner is None:
        return None
    if out.name == inner.name and not (out.port is not None and out.port.hairpin):
        return stopped_by(state, "hairpin-off", out, message("is not in hairpin mode"))
    if not out.up:
        return link_down(state, out)
    if out.port is not None and not out.port.forwards:
        return port_shut(state, out, out.port)
    if inner.port is not None and out.port is not None and inner.port.isolated and out.port.isolated:
        return stopped_by(
            state,
            "bridge-port-isolated",
            out,
            message("and {other} are both isolated ports of {bridge}", other=inner.name, bridge=bridge.name),
        )
    return None
