"""Links of a network as ``ip -batch`` lines.

What leads out of the snapshot (NICs, tunnels) becomes a wire into the *world* namespace; bonds and VLANs stand on it.
Names, indexes, hardware addresses and MTUs stay.  Source: ip-link(8), bridge(8)
"""

from collections.abc import Iterator
from zlib import crc32

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.network import Network, Port, bridge_ports, is_bridge_port, is_uplink, veth_peer
from hairpin.replica.plan.blueprint import APART, WORLD, LinkLine, StandIn, path_of

_PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
KINDS = ("bond", "dummy", "ipvlan", "macvlan", "vlan")
"""Kinds that are made where this kernel has them; elsewhere a wire stands in."""
_EQUAL_TO_A_WIRE = ("", "veth")
"""Kinds that a wire stands in for without loss: what a packet meets in this namespace is the same."""


class Wire(msgspec.Struct, frozen=True):
    """A link of the snapshot whose far end is in the world, there called ``name``.

    ``over``: the wire that a VLAN's frames take, tagged with ``vlan_id``; the far end is a VLAN on it as well."""

    netns: Netns
    link: Link
    name: str
    over: str = ""
    vlan_id: int = 0


class Wiring(msgspec.Struct, frozen=True):
    """How links are made, and which of them lead into the world."""

    lines: tuple[LinkLine, ...]
    wires: tuple[Wire, ...]
    stand_ins: tuple[StandIn, ...]


def wiring(network: Network, names: tuple[Netns, ...], able: frozenset[str] = frozenset(KINDS)) -> Wiring:
    """Return the links of these namespaces; far ends in other namespaces are in ``apart``.

    ``able``: which of KINDS this kernel can make."""
    found = _Found(network, names, able)
    everything = [(name, link) for name in names for link in sorted(network.namespace(name).links, key=_by_age)]
    for name, link in everything:
        found.add(name, link)
    for name, link in found.standing_on_others():
        found.stack(name, link)
    return Wiring(tuple(found.lines), tuple(found.wires), tuple(found.stand_ins))


