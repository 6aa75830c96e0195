"""The far ends of tunnels on hosts that were not read: devices of the world that decapsulate a rebuilt host's packets
and answer them.

For each outer address to which a tunnel device sends, the world gets a device of the same kind, key and MTU.  The inner
packet enters the world by this device as if the device were a wire.  The device accepts packets to every destination,
because the walk presumes that the far end delivers them (walk/presumed.py).  The world's policy rules for the wire
apply to the outer packet.

Several vxlan or geneve devices of one namespace cannot share a VNI and a port (drivers/net/vxlan/vxlan_core.c
vxlan_vni_in_use()).  Therefore each tunnel device of the world has its own UDP port: rules write this port into
incoming packets, and the tunnel's port into outgoing packets.  Policy rules also recognise a device's outer packets by
its own port.  Source: net/core/dev.c nf_ingress() comes after the taps and before the network layer
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import Version, address_text, is_multicast
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.tunnel.tunnels import underlay_netns
from hairpin.replica.plan import replies
from hairpin.replica.plan.blueprint import FarEnd, Load
from hairpin.replica.plan.links import TunnelEnd, Wire, Wiring, holder_of
from hairpin.replica.plan.tunnels import outer_destinations, type_words
from hairpin.walk.walked import walked

FEW = 8
"""If a tunnel device has more remotes than this number, only the remotes to which the walk sends a packet are built."""
_FIRST_PORT = 61001
"""The first UDP port of the world's devices.  The port is above the ports that the kernel gives to clients
(net.ipv4.ip_local_port_range)."""
_INNER, _FIRST_OUTER = 99, 2001
"""Numbers of routing tables: the table for inner packets from a tunnel, and the first table for outer packets.

