"""Full-sized TCP segments through a tunnel: the handshake's small packets pass where they may be lost.

A sender learns of a smaller MTU by ICMP, and sends smaller segments.  Of a packet that is lost inside a tunnel it
learns only where the tunnel device tells it: a device that is a bridge port answers with ICMP, and a sender of the
device's own namespace sees the smaller MTU in its route.  A packet that a host forwards into the device is held against
the device's MTU, so its sender sends the same packet again and again.

Losses outside of tunnels are not looked for here: docs/limitations.md.
Source: net/ipv4/ip_tunnel_core.c skb_tunnel_check_pmtu(), include/net/ip.h ip_dst_mtu_maybe_forward(); measured in the
lab: overlay-mtu-too-large, healthy-bridge-vxlan-packet-too-big
"""

from collections.abc import Iterable

import msgspec

from hairpin.host.netns import Netns
from hairpin.network.flow import Flow
from hairpin.network.network import Network, is_bridge_port
from hairpin.network.prefix import Version
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.tunnels import overhead_bytes
from hairpin.walk.data import client_data, server_data
from hairpin.walk.ip.mtu import route_mtu
from hairpin.walk.link.neighbour_discovery import walk_asking
from hairpin.walk.state import Carried, End, State, Step

_HEADERS: dict[Version, int] = {4: 40, 6: 60}
"""Bytes of the IP and TCP headers; TCP's options take their room from the data."""
_MOST_MTUS = 8
"""No way has more MTUs that become smaller and smaller."""


def through_tunnel(*ways: Iterable[Step]) -> bool:
    """Return whether one of the ways goes through a tunnel."""
    return any(step.stage == "tunnel" for way in ways for step in way)


def lost_request(network: Network, flow: Flow, started: State, back: End, there: State | None) -> End | None:
    """Return the end of the client's full-sized segments in a tunnel; None where they arrive, or where the client
    learns to make them smaller.

    ``there``: the packet as the server's namespace received it; None: it was not read."""
    own = _own_mtu(network, started)
    if there is None:
        return _lost(network, flow, client_data(started, back), _size(flow, own))
    return _lost(network, flow, client_data(started, back), _size(flow, own, _back(network, there)))


def lost_answer(network: Network, flow: Flow, started: State, back: End, there: State) -> End | None:
    """Return the end of the server's full-sized segments in a tunnel, or None as above."""
    size = _size(flow, _own_mtu(network, started), _back(network, there))
    return _lost(network, flow, server_data(there, back), size)


def _size(flow: Flow, *mtus: int | None) -> int:
    """Return the length of the largest segment: the smaller of both ends' MTUs, which their MSS options tell."""
    known = [each for each in mtus if each is not None]
    return min(flow.data_bytes + _HEADERS[flow.version], *known) if known else 0


def _own_mtu(network: Network, started: State) -> int | None:
    """Return the MTU of the client's route; of a client outside that of the link that its packets come in by."""
    if started.stage == "output-route":
        return _mtu(network, started.netns, started.packet.version, started.packet.daddr)
    link = network.namespace(started.netns).link(started.iif)
    return link.mtu_bytes if link is not None else None


def _back(network: Network, there: State) -> int | None:
    return _mtu(network, there.netns, there.packet.version, there.packet.saddr)


def _mtu(network: Network, netns: Netns, version: Version, address: int) -> int | None:
    namespace = network.namespace(netns)
    found = lookup(namespace, Query(version, address))
    link = next((hop.link for hop in found.next_hops if hop.link), "lo")
    return route_mtu(namespace, found.route, link, forwarding=False)


def _lost(network: Network, flow: Flow, start: State, size: int) -> End | None:
    """Return the end of the packet in a tunnel, of which its sender is told nothing; else None."""
    whole = flow.data_bytes + _HEADERS[flow.version]
    for _ in range(_MOST_MTUS):
        packet = msgspec.structs.replace(start.packet, length_bytes=size, dont_fragment=True)
        if size <= start.packet.length_bytes:
            return None
        segment = msgspec.structs.replace(start, packet=packet).with_fragments(gso=whole > size)
        ends = walk_asking(network, segment)
        end = next((each for each in ends if each.stop is not None and each.stop.reason == "mtu"), None)
        if end is None:
            return None
        smaller = _learned_mtu(network, end)
        if smaller is None and end.state.carried is not None:
            return None if _clamps(network, end.state.history.steps) else end
        if smaller is None or smaller >= size:
            return None
        size = smaller
    return None


def _learned_mtu(network: Network, end: End) -> int | None:
    """Return the MTU that the packet's sender learns by its loss; None where it learns nothing."""
    assert end.stop is not None
    link = network.namespace(end.stop.netns).link(end.stop.link)
    carried = end.state.carried
    if carried is None or link is None:
        return link.mtu_bytes if link is not None else None
    return link.mtu_bytes - overhead_bytes(carried.tunnel) if _learns(network, end, carried) else None


def _learns(network: Network, end: End, carried: Carried) -> bool:
    """Return whether the tunnel's device learns of the smaller MTU and has somebody to tell."""
    frame = carried.frame
    namespace = network.namespace(frame.netns)
    into = (each.link for each in reversed(end.state.history.steps) if each.stage == "tunnel")
    device = namespace.link(next(into, ""))
    if end.kind != "rejected" or device is None:
        return False
    forwards_by_route = frame.packet.version == 4 and namespace.sysctl("net", "ipv4", "ip_forward_use_pmtu") == 1
    return is_bridge_port(namespace, device) or not frame.iif or forwards_by_route


def _clamps(network: Network, steps: Iterable[Step]) -> bool:
    """Return whether a namespace on the way has a rule that may make the segments smaller."""
    passed = {step.netns for step in steps if step.netns in network}
    return any(
        words in rule.text
        for netns in passed
        for table in network.namespace(netns).ruleset.tables
        for chain in table.chains
        for rule in chain.rules
        for words in ("TCPMSS", "maxseg")
    )
