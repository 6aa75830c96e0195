"""Links of a network as ``ip -batch`` lines.

What leads out of the snapshot (NICs, bonds, VLANs, tunnels) becomes a wire into the *world* namespace.  Names, indexes,
hardware addresses and MTUs stay.  Source: ip-link(8), bridge(8)
"""

from collections.abc import Iterator
from zlib import crc32

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.network.network import HOST, Network, Port, is_bridge_port, is_uplink, veth_peer
from hairpin.replica.blueprint import APART, WORLD, LinkLine, StandIn, path_of

_PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
_EQUAL_TO_A_WIRE = ("", "veth", "dummy", "bond", "team", "vlan")
"""Kinds that a wire stands in for without loss: what a packet meets in this namespace is the same."""


class Wire(msgspec.Struct, frozen=True):
    """A link of the snapshot whose far end is in the world, there called ``name``."""

    netns: str
    link: Link
    name: str


class Wiring(msgspec.Struct, frozen=True):
    """How links are made, and which of them lead into the world."""

    lines: tuple[LinkLine, ...]
    wires: tuple[Wire, ...]
    stand_ins: tuple[StandIn, ...]


def wiring(network: Network, names: tuple[str, ...]) -> Wiring:
    """Return the links of these namespaces; far ends in other namespaces are in ``apart``."""
    lines: list[LinkLine] = []
    wires: list[Wire] = []
    stand_ins: list[StandIn] = []
    made: set[Port] = set()
    far = 0
    for name in names:
        namespace = network.namespace(name)
        for link in sorted(namespace.links, key=_by_age):
            port = Port(name, link.name)
            if link.kind == "loopback" or link.name == "lo" or port in made:
                continue
            made.add(port)
            stand_ins += _programs(name, link)
            peer = veth_peer(network, name, link)
            if peer is not None and peer.netns in names:
                made.add(peer)
                other = network.namespace(peer.netns).link(peer.link)
                assert other is not None
                lines.append(LinkLine(_pair(name, link, f"{_words(peer.netns, other)} netns {path_of(peer.netns)}")))
                continue
            if link.kind in ("bridge", "vrf"):
                lines.append(_alone(name, link))
                continue
            far += 1
            if peer is None and is_uplink(network, name, link):
                wire = Wire(name, link, f"w{far}")
                wires.append(wire)
                lines.append(_out(network, name, link, wire.name))
            else:
                lines.append(LinkLine(_pair(name, link, f"name f{far} netns {path_of(APART)}")))
            if link.kind not in _EQUAL_TO_A_WIRE and not _stacked(network, name, link):
                stand_ins.append(
                    StandIn(name, link.name, f"{link.name} in {name} is a {link.kind}; a plain wire stands in")
                )
    return Wiring(tuple(lines), tuple(wires), tuple(stand_ins))


def _by_age(link: Link) -> int:
    return link.index


def _programs(netns: str, link: Link) -> Iterator[StandIn]:
    if link.xdp:
        yield StandIn(netns, link.name, f"{link.name} in {netns} carries an XDP program, which is not rebuilt")
    if link.tc_ingress or link.tc_egress:
        yield StandIn(netns, link.name, f"{link.name} in {netns} carries a tc filter, which is not rebuilt")


def mac_of(netns: str, link: Link) -> int:
    """Return the link's hardware address; one of our own where the snapshot has none that a link can have."""
    if link.mac and not link.mac >> 40 & 1:
        return link.mac
    return 0x02 << 40 | crc32(f"{netns} {link.name}".encode())


def _words(netns: str, link: Link) -> str:
    """Return name, index, hardware address and MTU as ip-link(8) takes them."""
    words = ["name", link.name, "index", str(link.index), "address", mac_text(mac_of(netns, link))]
    if 68 <= link.mtu_bytes <= 65535:
        words += ["mtu", str(link.mtu_bytes)]
    return " ".join(words)


def mac_text(mac: int) -> str:
    """Return ``02:42:ac:11:00:02``."""
    return ":".join(f"{byte:02x}" for byte in mac.to_bytes(6))


def _pair(netns: str, link: Link, peer: str) -> str:
    return f"link add {_words(netns, link)} netns {path_of(netns)} type veth peer {peer}"