Each wire has its own table for outer packets."""


def without(wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
    """Return the wires except the wires to far ends of tunnels, which come last in ``wires``."""
    return tuple(wire for wire in wires if wire.far is None)


def _ends(wires: tuple[Wire, ...]) -> Iterator[tuple[int, Wire, TunnelEnd]]:
    """Yield, for each wire to a far end of a tunnel, the number of the wire, the wire and the far end."""
    for number, wire in enumerate(wires):
        if wire.far is not None:
            yield number, wire, wire.far


def far_end_hints(wires: tuple[Wire, ...]) -> tuple[FarEnd, ...]:
    """Return the data with which the judge recognises the packets of far ends."""
    return tuple(
        FarEnd(wire.name, address_text(end.address, end.tunnel.version), end.asked_port)
        for _, wire, end in _ends(wires)
    )


def wires(network: Network, made: Wiring, flows: tuple[Flow, ...], changed: Network | None = None) -> tuple[Wire, ...]:
    """Return a wire for each far end.  Each wire leads from the tunnel device of a host to a device of the world.

    ``made``: the links of the hosts.  ``changed``: the network after the change; None if there is no change."""
    networks = (network, changed) if changed is not None else (network,)
    found: list[Wire] = []
    for netns, link in made.tunnels:
        for remote in _remotes(networks, netns, link, flows):
            end = _end(network, made.wires, netns, link, remote)
            if end is not None:
                end = msgspec.structs.replace(end, port=_FIRST_PORT + len(found))
                found.append(Wire(netns, link, f"t{len(found) + 1}", far=end))
    return tuple(found)


def _remotes(networks: tuple[Network, ...], netns: Netns, link: Link, flows: tuple[Flow, ...]) -> tuple[int, ...]:
    """Return the outer destinations to which the tunnel device sends, except multicast groups and the addresses of
    namespaces that were read."""
    version = link.tunnel.version if link.tunnel is not None else 4
    everyone = [namespace for _, namespace in networks[0].namespaces()]
    found = [remote for each in networks for remote in outer_destinations(each.namespace(netns), link)]
    unread = tuple(
        each
        for each in dict.fromkeys(found)
        if not is_multicast(each, version) and not any(owns_address(namespace, version, each) for namespace in everyone)
    )
    if len(unread) <= FEW:
        return unread
    used = {
        step.packet.daddr
        for each in networks
        for flow in flows
        for branch in walked(each, flow).branches
        for step in branch.steps
        if step.stage == "outside"
    }
    return tuple(each for each in unread if each in used)


def _end(network: Network, wires: tuple[Wire, ...], netns: Netns, link: Link, remote: int) -> TunnelEnd | None:
    """Return the far end with the outer address ``remote``; None if the tunnel has no UDP port, or if no wire leads to
    the far end."""
    tunnel, home = link.tunnel, underlay_netns(netns, link)
    if tunnel is None or tunnel.port is None:
        return None
    own, namespace = [each for each in wires if each.netns == home], network.namespace(home)
    hops = {hop.link for hop in lookup(namespace, Query(tunnel.version, remote)).next_hops}
    below = next((each for each in own if holder_of(namespace, each.link).name in hops), next(iter(own), None))
    here = tunnel.local or (_address(namespace, below, tunnel.version) if below is not None else None)
    if below is None or here is None:
        return None
    return TunnelEnd(tunnel, remote, tunnel.port, here, tunnel.port, below.name)


def _address(namespace: Namespace, wire: Wire, version: Version) -> int | None:
    found = addresses_of(namespace, holder_of(namespace, wire.link).name, version)
    return next((each.value for each in found if each.scope == "global"), None)


def device(wire: Wire) -> Iterator[str]:
    """Yield the line that makes the world's device, if the wire leads to a tunnel's far end.

    A vxlan learns the sources of the host's frames.  Frames to other addresses go to the vxlan's remote."""
    end = wire.far
    if end is not None:
        own = end.address if end.tunnel.kind == "vxlan" else None  # the route chooses a geneve's source address
        mirrored = msgspec.structs.replace(end.tunnel, local=own, remote=end.host, port=end.port, underlay=None)
        words = type_words(msgspec.structs.replace(mirrored, learning=True, proxy=False))
        yield f"link add name {wire.name} mtu {wire.link.mtu_bytes} type {words}"


def routes(wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the world's routes: inner packets from a tunnel are delivered locally, and outer packets to the host leave
    with the address to which the host sends."""
    for number, _, end in _ends(wires):
        yield f"route add local 0.0.0.0/0 dev lo table {_INNER}"
        yield f"route add local ::/0 dev lo table {_INNER}"
        version, below = end.tunnel.version, next(each for each in wires if each.name == end.underlay)
        own = address_text(end.address, version)
        if version == 4:  # net/ipv4/devinet.c __ip_dev_find() asks this table for a packet's source
            yield f"route add local {own}/32 dev lo table local"
        else:
            yield f"address add {own}/128 dev {below.name} nodad noprefixroute"
        everything = "0.0.0.0/0" if version == 4 else "::/0"
        via = f"via {replies.ROUTER[version]} dev {below.name} onlink"
        yield f"route add {everything} {via} src {own} table {_FIRST_OUTER + number}"


def neighbours(network: Network, wires: tuple[Wire, ...]) -> Iterator[str]:
    """Yield the neighbour entries for the far ends of a vxlan that answers ARP itself (``proxy``).

    The namespaces of the vxlan's host need these entries, because a vxlan with ``proxy`` carries no ARP.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit(): arp_reduce() consumes requests and replies"""
    for _, wire, _ in (each for each in _ends(wires) if each[2].tunnel.proxy):
        for netns, namespace in network.namespaces():
            for address in addresses_of(namespace, None, 4) if netns.host == wire.netns.host else ():
                link = namespace.link(address.link)
                if link is not None and link.mac:
                    entry = f"{address_text(address.value, 4)} lladdr {write_mac(link.mac)}"
                    yield f"neighbour replace {entry} dev {wire.name} nud permanent"