class _Found:
    """What is made so far.  ``ends``: how the world calls the far ends of links, also of those above them."""

    def __init__(self, network: Network, names: tuple[Netns, ...], able: frozenset[str]) -> None:
        self.lines: list[LinkLine] = []
        self.wires: list[Wire] = []
        self.stand_ins: list[StandIn] = []
        self._network = network
        self._names = names
        self._able = able
        self._made: set[Port] = set()
        self._ends: dict[Port, str] = {}
        self._stacked: list[tuple[Netns, Link]] = []
        self._far = 0

    def _next(self, letter: str) -> str:
        self._far += 1
        return f"{letter}{self._far}"

    def add(self, netns: Netns, link: Link) -> None:
        """Make a link, unless it stands on another: that has to be there first."""
        port = Port(netns, link.name)
        if link.kind == "loopback" or link.name == "lo" or port in self._made:
            return
        self._made.add(port)
        self.stand_ins += _programs(netns, link)
        namespace = self._network.namespace(netns)
        peer = veth_peer(self._network, netns, link)
        if peer is not None and peer.netns in self._names:
            self._made.add(peer)
            other = self._network.namespace(peer.netns).link(peer.link)
            assert other is not None
            far = f"{_words(peer.netns, other)} netns {path_of(peer.netns)}"
            self.lines.append(LinkLine(_pair(netns, link, far)))
        elif link.kind in ("bridge", "vrf"):
            self.lines.append(_alone(netns, link))
        elif link.kind == "dummy" and "dummy" in self._able:
            self.lines.append(LinkLine(f"{_start(netns, link)} type dummy"))
        elif lower_of(self._network, netns, link) is not None and link.kind in self._able:
            self._stacked.append((netns, link))
        elif (active := active_member(namespace, link, self._able)) is not None:
            self.lines.append(LinkLine(f"{_start(netns, link)} type bond mode active-backup miimon 10"))
            self.wires.append(Wire(netns, link, self._end(Port(netns, active.name))))
            self._ends[port] = self.wires[-1].name
        elif (bond := namespace.link(link.master or "")) is not None and active_member(namespace, bond, self._able):
            self._member(netns, link, bond)
        else:
            self._wire(netns, link)

    def _end(self, port: Port) -> str:
        """Return the name of the far end in the world."""
        if port not in self._ends:
            self._ends[port] = self._next("w")
        return self._ends[port]

    def _member(self, netns: Netns, link: Link, bond: Link) -> None:
        """Make a bond's member: the world is behind the active one, nobody behind the others."""
        active = active_member(self._network.namespace(netns), bond, self._able)
        if active is not None and active.name == link.name:
            far = f"name {self._end(Port(netns, link.name))} netns {path_of(WORLD)}"
        elif link.carrier:
            far = f"name {self._next('f')} netns {path_of(APART)}"
        else:
            far = f"name {self._next('f')} netns {path_of(WORLD)}"  # stays down there
        self.lines.append(LinkLine(_pair(netns, link, far)))

    def _wire(self, netns: Netns, link: Link) -> None:
        """Have a plain wire stand for the link."""
        peer = veth_peer(self._network, netns, link)
        if peer is None and is_uplink(self._network, netns, link):
            wire = Wire(netns, link, self._end(Port(netns, link.name)))
            self.wires.append(wire)
            self.lines.append(LinkLine(_pair(netns, link, f"name {wire.name} netns {path_of(WORLD)}")))
        else:
            self.lines.append(LinkLine(_pair(netns, link, f"name {self._next('f')} netns {path_of(APART)}")))
        if link.kind not in _EQUAL_TO_A_WIRE:
            unmade = link.kind in KINDS and link.kind not in self._able
            said = message(
                "{link} in {netns} is a {kind}, which this kernel does not make; a plain wire stands in"
                if unmade
                else "{link} in {netns} is a {kind}; a plain wire stands in",
                link=link.name,
                netns=netns,
                kind=link.kind,
            )
            self.stand_ins.append(StandIn(netns, link.name, said))

    # --- links that stand on others --------------------------------------------------------------------------------

    def standing_on_others(self) -> list[tuple[Netns, Link]]:
        """Return them, those that others stand on first."""
        return sorted(self._stacked, key=lambda each: self._height(*each))

    def _height(self, netns: Netns, link: Link) -> int:
        height, seen = 0, {Port(netns, link.name)}
        lower = lower_of(self._network, netns, link)
        while lower is not None and lower not in seen:
            seen.add(lower)
            height += 1
            below = self._network.namespace(lower.netns).link(lower.link)
            lower = lower_of(self._network, lower.netns, below) if below is not None else None
        return height

    def stack(self, netns: Netns, link: Link) -> None:
        """Make a link on the one that it stands on: where that is a wire into the world, so is this."""
        lower = lower_of(self._network, netns, link)
        assert lower is not None
        over = self._below(lower)
        if link.kind == "vlan" and over == "":
            self._wire(netns, link)
            return
        self.lines.append(LinkLine(f"{_start(netns, link, lower)} type {_kind_words(link)}"))
        if link.kind == "vlan" and link.vlan_id is not None:
            self.wires.append(Wire(netns, link, self._end(Port(netns, link.name)), over, link.vlan_id))

    def _below(self, lower: Port) -> str:
        """Return the far end of a link, or of the port by which a bridge leads out; empty where none does."""
        namespace = self._network.namespace(lower.netns)
        candidates = (lower, *(Port(lower.netns, port.name) for port in bridge_ports(namespace, lower.link)))
        return next((self._ends[each] for each in candidates if each in self._ends), "")


def lower_of(network: Network, netns: Netns, link: Link) -> Port | None:
    """Return the link of the host's namespace that a VLAN, or a container's macvlan or ipvlan, stands on."""
    if netns.of_host not in network or link.kind not in ("vlan", "macvlan", "ipvlan"):
        return None
    host = network.namespace(netns.of_host)
    if netns.is_host:
        # A macvlan beside its own lower link: which of both a frame is for is decided by hardware address alone.
        return (
            Port(netns.of_host, link.lower)
            if link.kind == "vlan" and host.link(link.lower or "") and link.lower
            else None
        )
    for other in host.links:
        if other.index == link.peer_index and link.peer_netnsid is not None:
            return Port(netns.of_host, other.name)
    return None


