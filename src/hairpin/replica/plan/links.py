"""The links of a network as ``ip -batch`` lines.

A NIC becomes a wire into the *world* namespace.  Bonds and VLANs are made on top of this wire.  A bridge joins two
hosts that are on one wire (plan/segments.py).  Tunnel devices are rebuilt with the same kind (plan/tunnels.py).  Links
keep their names, indexes, hardware addresses and MTUs.  Source: ip-link(8), bridge(8)
"""

from collections.abc import Iterator
from zlib import crc32

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import BRIDGE_FLAGS, Link, Tunnel
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network, Port, bridge_ports, is_bridge_port, is_uplink, veth_peer
from hairpin.replica.plan import tunnels
from hairpin.replica.plan.blueprint import APART, SEGMENTS, WORLD, LinkLine, StandIn, named, path_of
from hairpin.replica.plan.segments import segments
from hairpin.walk.link.traffic_control import longest_taken

KINDS = ("bond", "dummy", "ipvlan", "macvlan", "vlan", *tunnels.KINDS)
"""Kinds of links that are rebuilt if this kernel can make them; otherwise a plain wire replaces the link."""
_EQUAL_TO_A_WIRE = ("", "veth")
"""Kinds of links that a plain wire replaces without loss, because a packet passes the same hooks in the namespace."""


class TunnelEnd(msgspec.Struct, frozen=True):
    """The far end of a tunnel as a device of the world.

    ``address`` and ``asked_port``: the destination of the host's outer packets.  ``host``: the destination of the
    world's outer packets.  ``port``: the UDP port on which the device listens.  ``underlay``: the wire that outer
    packets take."""

    tunnel: Tunnel
    address: int
    asked_port: int
    host: int
    port: int
    underlay: str


class Wire(msgspec.Struct, frozen=True):
    """A link of the snapshot whose far end is in the world.  ``name``: the name of the far end.

    ``over``: for a VLAN, the wire that its frames take, tagged with ``vlan_id``.  The far end of a VLAN is also a VLAN
    on this wire.  ``segment``: the bridge that joins the link to other hosts' uplinks; empty if there is no such
    bridge.  ``far``: the tunnel's far end, if the link is a tunnel device of the host."""

    netns: Netns
    link: Link
    name: str
    over: str = ""
    vlan_id: int = 0
    segment: str = ""
    far: TunnelEnd | None = None

    @property
    def uplink_port(self) -> str:
        """The port of the segment's bridge by which the link's frames enter."""
        return f"h{self.name[1:]}"

    @property
    def world_port(self) -> str:
        """The port of the segment's bridge that leads to the world."""
        return f"v{self.name[1:]}"


class Wiring(msgspec.Struct, frozen=True):
    """The lines that make links, and the wires: the links that lead into the world."""

    lines: tuple[LinkLine, ...]
    wires: tuple[Wire, ...]
    stand_ins: tuple[StandIn, ...]
    tunnels: tuple[tuple[Netns, Link], ...] = ()
    """The tunnel devices that are rebuilt as tunnel devices."""


def wiring(network: Network, names: tuple[Netns, ...], able: frozenset[str] = frozenset(KINDS)) -> Wiring:
    """Return the lines for the links of these namespaces.

    If the far end of a link is in a namespace that is not rebuilt, the line puts the far end into the namespace
    ``apart``.

    ``able``: the kinds of KINDS that this kernel can make."""
    found = _Found(network, names, able)
    everything = [(name, link) for name in names for link in sorted(network.namespace(name).links, key=by_age)]
    for name, link in everything:
        found.add(name, link)
    for name, link in found.standing_on_others():
        found.stack(name, link)
    for name, link, tunnel in found.tunnels:
        found.tunnel(name, link, tunnel)
    rebuilt = tuple((name, link) for name, link, _ in found.tunnels)
    return Wiring(tuple(found.lines), tuple(found.wires), tuple(found.stand_ins), rebuilt)


