"""Links and addresses from ``ip -j -d addr``.

Source: iproute2 ip/ipaddress.c print_linkinfo(), print_addrinfo(); ip/iplink_*.c for each kind's ``info_data``.
"""

from typing import Any, Literal

import msgspec

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import (
    BRIDGE_FLAGS,
    DEFAULT_TTL,
    PORT_FLAGS,
    USER_HZ,
    Address,
    BridgeInfo,
    BridgePort,
    Link,
    Tunnel,
)
from hairpin.host.read.ip.address_text import link_name, mac, number
from hairpin.host.read.json_text import decode
from hairpin.message import message
from hairpin.netfilter.address import parse_address, width


class Interfaces(msgspec.Struct, frozen=True):
    """The content of one reading of ``ip addr``: the links in the order of the reading, and the addresses on them."""

    links: tuple[Link, ...] = ()
    addresses: tuple[Address, ...] = ()


class _Address(msgspec.Struct):
    family: str = ""
    local: str | None = None
    address: str | None = None
    prefixlen: int | None = None
    broadcast: str | None = None
    scope: str = "global"
    secondary: bool = False
    temporary: bool = False
    tentative: bool = False
    deprecated: bool = False
    dadfailed: bool = False
    dynamic: bool = False
    nodad: bool = False
    noprefixroute: bool = False


class _LinkInfo(msgspec.Struct):
    info_kind: str = ""
    info_data: msgspec.Raw = msgspec.Raw(b"{}")
    info_slave_kind: str = ""
    info_slave_data: msgspec.Raw = msgspec.Raw(b"{}")


class _Link(msgspec.Struct):
    ifindex: int
    ifname: str
    flags: tuple[str, ...] = ()
    mtu: int = 1500
    operstate: str = "UNKNOWN"
    link_type: str = ""
    address: str = ""
    master: str | None = None
    group: str = "default"
    link: str | None = None
    link_index: int | None = None
    link_netnsid: int | None = None
    linkinfo: _LinkInfo = msgspec.field(default_factory=_LinkInfo)
    xdp: Any = msgspec.UNSET
    addr_info: tuple[_Address, ...] = ()


class _PortData(BridgePort, frozen=True):
    """The member ``info_slave_data`` of a bridge port.  Its members have the names of the port's fields."""

    state: Any = "forwarding"


class _NamedPort(_PortData, frozen=True, kw_only=True):
    """An element of the output of ``bridge -j -d link``."""

    ifname: str


_BridgeData = msgspec.defstruct(
    "_BridgeData",
    [*((name, int, int(usual)) for name, usual in BRIDGE_FLAGS.items()), ("stp_state", int, 0),
     ("forward_delay", int | None, None)],
)  # fmt: skip
"""The member ``info_data`` of a bridge.  Its members have the names of the bridge's fields, except ``stp_state``."""


class _TunnelData(msgspec.Struct):
    """The member ``info_data`` of vxlan, geneve, gre, gretap and ipip links.

    Source: iproute2 ip/iplink_vxlan.c vxlan_print_opt(), iplink_geneve.c geneve_print_opt(), link_gre.c
    gre_print_opt(), link_iptnl.c iptunnel_print_opt()
    """

    id: int | None = None
    port: int | None = None
    link: str | None = None
    local: str | None = None
    local6: str | None = None
    remote: str | None = None
    remote6: str | None = None
    group: str | None = None
    group6: str | None = None
    df: str | None = None
    pmtudisc: bool | None = None
    ttl: str | int | None = None
    okey: str | int | None = None
    learning: bool = True
    proxy: bool = False
    external: bool = False


class _StackedData(msgspec.Struct):
    """The member ``info_data`` of vlan, macvlan, macvtap, ipvlan and vrf links."""

    id: int | None = None
    mode: str | None = None
    table: str | int | None = None
    link: str | None = None
    private: bool = False
    vepa: bool = False


