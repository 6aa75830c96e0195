"""A bridge filters VLANs, and a bridge port on the frame's path is not in the frame's VLAN.

Users see: no client reaches one container, not even the host itself, although the container's link is up and its bridge
port forwards.

Proof: the frame stops at a bridge port, or at the bridge itself, which is not in the frame's VLAN.  Without VLAN
filtering the frame passes.
Now: ``bridge vlan add dev PORT vid VLAN`` with the flags that the other ports have.
Lasting: correct the configuration of the program that switched VLAN filtering on.  Engines leave it off.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfLink, View, Way, message
from hairpin.change.change import Change, SetLink, one
from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.walk.decided import LinkDecided


def find(view: View) -> Iterator[Candidate]:
    stop, namespace = view.stop, view.namespace
    by = namespace.link(stop.link)
    bridge = by if by is None or by.kind == "bridge" else namespace.link(by.master or "")
    if by is None or bridge is None or bridge.bridge is None or not bridge.bridge.vlan_filtering:
        return
    said = stop.decided_by.said if isinstance(stop.decided_by, LinkDecided) else message("does not carry this VLAN")
    open_ = msgspec.structs.replace(bridge.bridge, vlan_filtering=False)
    others = (each for each in namespace.links if bridge.name in (each.name, each.master))
    yield Candidate(
        title=message("Bridge {bridge} filters VLANs, and {port} is not in the frame's VLAN", bridge=bridge.name,
                      port=by.name),
        detail=message("{port} {said}. The VLANs of the bridge and of its ports: {vlans}.", port=by.name, said=said,
                       vlans="; ".join(f"{each.name} {_vlans(each)}" for each in others)),
        change=one(SetLink(stop.netns, msgspec.structs.replace(bridge, bridge=open_))),
        where=OfLink(by.name, master=bridge.name),
        in_class="link-or-route",
        evidence=(by.evidence,),
        offered=False,
        ways=tuple(Way(Change(()), (each,)) for each in _what_to_do(bridge, by)),
    )  # fmt: skip


def _vlans(link: Link) -> str:
    """Return the VLANs of a port or of the bridge itself in words such as ``1 PVID untagged``."""
    group: BridgePort | BridgeInfo | None = link.bridge if link.kind == "bridge" else link.port
    if group is None:
        return "-"
    listed = group.vlans or (((1, 1, True),) if group.pvid == 1 else ())
    words = (
        (str(first) if first == last else f"{first}-{last}")
        + (" PVID" if group.pvid == first else "")
        + (" untagged" if untagged else "")
        for first, last, untagged in listed
    )
    return ", ".join(words) or "-"


def _what_to_do(bridge: Link, by: Link) -> Iterator[Message]:
    """Yield what a person can do.

    An administrator may have switched VLAN filtering on, so hairpin does not switch it off."""
    itself = " self" if by.name == bridge.name else ""
    yield message(
        "add {port} to the VLAN of the other ports: bridge vlan add dev {port} vid 1 pvid untagged{itself} (VLAN 1 is "
        "the kernel's default, and an engine's port is in it)",
        port=by.name,
        itself=itself,
    )
    yield message(
        "if nothing on {bridge} needs VLANs: ip link set dev {bridge} type bridge vlan_filtering 0. Ask whoever "
        "switched the filtering on",
        bridge=bridge.name,
    )


CAUSE = Cause(
    title=message("A bridge filters VLANs, and a port is not in the frame's VLAN"),
    source="net/bridge/br_vlan.c __allowed_ingress(), br_allowed_egress()",
    reasons=frozenset({"bridge-vlan"}),
)