class _Found:
    """Collects the lines that make links.

    ``_ends``: for each link that leads into the world, directly or by a lower link, the name of its far end in the
    world."""

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
        self.tunnels: list[tuple[Netns, Link, Tunnel]] = []
        self._segments = segments(network, names)
        for segment in self._segments:
            start = f"link add name {segment.name} netns {path_of(SEGMENTS)} type bridge"
            self.line(segment.uplinks[0].netns, f"{start} forward_delay 0 mcast_snooping 0")

    def line(self, netns: Netns, text: str) -> None:
        """Add a line that runs on the namespace's host."""
        self.lines.append(LinkLine(text, netns.host))

    def _outwards(self, wire: Wire) -> str:
        """Return the words for the far end of a link that leads out.

        The far end is in the world, or is a port of the bridge between hosts."""
        if not wire.segment:
            return f"name {wire.name} netns {path_of(WORLD)}"
        near = f"link add name {wire.world_port} netns {path_of(SEGMENTS)}"
        self.line(wire.netns, f"{near} type veth peer name {wire.name} netns {path_of(WORLD)}")
        return f"name {wire.uplink_port} netns {path_of(SEGMENTS)}"

    def _segment_of(self, port: Port) -> str:
        return next((each.name for each in self._segments if port in each.uplinks), "")

    def _next(self, letter: str) -> str:
        self._far += 1
        return f"{letter}{self._far}"

    def add(self, netns: Netns, link: Link) -> None:
        """Make a link.  A stacked link is only recorded, because its lower link has to exist first."""
        port = Port(netns, link.name)
        if link.kind == "loopback" or link.name == "lo" or port in self._made:
            return
        self._made.add(port)
        self.stand_ins += _programs(netns, link, named(netns, self._names))
        namespace = self._network.namespace(netns)
        peer = veth_peer(self._network, netns, link)
        if peer is not None and peer.netns in self._names:
            self._made.add(peer)
            other = self._network.namespace(peer.netns).link(peer.link)
            assert other is not None
            self.stand_ins += _programs(peer.netns, other, named(peer.netns, self._names))
            far = f"{_words(peer.netns, other)} netns {path_of(peer.netns)}"
            self.line(netns, _pair(netns, link, far))
        elif link.kind in ("bridge", "vrf"):
            self.lines.append(_alone(netns, link))
        elif link.kind in self._able and tunnels.is_rebuilt(self._network, netns, link):
            assert link.tunnel is not None
            self.tunnels.append((netns, link, link.tunnel))
        elif link.kind == "dummy" and "dummy" in self._able:
            self.line(netns, f"{_start(netns, link)} type dummy")
        elif rebuilt_lower(self._network, netns, link) is not None and link.kind in self._able:
            self._stacked.append((netns, link))
        elif (active := active_member(namespace, link, self._able)) is not None:
            self.line(netns, f"{_start(netns, link)} type bond mode active-backup miimon 10")
            segment = self._segment_of(port)
            self.wires.append(Wire(netns, link, self._end(Port(netns, active.name)), segment=segment))
            self._ends[port] = self.wires[-1].name
        elif (bond := namespace.link(link.master or "")) is not None and active_member(namespace, bond, self._able):
            self._member(netns, link, bond)
        else:
            self._wire(netns, link)

    def _end(self, port: Port) -> str:
        """Return the name of the link's far end in the world."""
        if port not in self._ends:
            self._ends[port] = self._next("w")
        return self._ends[port]

    def _member(self, netns: Netns, link: Link, bond: Link) -> None:
        """Add the lines for a bond's member.  The active member leads to the world, the other members lead nowhere."""
        active = active_member(self._network.namespace(netns), bond, self._able)
        if active is not None and active.name == link.name:
            segment = self._segment_of(Port(netns, bond.name))
            far = self._outwards(Wire(netns, bond, self._end(Port(netns, link.name)), segment=segment))
        elif link.carrier:
            far = f"name {self._next('f')} netns {path_of(APART)}"
        else:
            # the member has no carrier, so its far end stays down
            far = f"name {self._next('f')} netns {path_of(WORLD)}"
        self.line(netns, _pair(netns, link, far))

    def _wire(self, netns: Netns, link: Link) -> None:
        """Make a plain wire (a veth pair) that replaces the link."""
        peer = veth_peer(self._network, netns, link)
        if peer is None and is_uplink(self._network, netns, link):
            port = Port(netns, link.name)
            wire = Wire(netns, link, self._end(port), segment=self._segment_of(port))
            self.wires.append(wire)
            self.line(netns, _pair(netns, link, self._outwards(wire)))
        else:
            self.line(netns, _pair(netns, link, f"name {self._next('f')} netns {path_of(APART)}"))
        if link.kind not in _EQUAL_TO_A_WIRE:
            wanted = link.tunnel is None or tunnels.is_rebuilt(self._network, netns, link)
            lacking = wanted and link.kind in KINDS and link.kind not in self._able
            said = message(
                "this kernel cannot make {link} in {netns}, a {kind}; the test copy (replica) has a plain veth instead"
                if lacking
                else "{link} in {netns} is a {kind}; the test copy (replica) has a plain veth instead",
                link=link.name,
                netns=named(netns, self._names),
                kind=link.kind,
            )
            self.stand_ins.append(StandIn(netns, link.name, said))

    # --- links on lower links --------------------------------------------------------------------------------

    def standing_on_others(self) -> list[tuple[Netns, Link]]:
        """Return the stacked links.  A lower link comes before the links that are stacked on it."""
        return sorted(self._stacked, key=lambda each: self._height(*each))

    def _height(self, netns: Netns, link: Link) -> int:
        height, seen = 0, {Port(netns, link.name)}
        lower = rebuilt_lower(self._network, netns, link)
        while lower is not None and lower not in seen:
            seen.add(lower)
            height += 1
            below = self._network.namespace(lower.netns).link(lower.link)
            lower = rebuilt_lower(self._network, lower.netns, below) if below is not None else None
        return height

    def stack(self, netns: Netns, link: Link) -> None:
        """Make a link on its lower link.  If the lower link is a wire into the world, a VLAN on it is a wire into the
        world, too."""
        lower = rebuilt_lower(self._network, netns, link)
        assert lower is not None
        over = self._below(lower)
        if link.kind == "vlan" and over == "":
            self._wire(netns, link)
            return
        self.line(netns, f"{_start(netns, link, lower)} type {_kind_words(link)}")
        if link.kind == "vlan" and link.vlan_id is not None:
            self.wires.append(Wire(netns, link, self._end(Port(netns, link.name)), over, link.vlan_id))

    def tunnel(self, netns: Netns, link: Link, tunnel: Tunnel) -> None:
        """Make a tunnel device with the MTU of the snapshot, even if this MTU is too large for the present MTU of the
        lower link.

        Source: drivers/net/vxlan/vxlan_core.c vxlan_dev_configure(), vxlan_change_mtu()"""
        below = self._network.namespace(netns).link(tunnel.underlay or "")
        line = f"{_start(netns, link)} type {tunnels.type_words(tunnel)}"
        needed = link.mtu_bytes + tunnels.MOST_OVERHEAD_BYTES
        if below is None or below.kind == "vlan" or below.mtu_bytes >= needed:
            self.line(netns, line)
            return
        self.line(netns, f"link set dev {below.name} mtu {needed}")
        self.line(netns, line)
        self.line(netns, f"link set dev {below.name} mtu {below.mtu_bytes}")

    def _below(self, lower: Port) -> str:
        """Return the name of the far end, in the world, of the link ``lower``.

        For a bridge, return the far end of a port that leads out.  The name is empty if there is no far end."""
        namespace = self._network.namespace(lower.netns)
        candidates = (lower, *(Port(lower.netns, port.name) for port in bridge_ports(namespace, lower.link)))
        return next((self._ends[each] for each in candidates if each in self._ends), "")