def rules(wires: tuple[Wire, ...], version: Version) -> Iterator[str]:
    """Yield the policy rules that lead packets of tunnels to the routes of ``routes()``.

    A far end accepts inner packets from all sources, as the walk does.  The outer packets that a far end sends are
    recognised by the UDP port of its device (``end.port``).  These packets are routed by the wire's own table."""
    for number, wire, end in _ends(wires):
        if version == 6:
            for always in ("fe80::/10", "ff00::/8"):
                yield f"rule add priority 199 iif {wire.name} to {always} lookup local"
        yield f"rule add priority 200 iif {wire.name} lookup {_INNER}"
        if end.tunnel.version == version:
            yield f"rule add priority 5 iif lo ipproto udp dport {end.port} lookup {_FIRST_OUTER + number}"


def opening(network: Network, wires: tuple[Wire, ...]) -> tuple[Load, ...]:
    """Return the rules by which each far end receives its outer packets, and inner frames to any hardware address.

    The addresses of namespaces that were read are not behind the far end, so the far end accepts no frames to these
    addresses and answers no ARP for them."""
    ends = tuple((wire, end) for _, wire, end in _ends(wires))
    if not ends:
        return ()
    everyone = [namespace for _, namespace in network.namespaces()]
    macs = sorted({link.mac for namespace in everyone for link in namespace.links if link.mac})
    read = sorted({each.value for namespace in everyone for each in addresses_of(namespace, None, 4)})
    accepting = tuple(_accepting(macs, read))
    chains = [line for wire, _ in ends for line in _chain(wire.name, 0, accepting)]
    for below in without(wires):
        own = [end for wire, end in ends if underlay_netns(wire.netns, wire.link) == below.netns]
        chains += _chain(below.name, 2, [rule for end in own for rule in _incoming(end, macs)]) if own else ()
    # If the world's own multicast reports were encapsulated, they would look like packets of the flow.
    out = [f'oifname "{wire.name}" icmpv6 type {{ 131, 132, 143 }} drop' for wire, _ in ends]
    out += [f"udp dport {end.port} {_to_port(end, end.asked_port)}" for _, end in ends]
    output = ["table inet tunnels {", "chain output {", "type filter hook output priority 0;", *out, "}", "}"]
    return (Load("nft", "\n".join(("table netdev tunnels {", *chains, "}", *output, ""))),)


def _chain(device: str, priority: int, rules: Iterable[str]) -> tuple[str, ...]:
    start = f'type filter hook ingress device "{device}" priority {priority};'
    return (f"chain {device} {{", start, *rules, "}")


def _accepting(macs: list[int], read: list[int]) -> Iterator[str]:
    if read:
        yield f"arp operation request arp daddr ip {{ {', '.join(address_text(each, 4) for each in read)} }} drop"
    others = f"ether daddr != {{ {', '.join(map(write_mac, macs))} }} " if macs else ""
    yield f"meta pkttype other {others}meta pkttype set host"


def _incoming(end: TunnelEnd, macs: list[int]) -> Iterator[str]:
    """Yield two rules for the tunnel's outer packets.

    The first rule drops outer packets with frames to the hardware addresses ``macs``.  The second rule sends all other
    outer packets to the far end's UDP port.

    The first rule is right because a frame to a hardware address of a rebuilt link did not leave the hosts.

    vxlan and geneve headers have the VNI at the same offset.  Without geneve options, the inner frame is at the same
    offset, too: RFC 7348 section 5, RFC 8926 section 3.4"""
    family = "ip" if end.tunnel.version == 4 else "ip6"
    there = f"{family} daddr {address_text(end.address, end.tunnel.version)} udp dport {end.asked_port}"
    outer = f"{there} @th,96,24 {end.tunnel.key or 0}"
    if macs:
        yield f"{outer} @th,128,48 {{ {', '.join(map(str, macs))} }} drop"
    yield f"{outer} {_to_port(end, end.port)}"


def _to_port(end: TunnelEnd, port: int) -> str:
    """Return the statements that write the destination port.

    If a packet has no UDP checksum, nft would write a wrong one (net/netfilter/nft_payload.c nft_payload_csum_inet()).
    A geneve device sends no UDP checksum over IPv4, and always a checksum over IPv6."""
    return f"udp dport set {port}{' udp checksum set 0' if end.tunnel.version == 4 else ''}"
