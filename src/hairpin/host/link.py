"""Links (network devices) and the addresses on them.  Source: ip-link(8), ip-address(8), bridge(8)."""

from typing import Literal

import msgspec

from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.host.wireguard import Wireguard

PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
"""The states of a bridge port by number; old bridge(8) accepts only numbers (linux/if_bridge.h)."""


class BridgePort(msgspec.Struct, frozen=True):
    """A bridge port's settings.  ``state``: one of ``PORT_STATES``; empty if it is not known."""

    state: str = "forwarding"
    hairpin: bool = False
    isolated: bool = False
    guard: bool = False
    learning: bool = True
    flood: bool = True
    neigh_suppress: bool = False
    pvid: int | None = 1
    vlans: tuple[tuple[int, int, bool], ...] = ()
    """(first, last, egress untagged)"""

    @property
    def forwards(self) -> bool:
        """Whether the bridge forwards frames from and to the port.  A port of unknown state counts as forwarding."""
        return self.state in ("forwarding", "")


class BridgeInfo(msgspec.Struct, frozen=True):
    """A bridge's own settings.  ``nf_call_*``: the bridge's switches.  Either they or the namespace's sysctls enable
    the calls."""

    vlan_filtering: bool = False
    stp: bool = False
    nf_call_iptables: bool = False
    nf_call_ip6tables: bool = False
    nf_call_arptables: bool = False
    pvid: int | None = 1
    vlans: tuple[tuple[int, int, bool], ...] = ()


DEFAULT_TTL = 64
"""net.ipv4.ip_default_ttl, which is hardly ever changed."""


class Tunnel(msgspec.Struct, frozen=True):
    """The encapsulation of a tunnel device: ip-link(8), vxlan geneve gre gretap ipip.

    ``key``: the VNI of vxlan and geneve, the key of GRE.  ``port``: the UDP port of vxlan and geneve.  ``version``,
    ``local`` and ``remote`` are of the outer packet.  Without a ``local`` the kernel chooses the source address,
    without a ``remote`` the forwarding database has it.  ``underlay``: the link that the outer packet is bound to.
    ``dont_fragment``: DF of the outer packet.  ``ttl``: its TTL; 0: the inner packet's.  ``learning``: a vxlan learns
    the remote of a hardware address from received frames.  ``proxy``: a vxlan answers ARP requests from its neighbour
    entries, and forwards none.  ``external``: routes and programs set all of this for each packet.
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
    """One link.  ``kind`` as in iproute2: veth bridge macvlan ipvlan vlan vxlan bond vrf dummy tun wireguard loopback,
    ``""`` for a physical one.  ``peer_index``/``peer_netnsid``: veth's other end (netnsid None: same namespace; -1:
    another one, which the tool did not name) or a stacked link's lower one.  ``carrier``: LOWER_UP."""

    index: int
    name: str
    kind: str = ""
    up: bool = True
    carrier: bool = True
    operstate: str = "UNKNOWN"
    mtu_bytes: int = 1500
    mac: int | None = None
    master: str | None = None
    lower: str | None = None
    peer_index: int | None = None
    peer_netnsid: int | None = None
    flags: tuple[str, ...] = ()
    port: BridgePort | None = None
    bridge: BridgeInfo | None = None
    vlan_id: int | None = None
    macvlan_mode: str | None = None
    """A macvlan's mode (``bridge`` …), or an ipvlan's (``l2`` …), whose ``ipvlan_flag`` is ``bridge``, ``private`` or
    ``vepa``."""
    ipvlan_flag: str | None = None
    tunnel: Tunnel | None = None
    wireguard: Wireguard | None = None
    """A WireGuard device's settings; None: they were not read."""
    holder: str | None = None
    """The program that has a tun device open, by its short command name; None: no program, or it was not read."""
    vrf_table: int | None = None
    xdp: bool = False
    tc_ingress: bool = False
    """An ingress filter that hairpin cannot read is attached (clsact or ingress); ``tc_egress`` likewise."""
    tc_egress: bool = False
    filters: tuple[Filter, ...] = ()
    """Traffic control filters, in the kernel's order."""
    qdiscs: tuple[Qdisc, ...] = ()
    """Queueing disciplines that may drop all packets, or those of some length."""
    group: str = "default"
    """``ip link set … group``."""
    evidence: str = ""


class Address(msgspec.Struct, frozen=True, tag="address", tag_field="kind"):
    """An address on a link.  ``value`` has 32 or 128 bits; ``peer``: the far end of a point-to-point pair."""

    link: str
    version: Literal[4, 6]
    value: int
    prefix_length: int
    scope: str = "global"
    peer: int | None = None
    broadcast: int | None = None
    secondary: bool = False
    tentative: bool = False
    deprecated: bool = False
    dynamic: bool = False
    nodad: bool = False
    """No duplicate address detection.  ``noprefixroute``: the kernel adds no connected route for it."""
    noprefixroute: bool = False
    evidence: str = ""
