"""VLANs of a bridge: the VLAN of a frame, the ports by which it may enter and leave, and the link that receives it
tagged.

Source: net/bridge/br_vlan.c __allowed_ingress(), br_allowed_egress(), br_handle_vlan(); net/8021q/vlan_core.c
vlan_do_receive()
"""

from hairpin.host.host import Namespace
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.message import message
from hairpin.walk.state import End, State, stopped_by


def vlan_ingress(state: State, bridge: Link, by: Link) -> State | End:
    """Return a frame that enters by a port (or from the bridge itself) with its VLAN; its end if the port is not in
    that VLAN."""
    group = _group(bridge, by)
    if group is None:
        return state
    vid = state.frame.vid if state.frame.vid is not None else group.pvid
    if vid is None or _membership(group, vid) is None:
        said = message("has no VLAN for untagged frames" if vid is None else "is not in VLAN {vid}", vid=vid)
        return stopped_by(state, "bridge-vlan", by, said, stage="bridge")
    return state.with_frame(vid=vid)


def vlan_egress(state: State, bridge: Link, by: Link) -> State | End:
    """Return a frame as it leaves by a port (or to the bridge's namespace), tagged or untagged.

    Return the frame's end if the port is not in the frame's VLAN.
    """
    group = _group(bridge, by)
    if group is None or state.frame.vid is None:
        return state
    untagged = _membership(group, state.frame.vid)
    if untagged is None:
        return stopped_by(
            state, "bridge-vlan", by, message("is not in VLAN {vid}", vid=state.frame.vid), stage="bridge"
        )
    return state.with_frame(vid=None) if untagged else state


def vlan_link(namespace: Namespace, link: Link, vid: int) -> Link | None:
    """Return the VLAN link on ``link`` that receives frames of VLAN ``vid``, or None."""
    for each in namespace.links:
        if each.kind == "vlan" and each.vlan_id == vid and each.lower == link.name and each.peer_netnsid is None:
            return each
    return None


def below(namespace: Namespace, link: Link) -> Link | None:
    """Return the link below a VLAN link; None if ``link`` is no VLAN link, or if the link below is in another
    namespace."""
    if link.kind != "vlan" or link.lower is None or link.peer_netnsid is not None:
        return None
    return namespace.link(link.lower)


def _group(bridge: Link, by: Link) -> BridgePort | BridgeInfo | None:
    """Return the VLANs of a port, or of the bridge itself; None if the bridge does not filter VLANs."""
    if bridge.bridge is None or not bridge.bridge.vlan_filtering:
        return None
    return bridge.bridge if by.name == bridge.name else by.port


def _membership(group: BridgePort | BridgeInfo, vid: int) -> bool | None:
    """Return whether frames of the VLAN leave the port untagged; None if the port is not in the VLAN."""
    if not group.vlans and group.pvid == 1:
        return True if vid == 1 else None  # the kernel's default, used for a port whose VLANs were not read
    return next((untagged for first, last, untagged in group.vlans if first <= vid <= last), None)
