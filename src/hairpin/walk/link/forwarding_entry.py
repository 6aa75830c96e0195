"""Whether a bridge forwards a frame by the port that leads to its receiver: the forwarding database decides.

A frame from the receiver moves the receiver's entry to the right port, even a static entry.  So a wrong or missing
entry matters only while the receiver has sent nothing.  The receiver has sent nothing if two conditions hold.  First,
the sender has a usable neighbour entry, so the receiver sends no ARP reply.  Second, the frame is no answer to a
request of the receiver.

Source: net/bridge/br_fdb.c br_fdb_update(); br_input.c br_handle_frame_finish(); br_forward.c br_flood(), BR_FLOOD
"""

from collections.abc import Iterator

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import BROADCAST, FdbEntry
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import is_discovery
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, Port, bridge_ports, is_uplink
from hairpin.network.own_frames import entries_for, holding, is_read_in_full, said_of_holding
from hairpin.walk.decided import LinkDecided
from hairpin.walk.state import End, Outcome, Reason, State, stopped, stopped_by


def through_entries(network: Network, state: State, bridge: Link, out: Link, *, own: bool = False) -> Iterator[Outcome]:
    """Yield the frame that has to leave the bridge by the port ``out``, or its end if the forwarding database keeps it
    from this port.  ``own``: the bridge's own namespace sends the frame; then the port of a local entry gets the frame.
    """
    namespace, mac = network.namespace(state.netns), state.packet.dmac
    found = () if own else tuple(_members_only(network, state, bridge, out))
    if found:
        yield from found
        return
    held = holding(namespace, bridge, mac, out)
    if held is not None and not (own and held.port == out.name):
        yield _stop(state, bridge, said_of_holding(held), held)
        return
    target = state.frame.target
    to_one = mac is not None and not mac >> 40 & 1
    said, entry = _astray(namespace, bridge, out, mac) if mac is not None and to_one else (None, None)
    learns = out.port is None or out.port.learning
    if said is None or target is None or (learns and _has_sent(state, target)):
        yield state
        return
    if entry is None and not is_read_in_full(namespace, bridge):
        listed = Condition(
            message("{bridge} has a forwarding entry for {mac}", bridge=bridge.name, mac=write_mac(mac or 0)),
            holds=True,
        )
        yield state.given(listed)
        yield _stop(state.given(_turn(listed)), bridge, said, entry)
        return
    silent = Condition(message("the container with {mac} has sent nothing since then", mac=write_mac(mac or 0)),
                       holds=True, load=True, listed=True)  # fmt: skip
    came_by = namespace.link(state.frame.physin)
    if learns and came_by is not None and is_uplink(network, state.netns, came_by):
        # No reading shows whether the machine outside has asked for the address since then.
        unknown = Condition(
            message("{said}, and the owner of the address has sent nothing since then", said=said), holds=False
        )
        yield state.given(unknown)
        yield _stop(state.given(_turn(unknown)), bridge, said, entry)
        return
    yield _stop(state.given(silent), bridge, said, entry)


def _turn(condition: Condition) -> Condition:
    return Condition(condition.said, holds=not condition.holds, usual=False)


def _stop(state: State, bridge: Link, said: Message, entry: FdbEntry | None) -> End:
    evidence = entry.evidence if entry is not None and entry.evidence else bridge.evidence
    decided = LinkDecided(bridge.name, said, evidence)
    reason: Reason = "neighbour-wrong" if entry is not None else "bridge-port-state"
    return stopped(state, reason, stage="bridge", link=bridge.name, decided_by=decided)


def _astray(namespace: Namespace, bridge: Link, out: Link, mac: int) -> tuple[Message | None, FdbEntry | None]:
    """Return the reason why the frame does not get to the port while its receiver sends nothing, and the entry that is
    the reason.  Both are None if the frame gets to the port; the entry is None if a missing entry is the reason."""
    entries = entries_for(namespace, bridge, mac)
    if any(each.port == out.name for each in entries):
        return None, None
    wrong = next((each for each in entries if each.state in ("static", "permanent")), None)
    if wrong is not None:
        said = message("has a static forwarding entry for {mac} on {port}", mac=write_mac(mac), port=wrong.port)
        return said, wrong
    floods = out.port is None or out.port.flood
    if entries or floods:
        return None, None
    return message(
        "has no forwarding entry for {mac}, and sends no frame with an unknown destination to {port}",
        mac=write_mac(mac),
        port=out.name,
    ), None


def _has_sent(state: State, target: Port) -> bool:
    """Return whether the receiver has sent a frame on this walk: the request, an ARP message, or a neighbour
    advertisement."""
    if state.packet.arp or is_discovery(state.packet):
        return True  # an ARP or discovery message to one receiver is an answer, for which the receiver has asked
    known = state.history.neighbours
    return target.netns in state.history.sent or any(
        (each[0], each[1]) == (target.netns, target.link) for each in known
    )


def _members_only(network: Network, state: State, bridge: Link, out: Link) -> Iterator[Outcome]:
    """Yield the end of a multicast frame that the bridge does not flood to the port ``out``; yield nothing if the
    bridge floods it.  If that is not known, yield both the frame and its end, each under a condition.  The bridge
    floods no multicast frames to a port on which ``mcast_flood`` is off.

    While a querier asks for the members of groups, the bridge's multicast database decides instead.  The multicast
    database was not read.  If the bridge itself asks, the receiver is taken for a member.  A querier behind an uplink
    is unknown.
    Source: net/bridge/br_input.c br_handle_frame_finish(): br_multicast_querier_exists(); br_forward.c br_flood():
    BR_MCAST_FLOOD
    """
    mac, info = state.packet.dmac, bridge.bridge
    if out.port is None or out.port.mcast_flood or mac is None or not mac >> 40 & 1 or mac == BROADCAST:
        return
    snoops = info is not None and info.mcast_snooping
    if snoops and info is not None and info.mcast_querier:
        return
    said = message("gets no multicast frames (mcast_flood off)")
    ports = bridge_ports(network.namespace(state.netns), bridge.name)
    if not (snoops and any(is_uplink(network, state.netns, each) for each in ports)):
        yield stopped_by(state, "bridge-port-state", out, said, stage="bridge")
        return
    asked = Condition(
        message("a router behind {bridge} asks for the members of multicast groups", bridge=bridge.name), holds=True
    )
    yield state.given(asked)
    yield stopped_by(state.given(_turn(asked)), "bridge-port-state", out, said, stage="bridge")