def rebuilt_lower(network: Network, netns: Netns, link: Link) -> Port | None:
    """Return the link of the host's namespace on which the replica makes a VLAN, or a container's macvlan or ipvlan.

    For a host's macvlan the result is None, because the replica does not make such a macvlan as a stacked link.  (On
    the host the macvlan is a stacked link, see ``lower_of`` in network/stacked.py.)
    """
    if netns.of_host not in network or link.kind not in ("vlan", "macvlan", "ipvlan"):
        return None
    host = network.namespace(netns.of_host)
    if netns.is_host:
        # If a macvlan and its lower link are in one namespace, only the hardware address decides which of them receives
        # a frame.
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
    """Return the active member of a rebuilt bond: the first member that is up and has carrier.

    Return None if the bond is not rebuilt.

    The snapshot does not say how the bond chooses its active member.  Any member that runs leads to the same world."""
    if bond.kind != "bond" or "bond" not in able or not bond.carrier:
        return None
    members = sorted(bridge_ports(namespace, bond.name), key=by_age)
    return next((each for each in members if each.up and each.carrier and each.kind == ""), None)


def by_age(link: Link) -> int:
    """Return the link's index, for sorting: most masters and lower links are older than the links that use them."""
    return link.index


def _programs(netns: Netns, link: Link, name: str) -> Iterator[StandIn]:
    if link.xdp:
        said = message(
            "{link} in {netns} has an XDP program, and the test copy (replica) lacks it", link=link.name, netns=name
        )
        yield StandIn(netns, link.name, said)
    if link.tc_ingress or link.tc_egress or link.filters:
        said = message(
            "{link} in {netns} has a tc filter, and the test copy (replica) lacks it", link=link.name, netns=name
        )
        yield StandIn(netns, link.name, said)
    longest = longest_taken(link)
    if longest is not None and longest < link.mtu_bytes:
        said = message(
            "{link} in {netns} has a queueing discipline that the test copy (replica) lacks: {qdisc}",
            link=link.name,
            netns=name,
            qdisc=" ".join(each.text for each in link.qdiscs),
        )
        yield StandIn(netns, link.name, said)