def _alone(netns: str, link: Link) -> LinkLine:
    start = f"link add {_words(netns, link)} netns {path_of(netns)} type"
    if link.kind == "vrf":
        return LinkLine(f"{start} vrf table {link.vrf_table or 0}", kind="vrf")
    info = link.bridge
    plain = f"{start} bridge forward_delay 0"
    if info is None:
        return LinkLine(plain)
    calls = {
        "nf_call_iptables": info.nf_call_iptables,
        "nf_call_ip6tables": info.nf_call_ip6tables,
        "nf_call_arptables": info.nf_call_arptables,
    }
    plain = " ".join((plain, *(f"{name} 1" for name, value in calls.items() if value)))
    if info.vlan_filtering:
        return LinkLine(f"{plain} vlan_filtering 1", plain, "bridge that filters VLANs")
    return LinkLine(plain)


def _lower(network: Network, netns: str, link: Link) -> Port | None:
    """Return what a macvlan or ipvlan of a container stands on, when that is in the host's namespace."""
    host = network.host.namespace(HOST)
    if netns == HOST or host is None or link.kind not in ("macvlan", "macvtap", "ipvlan"):
        return None
    for other in host.links:
        if other.index == link.peer_index and link.peer_netnsid is not None:
            return Port(HOST, other.name)
    return None


def _stacked(network: Network, netns: str, link: Link) -> bool:
    return _lower(network, netns, link) is not None


def _out(network: Network, netns: str, link: Link, wire: str) -> LinkLine:
    pair = _pair(netns, link, f"name {wire} netns {path_of(WORLD)}")
    lower = _lower(network, netns, link)
    if lower is None or link.kind == "macvtap":
        return LinkLine(pair)
    mode = f"mode {link.macvlan_mode}" if link.macvlan_mode else ""
    return LinkLine(
        f"link add link {lower.link} {_words(netns, link)} netns {path_of(netns)} type {link.kind} {mode}",
        pair,
        link.kind,
    )


def settings(namespace: Namespace) -> Iterator[str]:
    """Yield the lines that give links their masters and set them up, in the namespace itself."""
    for link in sorted(namespace.links, key=_by_age):
        if link.master and namespace.link(link.master) is not None and _joins(namespace, link):
            yield f"link set dev {link.name} master {link.master}"
            if link.port is not None:
                yield from _port_flags(link.name, link.port)
        if link.name != "lo":
            yield f"link set dev {link.name} addrgenmode none"
    yield from (f"link set dev {link.name} up" for link in namespace.links if link.up)
    for link in namespace.links:
        port = link.port if link.up and link.carrier and is_bridge_port(namespace, link) else None
        if port is not None and port.state != "forwarding" and port.state in _PORT_STATES:
            yield f"link set dev {link.name} type bridge_slave state {_PORT_STATES.index(port.state)}"


def _joins(namespace: Namespace, link: Link) -> bool:
    master = namespace.link(link.master or "")
    return master is not None and master.kind in ("bridge", "vrf")


def _port_flags(name: str, port: BridgePort) -> Iterator[str]:
    flags = {
        "hairpin": (port.hairpin, False),
        "isolated": (port.isolated, False),
        "guard": (port.guard, False),
        "learning": (port.learning, True),
        "flood": (port.flood, True),
        "neigh_suppress": (port.neigh_suppress, False),
    }
    words = [f"{flag} {'on' if value else 'off'}" for flag, (value, usual) in flags.items() if value is not usual]
    if words:
        yield f"link set dev {name} type bridge_slave {' '.join(words)}"


def vlans(namespace: Namespace) -> Iterator[str]:
    """Yield ``bridge -batch`` lines for the ports of bridges that filter VLANs, and those bridges themselves."""
    for link in namespace.links:
        master = namespace.link(link.master or "")
        if link.bridge is not None and link.bridge.vlan_filtering:
            yield from _vlans(f"dev {link.name} self", link.bridge.pvid, link.bridge.vlans)
        elif link.port is not None and master is not None and master.bridge and master.bridge.vlan_filtering:
            yield from _vlans(f"dev {link.name}", link.port.pvid, link.port.vlans)


def _vlans(where: str, pvid: int | None, found: tuple[tuple[int, int, bool], ...]) -> Iterator[str]:
    if not any(first <= 1 <= last for first, last, _ in found):
        yield f"vlan del {where} vid 1"
    for first, last, untagged in found:
        span = str(first) if first == last else f"{first}-{last}"
        own = " pvid" if pvid is not None and first <= pvid <= last else ""
        yield f"vlan add {where} vid {span}{own}{' untagged' if untagged else ''}"


def running(namespace: Namespace) -> tuple[str, ...]:
    """Return the links that have to be running before a packet is sent."""
    return tuple(link.name for link in namespace.links if link.up and link.carrier)
