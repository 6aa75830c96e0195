"""Fields of the packet by nft's names: which field of the IR, of which data type, and under which implied conditions.

nft does not print the conditions that its expressions imply: ``tcp dport 22`` evaluates ``meta l4proto tcp`` first,
``ip saddr`` in an inet table evaluates ``meta nfproto ipv4``.  Here they are :attr:`Operand.needs`; checked with
``nft --debug=netlink list ruleset``.

Source: nftables src/payload.c payload_gen_dependency(); src/proto.c; src/ct.c; src/meta.c
"""

from functools import lru_cache

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import FULL_MASK, Family, Field, FieldMatch, NameField
from hairpin.netfilter.nft.syntax import Object, string
from hairpin.netfilter.nft.values import ICMP_TYPES


class Operand(msgspec.Struct, frozen=True, gc=False):
    """``((field & mask) ^ xor) >> shift`` plus ``add``; a negative shift is to the left.

    ``field`` None: hairpin has no such field (or it is an ``interface``); ``needs`` are its conditions all the same.
    ``kind`` is nft's data type of the constants that it is compared with.
    """

    field: Field | None
    kind: str = "integer"
    needs: tuple[FieldMatch, ...] = ()
    mask: int = FULL_MASK
    xor: int = 0
    shift: int = 0
    add: int = 0
    interface: NameField | None = None

    @property
    def key(self) -> Field | NameField | None:
        """The field or interface, if it is compared as it is, so that sets and maps can be looked up with it."""
        if self.interface is not None:
            return self.interface
        if self.mask != FULL_MASK or self.xor or self.add or self.kind == "frag-off":
            return None
        return self.field if self.shift == 0 or self.kind in ICMP_TYPES else None


TRANSPORTS = {
    "tcp": 6, "udp": 17, "udplite": 136, "dccp": 33, "sctp": 132, "ah": 51, "esp": 50, "comp": 108, "igmp": 2,
    "gre": 47,
}  # fmt: skip

_IP: dict[str, tuple[Field, str]] = {
    "saddr": ("saddr4", "ipv4_addr"), "daddr": ("daddr4", "ipv4_addr"), "protocol": ("protocol", "inet_proto"),
    "ttl": ("ttl", "octet"), "dscp": ("dscp", "dscp"), "ecn": ("ecn", "ecn"), "length": ("length", "short"),
    "frag-off": ("fragment", "frag-off"), "version": ("nfproto", "ip_version"),
}  # fmt: skip
_IP6: dict[str, tuple[Field, str]] = {
    "saddr": ("saddr6", "ipv6_addr"), "daddr": ("daddr6", "ipv6_addr"), "nexthdr": ("protocol", "inet_proto"),
    "hoplimit": ("ttl", "octet"), "dscp": ("dscp", "dscp"), "ecn": ("ecn", "ecn"), "length": ("length", "short"),
}  # fmt: skip
_META: dict[str, tuple[Field, str]] = {
    "length": ("length", "integer"), "protocol": ("ethertype", "ether_type"), "nfproto": ("nfproto", "nf_proto"),
    "l4proto": ("protocol", "inet_proto"), "mark": ("mark", "mark"), "skuid": ("skuid", "uid"),
    "skgid": ("skgid", "gid"), "pkttype": ("pkttype", "pkt_type"), "ipsec": ("ipsec-in", "boolean"),
    "secpath": ("ipsec-in", "boolean"),
}  # fmt: skip
_INTERFACES: dict[str, tuple[NameField, str]] = {
    "iif": ("iif", "iface_index"), "oif": ("oif", "iface_index"), "iifname": ("iif", "ifname"),
    "oifname": ("oif", "ifname"),
}  # fmt: skip
_CT: dict[str, tuple[Field, str]] = {
    "state": ("ct-state", "ct_state"), "status": ("ct-status", "ct_status"), "mark": ("ct-mark", "mark"),
    "direction": ("ct-direction", "ct_dir"), "zone": ("ct-zone", "integer"), "protocol": ("ct-protocol", "inet_proto"),
}  # fmt: skip
_CT_TUPLE: dict[tuple[str, str], tuple[Field, str]] = {
    ("original", "ip saddr"): ("ct-orig-saddr4", "ipv4_addr"),
    ("original", "ip daddr"): ("ct-orig-daddr4", "ipv4_addr"),
    ("original", "ip6 saddr"): ("ct-orig-saddr6", "ipv6_addr"),
    ("original", "ip6 daddr"): ("ct-orig-daddr6", "ipv6_addr"),
    ("original", "protocol"): ("ct-protocol", "inet_proto"),
    ("original", "proto-src"): ("ct-orig-sport", "inet_service"),
    ("original", "proto-dst"): ("ct-orig-dport", "inet_service"),
    ("reply", "ip saddr"): ("ct-repl-saddr4", "ipv4_addr"),
    ("reply", "ip daddr"): ("ct-repl-daddr4", "ipv4_addr"),
    ("reply", "ip6 saddr"): ("ct-repl-saddr6", "ipv6_addr"),
    ("reply", "ip6 daddr"): ("ct-repl-daddr6", "ipv6_addr"),
    ("reply", "proto-src"): ("ct-repl-sport", "inet_service"),
    ("reply", "proto-dst"): ("ct-repl-dport", "inet_service"),
}
# Header fields by place: nft before 0.9.4 prints these without their names.
_RAW: dict[tuple[str, str, int, int], tuple[str, str]] = {
    ("ip", "nh", 96, 32): ("ip", "saddr"), ("ip", "nh", 128, 32): ("ip", "daddr"),
    ("ip", "nh", 72, 8): ("ip", "protocol"),
    ("ip6", "nh", 64, 128): ("ip6", "saddr"), ("ip6", "nh", 192, 128): ("ip6", "daddr"),
}  # fmt: skip

