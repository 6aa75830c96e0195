"""The hardware addresses of outside machines, from the neighbour entries of a snapshot.

The kernel never resolves a permanent entry (ip-neighbour(8)).  The kernel sends frames to the entry's hardware address,
and the walk assumes that the neighbour exists (walk/link/segment.py who_has()).  The world's end of a wire has the
hardware address of a router, or else the hardware address that most entries have, so that rules see the sender's real
address.  The network layer would drop frames to all other hardware addresses, so an ingress rule accepts these frames
(net/ethernet/eth.c eth_type_trans(), net/ipv4/ip_input.c ip_rcv_core(): PACKET_OTHERHOST).
"""

from collections import Counter
from collections.abc import Iterator
from zlib import crc32

import msgspec

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import BROADCAST, LEARNED, Neighbour
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, Port, is_bridge_port, veth_peer
from hairpin.network.tunnel.tunnels import remotes_of
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.plan.links import Wire, rebuilt_lower
from hairpin.walk.link.arp_frames import filters_frames
from hairpin.walk.link.segment import who_has


class MacsBehind(msgspec.Struct, frozen=True):
    """The hardware addresses behind a wire.

    ``own``: the hardware address of the wire's end in the world, or None if any address is right.  ``others``: further
    hardware addresses to which hosts send frames."""

    wire: str
    own: int | None = None
    others: tuple[int, ...] = ()


def macs_behind(network: Network, wires: tuple[Wire, ...]) -> tuple[MacsBehind, ...]:
    """Return the hardware addresses behind each wire, in the order of the wires."""
    named = [found for netns, _ in network.namespaces() for found in _named(network, netns, wires)]
    routers = {
        hop.gateway for _, namespace in network.namespaces() for route in namespace.routes for hop in route.next_hops
    }
    return tuple(_known(wire, [entry for name, entry in named if name == wire.name], routers) for wire in wires)


def _known(wire: Wire, entries: list[Neighbour], routers: set[int | None]) -> MacsBehind:
    """Return the hardware addresses behind one wire.  Learned entries count as well, although they are not replayed,
    because the kernel confirms the addresses in them."""
    foremost = [each for each in entries if each.value in routers] or entries
    counted = Counter(each.mac for each in foremost if each.mac is not None)
    if not counted:
        return MacsBehind(wire.name, _own_mac(wire) if wire.segment else None)
    own = counted.most_common(1)[0][0]
    if wire.far is not None:  # a far end accepts frames to all hardware addresses: plan/far_ends.py
        return MacsBehind(wire.name, own)
    believed = {each.mac for each in entries if each.static and each.mac is not None}
    return MacsBehind(wire.name, own, tuple(sorted(believed - {own})))


def _own_mac(wire: Wire) -> int:
    """Return a hardware address for the world's end of a wire that hosts share.  The wire's bridge needs a fixed
    hardware address."""
    return 0x02 << 40 | crc32(f"world {wire.name}".encode())


def _named(network: Network, netns: Netns, wires: tuple[Wire, ...]) -> Iterator[tuple[str, Neighbour]]:
    """Yield the namespace's entries for outside neighbours, each with the name of a wire that leads to the
    neighbour.  Where rules may drop ARP messages, a learned entry counts as permanent: addresses.still_known()."""
    namespace, filtered = network.namespace(netns), filters_frames(network.host(netns.host))
    for each in (one for one in namespace.neighbours if one.mac != BROADCAST):
        link = namespace.link(each.link)
        if link is None or each.proxy or not each.mac or each.mac >> 40 & 1:
            continue
        if who_has(network, netns, link, each.mac).kind == "outside":
            out = _ways_out(network, netns, link, wires)
            kept = msgspec.structs.replace(each, state="PERMANENT") if filtered and each.state in LEARNED else each
            yield from ((wire.name, kept) for wire in out if _carries(network, wire, each.mac))


def _carries(network: Network, wire: Wire, mac: int) -> bool:
    """Return whether frames to the hardware address take the wire.

    A frame into a tunnel goes to one far end of the tunnel.  If a link that was read has the hardware address, it does
    not belong to a far end."""
    if wire.far is None:
        return True
    if any(link.mac == mac for _, namespace in network.namespaces() for link in namespace.links):
        return False
    remotes = remotes_of(network.namespace(wire.netns), wire.link, mac)
    return any(each.address == wire.far.address for each in remotes)


def _ways_out(network: Network, netns: Netns, link: Link, wires: tuple[Wire, ...]) -> Iterator[Wire]:
    """Yield the wires by which frames enter the world if they leave the namespace by the link."""
    own = [wire for wire in wires if (wire.netns, wire.link.name) == (netns, link.name)]
    yield from own
    lower = rebuilt_lower(network, netns, link)
    peer = veth_peer(network, netns, link)
    if own:
        return
    if lower is not None:
        yield from _ways_out_of(network, lower, wires)
    elif link.kind == "bridge":
        yield from (wire for wire in wires if (wire.netns, wire.link.master) == (netns, link.name))
    elif peer is not None:
        namespace = network.namespace(peer.netns)
        far = namespace.link(peer.link)
        if far is not None and far.master is not None and is_bridge_port(namespace, far):
            yield from _ways_out_of(network, Port(peer.netns, far.master), wires)


def _ways_out_of(network: Network, port: Port, wires: tuple[Wire, ...]) -> Iterator[Wire]:
    link = network.namespace(port.netns).link(port.link)
    if link is not None:
        yield from _ways_out(network, port.netns, link, wires)


def world_end_lines(wire: Wire, known: MacsBehind) -> Iterator[str]:
    """Yield ``ip -batch`` lines that make the world's end if it is a VLAN, and that set its hardware address."""
    if wire.over:
        yield f"link add link {wire.over} name {wire.name} type vlan id {wire.vlan_id}"
    if known.own is not None:
        yield f"link set dev {wire.name} address {write_mac(known.own)}"


def accepting_rules(known: tuple[MacsBehind, ...]) -> tuple[Load, ...]:
    """Return the rules by which the world's ends accept frames to several hardware addresses; empty if each end has
    only one hardware address.

    Source: net/core/dev.c __netif_receive_skb_core(): nf_ingress() comes before the network layer;
    net/netfilter/nft_meta.c nft_meta_set_eval()
    """
    chains = [
        f'chain {each.wire} {{ type filter hook ingress device "{each.wire}" priority 0; '
        f"ether daddr {{ {', '.join(map(write_mac, each.others))} }} meta pkttype set host; }}"
        for each in known
        if each.others
    ]
    return (Load("nft", "\n".join(("table netdev world {", *chains, "}", ""))),) if chains else ()
