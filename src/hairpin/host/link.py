"""Links (network devices) and the addresses on them.  Source: ip-link(8), ip-address(8), bridge(8).

The configuration of a WireGuard device is what `wg show` prints (wg(8)), without its keys.  No key is read, not even a
public key, so a peer is known only by its number on its device.
"""

import re
from typing import Annotated, Literal

import msgspec

from hairpin.field import of
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.netfilter.address import Prefix, Version, inside, network_of


class Endpoint(msgspec.Struct, frozen=True):
    """The outer address and UDP port from which the peer's last packet came, or which the configuration names for the
    peer."""

    version: Literal[4, 6]
    address: int
    port: int


class Peer(msgspec.Struct, frozen=True):
    """One peer.  ``endpoint``: None if the endpoint is unknown until the peer sends a packet.  ``handshake``: the time
    of the last handshake in seconds since 1970; 0 if there was none."""

    number: int
    endpoint: Endpoint | None = None
    allowed: tuple[Prefix, ...] = ()
    handshake: Annotated[int, of(diff="never")] = 0


class Wireguard(msgspec.Struct, frozen=True):
    """A device's settings.  ``fwmark``: the mark of the device's outer packets."""

    listen_port: int = 0
    fwmark: int = 0
    peers: tuple[Peer, ...] = ()
    evidence: str = ""


PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
"""The states of a bridge port, at the index that is the state's number.  Old versions of bridge(8) accept only numbers
(linux/if_bridge.h)."""

IPV6_MIN_MTU = 1280
"""With a smaller MTU a link has no IPv6: include/net/ipv6.h IPV6_MIN_MTU, net/ipv6/addrconf.c addrconf_notify()."""


ETHERNET_TUNNELS = ("vxlan", "geneve", "gretap")
"""Kinds of tunnels that carry whole Ethernet frames."""


class BridgePort(msgspec.Struct, frozen=True):
    """A bridge port's settings.  ``state``: one of ``PORT_STATES``; empty if it is not known."""

    state: str = "forwarding"
    hairpin: bool = False
    isolated: bool = False
    guard: bool = False
    learning: bool = True
    flood: bool = True
    neigh_suppress: bool = False
    bcast_flood: bool = True
    mcast_flood: bool = True
    locked: bool = False
    pvid: int | None = 1
    vlans: tuple[tuple[int, int, bool], ...] = ()
    """The VLANs of the port: first id, last id, and whether frames leave untagged."""

    @property
    def forwards(self) -> bool:
        """Whether the bridge forwards frames from and to the port.  A port of unknown state counts as forwarding."""
        return self.state in ("forwarding", "")


USER_HZ = 100
"""The unit of a bridge's times, in 1/s.  Source: net/bridge/br_netlink.c, jiffies_to_clock_t()"""


class BridgeInfo(msgspec.Struct, frozen=True):
    """A bridge's own settings.  ``nf_call_*``: the bridge's switches for br_netfilter.  br_netfilter calls the hooks if
    the bridge's switch or the namespace's sysctl is on.  ``forward_delay_s``: with STP, how long a port is in each of
    its states before forwarding.  ``mcast_snooping``: whether the bridge learns the members of multicast groups.
    ``mcast_querier``: whether the bridge itself asks for these members."""

    vlan_filtering: bool = False
    stp: Annotated[bool, of(rebuilt=False)] = False
    forward_delay_s: Annotated[float | None, of(rebuilt=False)] = None
    nf_call_iptables: bool = False
    nf_call_ip6tables: bool = False
    nf_call_arptables: bool = False
    mcast_snooping: bool = True
    mcast_querier: bool = False
    pvid: int | None = 1
    vlans: tuple[tuple[int, int, bool], ...] = ()


def _flags(kind: type[msgspec.Struct]) -> dict[str, bool]:
    """Return the fields that are true or false, each with its default."""
    usual = zip(kind.__struct_fields__, kind.__struct_defaults__, strict=True)
    return {name: default for name, default in usual if isinstance(default, bool)}