def active_member(namespace: Namespace, bond: Link, able: frozenset[str]) -> Link | None:
    """Return the member that a bond uses here, the first that is up; None where it is not rebuilt as one.

    The snapshot does not say how the bond chooses; any member that runs leads to the same world."""
    if bond.kind != "bond" or "bond" not in able or not bond.carrier:
        return None
    members = sorted(bridge_ports(namespace, bond.name), key=_by_age)
    return next((each for each in members if each.up and each.carrier and each.kind == ""), None)


def _by_age(link: Link) -> int:
    return link.index


def _programs(netns: Netns, link: Link) -> Iterator[StandIn]:
    if link.xdp:
        said = message("{link} in {netns} carries an XDP program, which is not rebuilt", link=link.name, netns=netns)
        yield StandIn(netns, link.name, said)
    if link.tc_ingress or link.tc_egress:
        said = message("{link} in {netns} carries a tc filter, which is not rebuilt", link=link.name, netns=netns)
        yield StandIn(netns, link.name, said)


def mac_of(netns: Netns, link: Link) -> int:
    """Return the link's hardware address; one of our own where the snapshot has none that a link can have."""
    if link.mac and not link.mac >> 40 & 1:
        return link.mac
    return 0x02 << 40 | crc32(f"{netns} {link.name}".encode())


def _words(netns: Netns, link: Link) -> str:
    """Return name, index, hardware address and MTU as ip-link(8) takes them."""
    words = ["name", link.name, "index", str(link.index), "address", mac_text(mac_of(netns, link))]
    if 68 <= link.mtu_bytes <= 65535:
        words += ["mtu", str(link.mtu_bytes)]
    return " ".join(words)


def mac_text(mac: int) -> str:
    """Return ``02:42:ac:11:00:02``."""
    return ":".join(f"{byte:02x}" for byte in mac.to_bytes(6))


def _start(netns: Netns, link: Link, lower: Port | None = None) -> str:
    on = f"link {lower.link} " if lower is not None else ""
    return f"link add {on}{_words(netns, link)} netns {path_of(netns)}"


def _pair(netns: Netns, link: Link, peer: str) -> str:
    return f"{_start(netns, link)} type veth peer {peer}"


def _alone(netns: Netns, link: Link) -> LinkLine:
    start = f"{_start(netns, link)} type"
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


def _kind_words(link: Link) -> str:
    if link.kind == "vlan":
        return f"vlan id {link.vlan_id}"
    words = (link.kind, *(("mode", link.macvlan_mode) if link.macvlan_mode else ()))
    return " ".join((*words, *((link.ipvlan_flag,) if link.ipvlan_flag else ())))


def settings(namespace: Namespace, able: frozenset[str] = frozenset(KINDS)) -> Iterator[str]:
    """Yield the lines that give links their masters and set them up, in the namespace itself."""
    for link in sorted(namespace.links, key=_by_age):
        if _joins(namespace, link, able):
            yield f"link set dev {link.name} master {link.master}"
            if link.port is not None:
                yield from _port_flags(link.name, link.port)
        if link.name != "lo":
            yield f"link set dev {link.name} addrgenmode none"
    # A bond sets its members up.
    yield from (f"link set dev {link.name} down" for link in namespace.links if not link.up and link.master)
    yield from (f"link set dev {link.name} up" for link in namespace.links if link.up)


def states(namespace: Namespace) -> Iterator[str]:
    """Yield the lines of ``bridge -batch`` that give bridge ports that run their state: what does not run yet takes
    none, and gets another when it does, as one that is disabled does with ``ip link``.

    Source: net/bridge/br_netlink.c br_set_port_state(), br_if.c br_port_carrier_check(); net/core/rtnetlink.c
    do_setlink(): DO_SETLINK_NOTIFY
    """
    for link in namespace.links:
        port = link.port if link.up and link.carrier and is_bridge_port(namespace, link) else None
        if port is not None and port.state != "forwarding" and port.state in _PORT_STATES:
            yield f"link set dev {link.name} state {_PORT_STATES.index(port.state)}"


def _joins(namespace: Namespace, link: Link, able: frozenset[str]) -> bool:
    master = namespace.link(link.master or "")
    if master is None:
        return False
    return master.kind in ("bridge", "vrf") or active_member(namespace, master, able) is not None


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
