"""A tunnel device is not a port of the bridge that it joins with another host's.

Users see: two hosts have one container subnet, and the containers of one do not reach those of the other.

Proof: the tunnel device has no master, while the far device is a port of a bridge; attached, the packet arrives.
Now: ``ip link set TUNNEL master BRIDGE``.
Lasting: keep network managers away from the bridge and its tunnel device.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.between_hosts._tunnelled import bridge_behind, segment_bridge
from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfLink
from hairpin.change.change import SetLink, one
from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.network import Network, addresses_of, is_bridge_port
from hairpin.network.wires import holder_of


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the loose end when a tunnel device of one of both hosts is a port of its bridge, and
    that of the other host is not."""
    address = view.stop.address
    holder = holder_of(view.network, view.flow.version, address, besides=view.stop.netns.host) if address else None
    here, near = view.host_netns, segment_bridge(view)
    far = _bridge_of(view.network, holder, address) if holder is not None and address else None
    if holder is None or near is None or far is None or near.kind != "bridge":
        return
    there = holder.of_host
    yield from _loose(view, here, near, there, far)
    yield from _loose(view, there, far, here, near)


def _loose(view: View, netns: Netns, bridge: Link, other: Netns, other_bridge: Link) -> Iterator[Candidate]:
    """Yield one candidate for each device of the namespace that is no port although its far end is one."""
    here, there = view.network.namespace(netns), view.network.namespace(other)
    for link in here.links:
        if link.tunnel is None or link.master is not None or addresses_of(here, link.name, 4):  # it is routed
            continue
        if not any(_joins(link, each) for each in _ports(there, other_bridge)):
            continue
        host = netns.host
        attached = msgspec.structs.replace(link, master=bridge.name, port=BridgePort())
        yield Candidate(
            title=message("{link} of {host} is not a port of {bridge}", link=link.name, host=host, bridge=bridge.name),
            detail=message(
                "The tunnel joins {bridge} with {far_bridge} of {far}, whose end is a port. Here its frames reach "
                "nobody.",
                bridge=bridge.name, far_bridge=other_bridge.name, far=other.host,
            ),
            change=one(SetLink(netns, attached)),
            where=OfLink(host=host, link=link.name, master="none", wanted=bridge.name),
            in_class="stale-tunnel-entry",
            evidence=(link.evidence,) if link.evidence else (),
            advice=(message("keep network managers away from docker0, br-* and their tunnel devices (unmanaged)"),),
        )  # fmt: skip


def _ports(namespace: Namespace, bridge: Link) -> Iterator[Link]:
    return (each for each in namespace.links if each.master == bridge.name and is_bridge_port(namespace, each))


def _joins(one_: Link, other: Link) -> bool:
    """Return whether the devices are of one tunnel: kind, UDP port and VNI are alike."""
    return other.tunnel is not None and one_.tunnel is not None and (
        (one_.tunnel.kind, one_.tunnel.key, one_.tunnel.port)
        == (other.tunnel.kind, other.tunnel.key, other.tunnel.port)
    )  # fmt: skip


def _bridge_of(network: Network, holder: Netns, address: int) -> Link | None:
    """Return the bridge of the holder's host that the address is on, or that its link leads to."""
    namespace = network.namespace(holder)
    name = next((each.link for each in namespace.addresses if each.value == address), "")
    link = namespace.link(name)
    if link is None or holder.is_host:
        return link if link is not None and link.kind == "bridge" else None
    return bridge_behind(network, holder, link)


CAUSE = Cause(
    id="tunnel-port-detached",
    title=message("A tunnel device is not a port of the bridge that it joins with another host's"),
    source="ip-link(8): master",
    reasons=frozenset({"no-neighbour"}),
    find=find,
)