PORT_FLAGS = _flags(BridgePort)
"""The flags of a bridge port, by the names that bridge-link(8) also has for them, each with the kernel's default."""
BRIDGE_FLAGS = _flags(BridgeInfo)
"""The switches of a bridge, by the names that ip-link(8) also has for them, each with the kernel's default."""
DEFAULT_TTL = 64
"""The default value of net.ipv4.ip_default_ttl, which is hardly ever changed."""


class Tunnel(msgspec.Struct, frozen=True):
    """The encapsulation of a tunnel device: vxlan, geneve, gre, gretap or ipip (see ip-link(8)).

    ``key``: the VNI of vxlan and geneve, the key of GRE.  ``port``: the UDP port of vxlan and geneve.  ``version``,
    ``local`` and ``remote`` are of the outer packet.  If ``local`` is None, the kernel chooses the source address.  If
    ``remote`` is None, the forwarding database has the destination.  ``underlay``: the link to which the outer packet
    is bound.  ``dont_fragment``: whether the outer packet has DF.  ``ttl``: the TTL of the outer packet; 0 if the inner
    packet's TTL is copied.  ``learning``: whether a vxlan learns the remote of a hardware address from received frames.
    ``proxy``: whether a vxlan answers ARP requests from its neighbour entries, and forwards none.  ``external``:
    whether routes and programs set all of these values for each packet.
    """

    kind: str
    version: Literal[4, 6] = 4
    key: int | None = None
    port: int | None = None
    local: int | None = None
    remote: int | None = None
    underlay: str | None = None
    dont_fragment: Literal["unset", "set", "inherit"] = "unset"
    ttl: int = DEFAULT_TTL
    learning: bool = True
    proxy: bool = False
    external: bool = False


class Link(msgspec.Struct, frozen=True):
    """One link.  ``kind``: the kind as iproute2 names it (veth, bridge, macvlan, ipvlan, vlan, vxlan, bond, vrf, dummy,
    tun, wireguard, loopback), or ``""`` for a physical link.  ``peer_index`` and ``peer_netnsid``: the other end of a
    veth pair, or the lower link of a stacked link.  ``peer_netnsid`` is None for the same namespace, and -1 for another
    namespace that the tool did not name.  ``carrier``: whether the flag LOWER_UP is set."""

    index: Annotated[int, of("index", inside="inner-index", diff="never")]
    name: Annotated[str, of("link")]
    kind: Annotated[str, of(diff="beside")] = ""
    up: bool = True
    carrier: bool = True
    operstate: Annotated[str, of(diff="never", rebuilt=False)] = "UNKNOWN"
    mtu_bytes: int = 1500
    mac: Annotated[int | None, of("mac")] = None
    master: str | None = None
    lower: Annotated[str | None, of(diff="beside")] = None
    peer_index: Annotated[int | None, of("inner-index", inside="index", diff="never")] = None
    peer_netnsid: Annotated[int | None, of("netnsid", inside="none", diff="never")] = None
    flags: tuple[str, ...] = ()
    port: BridgePort | None = None
    bridge: Annotated[BridgeInfo | None, of(diff="beside")] = None
    vlan_id: Annotated[int | None, of(diff="beside")] = None
    macvlan_mode: str | None = None
    """A macvlan's mode (``bridge`` …), or an ipvlan's (``l2`` …), whose ``ipvlan_flag`` is ``bridge``, ``private`` or
    ``vepa``."""
    ipvlan_flag: str | None = None
    tunnel: Tunnel | None = None
    wireguard: Annotated[Wireguard | None, of(diff="beside", rebuilt=False)] = None
    """A WireGuard device's settings; None if they were not read."""
    holder: Annotated[str | None, of(diff="beside", rebuilt=False)] = None
    """The program that has a tun device open, by its short command name; None if no program has it open, or if the
    program was not read."""
    holder_pid: Annotated[int | None, of(diff="never", rebuilt=False)] = None
    """The process id of the holder.  ``holder_halted``: whether a signal has stopped every process that has the device
    open.  If every such process is stopped, no process reads the device's packets."""
    holder_halted: Annotated[bool, of(diff="beside", rebuilt=False)] = False
    vrf_table: Annotated[int | None, of(diff="beside")] = None
    xdp: Annotated[bool, of(diff="beside")] = False
    tc_ingress: Annotated[bool, of(diff="beside")] = False
    """Whether the link has an ingress filter (clsact or ingress) that hairpin cannot read.  ``tc_egress``: whether the
    link has such an egress filter."""
    tc_egress: Annotated[bool, of(diff="beside")] = False
    filters: tuple[Filter, ...] = ()
    """The traffic control filters of the link, in the kernel's order."""
    qdiscs: tuple[Qdisc, ...] = ()
    """The queueing disciplines of the link that may drop all packets, or all packets above some length."""
    group: Annotated[str, of(diff="beside")] = "default"
    """The link's group, as ``ip link set … group`` sets it."""
    evidence: str = ""


