"""VLANs: the one that a frame belongs to in a bridge that filters them, where it may go, and who takes it when tagged.

Source: net/bridge/br_vlan.c __allowed_ingress(), br_allowed_egress(), br_handle_vlan(); net/8021q/vlan_core.c
vlan_do_receive()
"""

from hairpin.host.host import Namespace
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.walk.state import End, LinkDecided, State, stopped


def entered(state: State, bridge: Link, by: Link) -> State | End:
    """Return the frame with its VLAN, or its end where the port (or the bridge itself) is not in it."""
    group = _group(bridge, by)
    if group is None:
        return state
    vid = state.frame.vid if state.frame.vid is not None else group.pvid
    if vid is None or _membership(group, vid) is None:
        text = "has no VLAN for untagged frames" if vid is None else f"is not in VLAN {vid}"
        return stopped(state, "bridge-vlan", stage="bridge", link=by.name,
                       decided_by=LinkDecided(by.name, text, by.evidence))  # fmt: skip
    return state.with_frame(vid=vid)


def leaving(state: State, bridge: Link, by: Link) -> State | End:
    """Return the frame as it leaves by a port (or up to the bridge's namespace): untagged, tagged, or not at all."""
    group = _group(bridge, by)
    if group is None or state.frame.vid is None:
        return state
    untagged = _membership(group, state.frame.vid)
    if untagged is None:
        decided = LinkDecided(by.name, f"is not in VLAN {state.frame.vid}", by.evidence)
        return stopped(state, "bridge-vlan", stage="bridge", link=by.name, decided_by=decided)
    return state.with_frame(vid=None) if untagged else state


def taker(namespace: Namespace, link: Link, vid: int) -> Link | None:
    """Return the link that takes frames of the VLAN which come in by this one."""
    for each in namespace.links:
        if each.kind == "vlan" and each.vlan_id == vid and each.lower == link.name and each.peer_netnsid is None:
            return each
    return None


def below(namespace: Namespace, link: Link) -> Link | None:
    """Return the link that a VLAN's frames leave by, where it is in the same namespace."""
    if link.kind != "vlan" or link.lower is None or link.peer_netnsid is not None:
        return None
    return namespace.link(link.lower)


def _group(bridge: Link, by: Link) -> BridgePort | BridgeInfo | None:
    """Return the VLANs of a port, or of the bridge itself; None: the bridge does not look at VLANs."""
    if bridge.bridge is None or not bridge.bridge.vlan_filtering:
        return None
    return bridge.bridge if by.name == bridge.name else by.port


def _membership(group: BridgePort | BridgeInfo, vid: int) -> bool | None:
    """Return whether frames of the VLAN leave untagged, or None: it is none of the port's."""
    if not group.vlans and group.pvid == 1:
        return True if vid == 1 else None  # as the kernel makes a port; nothing else was read
    return next((untagged for first, last, untagged in group.vlans if first <= vid <= last), None)
