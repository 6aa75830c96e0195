"""The host's end of a container's veth is not a port of its network's bridge.

Users see: after networkctl reload or a NetworkManager restart one container has no network, others are fine.

Proof: the host's end of the veth has no bridge, or another one; attached, the packet arrives.
Now: ``ip link set VETH master BRIDGE``.
Lasting: keep network managers away from ``veth*`` (unmanaged).
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfLink
from hairpin.change.change import SetLink, one
from hairpin.host.link import BridgePort
from hairpin.message import message
from hairpin.network.attachment import attachment_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the running container that the packet came from, or is for, if its veth has no bridge."""
    packet = view.stop.seen.packet
    for address in (packet.daddr, packet.saddr):
        found = attachment_of(view.network, view.host, address, packet.version)
        if found is None or found.host_link is None or found.network.bridge is None:
            continue
        link, bridge = found.host_link, found.network.bridge
        if link.master == bridge:
            continue
        attached = msgspec.structs.replace(link, master=bridge, port=BridgePort())
        yield Candidate(
            title=message(
                "{link} of container {name} is not attached to {bridge}",
                link=link.name,
                name=found.container.name,
                bridge=bridge,
            ),
            detail=message("The other end of the container's eth0 has lost its bridge: its frames reach nobody."),
            change=one(SetLink(view.host_netns, attached)),
            where=OfLink(link=link.name, master=link.master or "none", wanted=bridge),
            in_class="link-or-route",
            evidence=(link.evidence,),
            advice=(message("keep network managers away from veth* and {link} (unmanaged)", link=bridge),),
        )
        return


CAUSE = Cause(
    id="veth-detached-from-bridge",
    title=message("A container's veth is not attached to its bridge"),
    source="ip-link(8): master",
    reasons=frozenset(
        {"no-neighbour", "martian-source", "no-carrier", "link-down", "rp-filter", "rule", "policy", "reject"}
    ),
    find=find,
)