_LINKS = msgspec.json.Decoder(tuple[_Link, ...])
_PORT_DATA = msgspec.json.Decoder(_PortData)
_PORTS = msgspec.json.Decoder(tuple[_NamedPort, ...])
_BRIDGE_DATA = msgspec.json.Decoder(_BridgeData)
_STACKED_DATA = msgspec.json.Decoder(_StackedData)
_STACKED = ("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "vrf")
TUNNELS = ("vxlan", "geneve", "gre", "gretap", "ipip", "sit")
_TUNNEL_DATA = msgspec.json.Decoder(_TunnelData)
PEERED = ("veth", "netkit", "vxcan")
"""The kinds of paired links.  In the field where other links name their lower link, a paired link names its peer."""
_PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def interfaces(reading: Reading) -> Interfaces:
    """Return the links and their addresses; raise ParseError."""
    found = decode(_LINKS, reading.text, source=reading.origin) if reading.text.strip() else ()
    indices = {link.ifname: link.ifindex for link in found}
    try:
        links = tuple(_link(link, indices, reading.origin, reading.id) for link in found if link.ifindex > 0)
        addresses = tuple(
            _address(link.ifname, item, reading.id)
            for link in found
            for item in link.addr_info
            if item.local is not None and item.family in ("inet", "inet6")
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None
    return Interfaces(links, addresses)


def ports(reading: Reading) -> tuple[tuple[str, BridgePort], ...]:
    """Return the name and the port settings of every element of ``bridge -j -d link``; raise ParseError."""
    found = decode(_PORTS, reading.text, source=reading.origin) if reading.text.strip() else ()
    return tuple((port.ifname, _port(port)) for port in found)


def port_state(state: str | int) -> str:
    """Return the STP state's name; old iproute2 prints the state's number (linux/if_bridge.h BR_STATE_*)."""
    if isinstance(state, int):
        return _PORT_STATES[state] if 0 <= state < len(_PORT_STATES) else str(state)
    return state.lower()


def _link(link: _Link, indices: dict[str, int], source: str, evidence: str) -> Link:
    info = link.linkinfo
    kind = info.info_kind or ("loopback" if link.link_type == "loopback" else "")
    stacked = _StackedData()
    if kind in _STACKED:
        stacked = decode(_STACKED_DATA, _raw(info.info_data), source=source)
    data = decode(_TUNNEL_DATA, _raw(info.info_data), source=source) if kind in TUNNELS else None
    tunnel = _tunnel(kind, data, link.link) if data is not None else None
    # A vxlan names its underlay in its ``info_data``; a GRE or IP tunnel names its underlay as its lower link.  Link 0
    # (``NONE``) is no link.
    below = link.link or (tunnel.underlay if tunnel is not None else stacked.link)
    return Link(
        index=link.ifindex,
        name=link_name(link.ifname),
        kind=kind,
        up="UP" in link.flags,
        carrier="LOWER_UP" in link.flags,
        operstate=link.operstate,
        mtu_bytes=link.mtu,
        mac=mac(link.address),
        master=link.master,
        group=link.group,
        lower=None if kind in PEERED else below,
        peer_index=link.link_index or (indices.get(below) if below is not None else None),
        peer_netnsid=link.link_netnsid,  # -1 if the kernel has assigned no id yet
        flags=link.flags,
        port=_slave_port(info, source),
        bridge=_bridge(info, source) if kind == "bridge" else None,
        vlan_id=stacked.id if kind == "vlan" else None,
        macvlan_mode=stacked.mode if kind in ("macvlan", "macvtap", "ipvlan", "ipvtap") else None,
        ipvlan_flag=_ipvlan_flag(stacked) if kind == "ipvlan" else None,
        tunnel=tunnel,
        vrf_table=number(stacked.table) if kind == "vrf" and stacked.table is not None else None,
        xdp=link.xdp is not msgspec.UNSET,
        evidence=evidence,
    )


def _tunnel(kind: str, data: _TunnelData, lower: str | None) -> Tunnel:
    remote = endpoint(data.remote or data.remote6 or data.group or data.group6)
    local = endpoint(data.local or data.local6)
    df = data.df or ("set" if data.pmtudisc else "unset")
    return Tunnel(
        kind,
        (remote or local or (4, 0))[0],
        key=data.id if data.id is not None else gre_key(data.okey),
        port=data.port,
        local=local[1] if local is not None else None,
        remote=remote[1] if remote is not None else None,
        underlay=data.link or lower,
        dont_fragment="set" if df == "set" else "inherit" if df == "inherit" else "unset",
        ttl=outer_ttl(kind, data.ttl),
        learning=data.learning,
        proxy=data.proxy,
        external=data.external,
    )


def outer_ttl(kind: str, ttl: str | int | None) -> int:
    """Return the TTL of outer packets; 0 if it is copied from the inner packet.  Without a TTL option (or with ``auto``
    or 0), vxlan and geneve use the default TTL, and the other kinds of tunnels copy the inner TTL.

    Source: drivers/net/vxlan/vxlan_core.c vxlan_xmit_one(), drivers/net/geneve.c geneve_xmit_skb();
    net/ipv4/ip_tunnel.c ip_tunnel_xmit()
    """
    if ttl == "inherit":
        return 0
    stated = 0 if ttl in (None, "auto") else number(ttl or 0)
    return stated or (DEFAULT_TTL if kind in ("vxlan", "geneve") else 0)


def endpoint(text: str | None) -> tuple[Literal[4, 6], int] | None:
    """Return the IP version and the address of a tunnel's end; None for ``any``."""
    return None if text is None or text in ("any", "0.0.0.0", "::") else parse_address(text)


def gre_key(text: str | int | None) -> int | None:
    """Return the key of a GRE tunnel, which iproute2 prints as an address: ip/link_gre.c gre_print_opt()."""
    if text is None or isinstance(text, int):
        return text
    return parse_address(text)[1] if "." in text else number(text)


def _ipvlan_flag(data: _StackedData) -> str:
    """Source: iproute2 ip/iplink_ipvlan.c ipvlan_print_opt()"""
    return "private" if data.private else "vepa" if data.vepa else "bridge"


def _raw(data: msgspec.Raw) -> str:
    return bytes(data).decode("utf-8", "replace")


def _slave_port(info: _LinkInfo, source: str) -> BridgePort | None:
    if info.info_slave_kind != "bridge":
        return None
    return _port(decode(_PORT_DATA, _raw(info.info_slave_data), source=source))


def _port(port: _PortData) -> BridgePort:
    return BridgePort(port_state(port.state), **{flag: getattr(port, flag) for flag in PORT_FLAGS})


def _bridge(info: _LinkInfo, source: str) -> BridgeInfo:
    data: Any = decode(_BRIDGE_DATA, _raw(info.info_data), source=source)
    return BridgeInfo(
        **{name: getattr(data, name) != 0 for name in BRIDGE_FLAGS} | {"stp": data.stp_state != 0},
        forward_delay_s=None if data.forward_delay is None else data.forward_delay / USER_HZ,
    )


def _address(link: str, item: _Address, evidence: str) -> Address:
    version: Literal[4, 6] = 4 if item.family == "inet" else 6
    found, value = parse_address(item.local or "")
    if found != version:
        raise MalformedError(message("{address!r} is not of family {family}", address=item.local, family=item.family))
    prefix_length = width(version) if item.prefixlen is None else item.prefixlen
    if not 0 <= prefix_length <= width(version):
        raise MalformedError(
            message(
                "/{prefix_length} is not a prefix length of {family}", prefix_length=prefix_length, family=item.family
            )
        )
    return Address(
        link=link,
        version=version,
        value=value,
        prefix_length=prefix_length,
        scope=item.scope,
        peer=parse_address(item.address)[1] if item.address is not None else None,
        broadcast=parse_address(item.broadcast)[1] if item.broadcast is not None else None,
        secondary=item.secondary or item.temporary,
        tentative=item.tentative or item.dadfailed,
        duplicate=item.dadfailed,
        deprecated=item.deprecated,
        dynamic=item.dynamic,
        nodad=item.nodad,
        noprefixroute=item.noprefixroute,
        evidence=evidence,
    )