HAS_CONNECTION = FieldMatch("ct-direction", ((0, 1),))
HAS_FRAME = FieldMatch("smac", ((0, (1 << 48) - 1),))
"""``meta iiftype ether``: the packet came in by a link whose frames have hardware addresses."""


@lru_cache(maxsize=256)
def network_needs(version: int, family: Family) -> tuple[FieldMatch, ...]:
    """Return what ``ip …`` (4) or ``ip6 …`` (6) implies in a table of that family."""
    match family:
        case "inet":
            value = 2 if version == 4 else 10
            return (FieldMatch("nfproto", ((value, value),)),)
        case "bridge" | "netdev":
            value = 0x0800 if version == 4 else 0x86DD
            return (FieldMatch("ethertype", ((value, value),)),)
        case _:
            return ()


def protocol_need(protocol: int) -> FieldMatch:
    """Return ``meta l4proto PROTOCOL``."""
    return FieldMatch("protocol", ((protocol, protocol),))


def payload(inner: Object, family: Family) -> Operand:
    """Return a header field given by name, or by its place in the packet."""
    protocol, field = inner.get("protocol"), inner.get("field")
    if isinstance(protocol, str) and isinstance(field, str):
        return Operand(None) if "tunnel" in inner else _payload(protocol, field, family)
    base, offset, length = inner.get("base"), inner.get("offset"), inner.get("len")
    if not isinstance(base, str) or not isinstance(offset, int) or not isinstance(length, int):
        raise MalformedError(message("a payload expression without protocol and field, or base, offset and len"))
    if base == "th" and length == 16 and offset in (0, 16):
        return _payload("th", "dport" if offset else "sport", family)
    place = _RAW.get((family, base, offset, length))
    return Operand(None) if place is None else _payload(*place, family)


@lru_cache(maxsize=1024)
def _payload(protocol: str, field: str, family: Family) -> Operand:
    match protocol:
        case "ip":
            return _known(_IP.get(field), network_needs(4, family))
        case "ip6":
            known = _known(_IP6.get(field), network_needs(6, family))
            # The header says how much follows it; the IR counts it too.
            return msgspec.structs.replace(known, add=-40) if field == "length" else known
        case "icmp" | "icmpv6":
            return _icmp(protocol, field, family)
        case "th":
            return _port(field, ())
        case "ether":
            return _ether(field, family)
        case "arp":
            return Operand(None, needs=() if family == "arp" else (FieldMatch("ethertype", ((0x0806, 0x0806),)),))
        case _ if protocol in TRANSPORTS:
            condition = (protocol_need(TRANSPORTS[protocol]),)
            if protocol == "tcp" and field == "flags":
                return Operand("tcp-flags", "tcp_flag", condition)
            return _port(field, condition)
        case _:
            return Operand(None)


def _known(found: tuple[Field, str] | None, condition: tuple[FieldMatch, ...] = ()) -> Operand:
    return Operand(None, needs=condition) if found is None else Operand(found[0], found[1], condition)


def _port(field: str, condition: tuple[FieldMatch, ...]) -> Operand:
    if field == "sport":
        return Operand("sport", "inet_service", condition)
    return Operand("dport", "inet_service", condition) if field == "dport" else Operand(None, needs=condition)


def _icmp(protocol: str, field: str, family: Family) -> Operand:
    version, layer4 = (4, 1) if protocol == "icmp" else (6, 58)
    condition = (*network_needs(version, family), protocol_need(layer4))
    name: Field = "icmp" if protocol == "icmp" else "icmp6"
    if field == "type":
        return Operand(name, f"{protocol}_type", condition, shift=8)
    return (
        Operand(name, f"{protocol}_code", condition, mask=0xFF) if field == "code" else Operand(None, needs=condition)
    )


def _ether(field: str, family: Family) -> Operand:
    # Outside bridges nft asks for ``meta iiftype ether`` first; where that fails, the packet has no smac and dmac.
    if field in ("saddr", "daddr"):
        return Operand("smac" if field == "saddr" else "dmac", "ether_addr")
    if field == "type":
        return Operand("ethertype", "ether_type", () if family == "bridge" else (HAS_FRAME,))
    return Operand(None)


def meta(inner: Object) -> Operand:
    """Return ``meta KEY``."""
    return _meta_key(string(inner, "key"))


@lru_cache(maxsize=256)
def _meta_key(key: str) -> Operand:
    if key in _INTERFACES:
        interface, kind = _INTERFACES[key]
        return Operand(None, kind, interface=interface)
    return _known(_META.get(key))


def ct(inner: Object, family: Family) -> Operand:
    """Return ``ct KEY``, ``ct original ip saddr`` …"""
    key, direction = string(inner, "key"), inner.get("dir")
    return _ct(key, direction if isinstance(direction, str) else "", family)


@lru_cache(maxsize=256)
def _ct(key: str, direction: str, family: Family) -> Operand:
    if not direction:
        if key == "l3proto":
            return Operand("nfproto", "nf_proto", (HAS_CONNECTION,))
        return _known(_CT.get(key))
    if key in ("saddr", "daddr") and family in ("ip", "ip6"):
        key = f"{family} {key}"
    return _known(_CT_TUPLE.get((direction, key)))