class Address(msgspec.Struct, frozen=True, tag="address", tag_field="kind"):
    """An address on a link.  ``value`` has 32 or 128 bits; ``peer``: the address of the far end of a point-to-point
    link."""

    link: Annotated[str, of("link")]
    version: Literal[4, 6]
    value: Annotated[int, of("address")]
    prefix_length: int
    scope: Annotated[str, of(diff="never")] = "global"
    peer: int | None = None
    broadcast: Annotated[int | None, of(diff="never")] = None
    secondary: Annotated[bool, of(diff="never", rebuilt=False)] = False
    tentative: Annotated[bool, of(diff="never")] = False
    """Whether the kernel does not use the address at all, or does not use it yet.  ``duplicate``: duplicate address
    detection has failed, because another machine has the address."""
    duplicate: Annotated[bool, of(diff="never", rebuilt=False)] = False
    deprecated: Annotated[bool, of(diff="never", rebuilt=False)] = False
    dynamic: Annotated[bool, of(diff="never", rebuilt=False)] = False
    nodad: Annotated[bool, of(diff="never", rebuilt=False)] = False
    """Whether the kernel does no duplicate address detection for the address.  ``noprefixroute``: whether the kernel
    adds no connected route for the address."""
    noprefixroute: Annotated[bool, of(diff="never", rebuilt=False)] = False
    evidence: str = ""

    @property
    def prefix(self) -> Prefix:
        """The address's network, by its first address."""
        return Prefix(self.version, network_of(self.value, self.prefix_length, self.version), self.prefix_length)

    def holds(self, value: int, version: Version) -> bool:
        """Return whether ``value`` is in the network of this address."""
        return version == self.version and inside(value, self.value, self.prefix_length, version)


ENGINE_BRIDGE = r"docker\d+|docker_gwbridge|br-[0-9a-f]{12}|(?:podman|cni|cni-podman)\d+"
"""The names that Docker, Podman and CNI give to their bridges.  ``com.docker.network.bridge.name`` may choose another
one."""
_ENGINE_BRIDGE = re.compile(ENGINE_BRIDGE)
_OTHER_BRIDGE = re.compile(r"br-[\w.-]+|(?:virbr|lxdbr|vmbr|cni-?|podman)[\w-]*\d")


def is_engine_bridge(name: str) -> bool:
    """Return whether an engine names a bridge so."""
    return _ENGINE_BRIDGE.fullmatch(name) is not None


def is_bridge_by_name(name: str) -> bool:
    """Return whether links of this name are bridges as a rule: those of engines, libvirt, LXD, Proxmox and OpenWrt,
    and an engine's whose name a person has masked (``br-xxxx``)."""
    return is_engine_bridge(name) or _OTHER_BRIDGE.fullmatch(name) is not None