def holder_of(namespace: Namespace, link: Link) -> Link:
    """Return the link to whose hardware address neighbours send frames.

    For a bridge port this is the port's bridge, for any other link the link itself."""
    master = namespace.link(link.master or "")
    return master if master is not None and is_bridge_port(namespace, link) else link


def mac_of(netns: Netns, link: Link) -> int:
    """Return the link's hardware address.

    If the snapshot has no address that a link can have, return a made-up address."""
    if link.mac and not link.mac >> 40 & 1:
        return link.mac
    return 0x02 << 40 | crc32(f"{netns.host} {netns.name} {link.name}".encode())


def _words(netns: Netns, link: Link) -> str:
    """Return the link's name, index, hardware address and MTU as arguments of ip-link(8)."""
    words = ["name", link.name, "index", str(link.index), "address", write_mac(mac_of(netns, link))]
    if 68 <= link.mtu_bytes <= 65535:
        words += ["mtu", str(link.mtu_bytes)]
    return " ".join(words)


def _start(netns: Netns, link: Link, lower: Port | None = None) -> str:
    on = f"link {lower.link} " if lower is not None else ""
    return f"link add {on}{_words(netns, link)} netns {path_of(netns)}"


def _pair(netns: Netns, link: Link, peer: str) -> str:
    return f"{_start(netns, link)} type veth peer {peer}"


def _alone(netns: Netns, link: Link) -> LinkLine:
    start = f"{_start(netns, link)} type"
    if link.kind == "vrf":
        return LinkLine(f"{start} vrf table {link.vrf_table or 0}", netns.host)
    info = link.bridge
    plain = f"{start} bridge forward_delay 0"
    if info is None:
        return LinkLine(plain, netns.host)
    calls = (name for name in BRIDGE_FLAGS if name.startswith("nf_call_") and getattr(info, name))
    plain = " ".join((plain, *(f"{name} 1" for name in calls)))
    if info.vlan_filtering:
        return LinkLine(f"{plain} vlan_filtering 1", netns.host, plain, message("bridge that filters VLANs"))
    return LinkLine(plain, netns.host)


def _kind_words(link: Link) -> str:
    if link.kind == "vlan":
        return f"vlan id {link.vlan_id}"
    words = (link.kind, *(("mode", link.macvlan_mode) if link.macvlan_mode else ()))
    return " ".join((*words, *((link.ipvlan_flag,) if link.ipvlan_flag else ())))
