"""Left-hand expressions of nft: which field of the packet, and what is done to it before it is compared.

nft prints the conditions away that its own expressions imply: ``tcp dport 22`` evaluates ``meta l4proto tcp`` first,
``ip saddr`` in an inet table evaluates ``meta nfproto ipv4``.  They come back here as :attr:`Operand.needs`; checked
with ``nft --debug=netlink list ruleset``.

Source: nftables src/payload.c payload_gen_dependency(); src/proto.c; src/ct.c; src/meta.c
"""

from functools import lru_cache

import msgspec

from hairpin.netfilter.ir import FULL_MASK, Family, Field, FieldMatch, NameField, Ranges
from hairpin.netfilter.nft_syntax import Json, MalformedError, Object, object_of, single, string
from hairpin.netfilter.nft_values import ICMP_TYPES, NAMES, WIDTHS, number


class Operand(msgspec.Struct, frozen=True, gc=False):
    """``((field & mask) ^ xor) >> shift`` plus ``add``; a negative shift is to the left.

    ``field`` None: hairpin has no such field, but what it ``needs`` holds all the same.  ``kind`` is nft's data type of
    the constants that it is compared with.
    """

    field: Field | NameField | None
    kind: str = "integer"
    needs: tuple[FieldMatch, ...] = ()
    mask: int = FULL_MASK
    xor: int = 0
    shift: int = 0
    add: int = 0

    @property
    def plain(self) -> bool:
        """Whether the field itself is compared, so that sets and maps can be looked up with it."""
        if self.field is None or self.mask != FULL_MASK or self.xor or self.add or self.kind == "frag-off":
            return False
        return self.shift == 0 or self.kind in ICMP_TYPES


TRANSPORTS = {
    "tcp": 6, "udp": 17, "udplite": 136, "dccp": 33, "sctp": 132, "ah": 51, "esp": 50, "comp": 108, "igmp": 2, "gre": 47,
}  # fmt: skip

_IP: dict[str, tuple[Field, str]] = {
    "saddr": ("saddr4", "ipv4_addr"), "daddr": ("daddr4", "ipv4_addr"), "protocol": ("protocol", "inet_proto"),
    "ttl": ("ttl", "octet"), "dscp": ("dscp", "dscp"), "ecn": ("ecn", "ecn"), "length": ("length", "short"),
    "frag-off": ("fragment", "frag-off"),
}  # fmt: skip
_IP6: dict[str, tuple[Field, str]] = {
    "saddr": ("saddr6", "ipv6_addr"), "daddr": ("daddr6", "ipv6_addr"), "nexthdr": ("protocol", "inet_proto"),
    "hoplimit": ("ttl", "octet"), "dscp": ("dscp", "dscp"), "ecn": ("ecn", "ecn"), "length": ("length", "short"),
}  # fmt: skip
_META: dict[str, tuple[Field | NameField, str]] = {
    "length": ("length", "integer"), "protocol": ("ethertype", "ether_type"), "nfproto": ("nfproto", "nf_proto"),
    "l4proto": ("protocol", "inet_proto"), "mark": ("mark", "mark"), "iif": ("iif", "iface_index"),
    "oif": ("oif", "iface_index"), "iifname": ("iif", "ifname"), "oifname": ("oif", "ifname"), "skuid": ("skuid", "uid"),
    "skgid": ("skgid", "gid"), "pkttype": ("pkttype", "pkt_type"), "ipsec": ("ipsec-in", "boolean"),
    "secpath": ("ipsec-in", "boolean"),
}  # fmt: skip
_CT: dict[str, tuple[Field, str]] = {
    "state": ("ct-state", "ct_state"), "status": ("ct-status", "ct_status"), "mark": ("ct-mark", "mark"),
    "direction": ("ct-direction", "ct_dir"), "zone": ("ct-zone", "integer"), "protocol": ("ct-protocol", "inet_proto"),
}  # fmt: skip
_CT_TUPLE: dict[tuple[str, str], tuple[Field, str]] = {
    ("original", "ip saddr"): ("ct-orig-saddr4", "ipv4_addr"), ("original", "ip daddr"): ("ct-orig-daddr4", "ipv4_addr"),
    ("original", "ip6 saddr"): ("ct-orig-saddr6", "ipv6_addr"), ("original", "ip6 daddr"): ("ct-orig-daddr6", "ipv6_addr"),
    ("original", "proto-src"): ("ct-orig-sport", "inet_service"),
    ("original", "proto-dst"): ("ct-orig-dport", "inet_service"),
    ("reply", "ip saddr"): ("ct-repl-saddr4", "ipv4_addr"), ("reply", "ip daddr"): ("ct-repl-daddr4", "ipv4_addr"),
    ("reply", "ip6 saddr"): ("ct-repl-saddr6", "ipv6_addr"), ("reply", "ip6 daddr"): ("ct-repl-daddr6", "ipv6_addr"),
    ("reply", "proto-src"): ("ct-repl-sport", "inet_service"), ("reply", "proto-dst"): ("ct-repl-dport", "inet_service"),
}  # fmt: skip
# Header fields by place: nft before 0.9.4 prints these without their names.
_RAW: dict[tuple[str, str, int, int], tuple[str, str]] = {
    ("ip", "nh", 96, 32): ("ip", "saddr"), ("ip", "nh", 128, 32): ("ip", "daddr"), ("ip", "nh", 72, 8): ("ip", "protocol"),
    ("ip6", "nh", 64, 128): ("ip6", "saddr"), ("ip6", "nh", 192, 128): ("ip6", "daddr"),
}  # fmt: skip

_HAS_CONNECTION = FieldMatch("ct-direction", ((0, 1),))
_BINARY = frozenset({"&", "|", "^", "<<", ">>"})


def operand(expression: Json, family: Family) -> Operand:
    """Return what a left-hand expression looks at; ``field`` None if the IR has no name for it.

    Raises MalformedError for JSON that is no expression.
    """
    name, inner = single(expression)
    match name:
        case "payload":
            return _payload_of(object_of(inner), family)
        case "meta":
            return _meta(string(object_of(inner), "key"))
        case "ct":
            return _ct_of(object_of(inner), family)
        case "rt":
            ipsec = isinstance(inner, dict) and inner.get("key") == "ipsec"
            return Operand("ipsec-out", "boolean") if ipsec else Operand(None)
        case "exthdr":
            return Operand(None, needs=network_needs(6, family))
        case "ip option":
            return Operand(None, needs=network_needs(4, family))
        case "jhash":
            return Operand(None, needs=needs(object_of(inner).get("expr"), family))
        case "&" | "|" | "^" | "<<" | ">>":
            folded = fold(expression, family)
            return folded if isinstance(folded, Operand) else Operand(None, needs=needs(expression, family))
        case _:
            return Operand(None)


def needs(expression: Json, family: Family) -> tuple[FieldMatch, ...]:
    """Return the conditions that nft implies before it evaluates the expression, each once."""
    if not isinstance(expression, dict) or len(expression) != 1:
        return ()
    name, inner = next(iter(expression.items()))
    if (name == "concat" or name in _BINARY) and isinstance(inner, list):
        return tuple(dict.fromkeys(need for part in inner for need in needs(part, family)))
    if name in ("map", "vmap") and isinstance(inner, dict):
        return needs(inner.get("key"), family)
    if name == "elem" and isinstance(inner, dict):
        return needs(inner.get("val"), family)
    return operand(expression, family).needs


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


def _payload_of(inner: Object, family: Family) -> Operand:
    protocol, field = inner.get("protocol"), inner.get("field")
    if isinstance(protocol, str) and isinstance(field, str):
        return Operand(None) if "tunnel" in inner else _payload(protocol, field, family)
    base, offset, length = inner.get("base"), inner.get("offset"), inner.get("len")
    if not isinstance(base, str) or not isinstance(offset, int) or not isinstance(length, int):
        raise MalformedError("a payload expression without protocol and field, or base, offset and len")
    if base == "th" and length == 16 and offset in (0, 16):
        return _payload("th", "dport" if offset else "sport", family)
    place = _RAW.get((family, base, offset, length))
    return Operand(None) if place is None else _payload(*place, family)


@lru_cache(maxsize=1024)
def _payload(protocol: str, field: str, family: Family) -> Operand:
    match protocol:
        case "ip":
            known = _IP.get(field, (None, "integer"))
            return Operand(*known, needs=network_needs(4, family))
        case "ip6":
            known = _IP6.get(field, (None, "integer"))
            # The header says how much follows it; the IR counts it too.
            return Operand(*known, needs=network_needs(6, family), add=-40 if field == "length" else 0)
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
    return Operand(name, f"{protocol}_code", condition, mask=0xFF) if field == "code" else Operand(None, needs=condition)


def _ether(field: str, family: Family) -> Operand:
    # Outside bridges nft asks for ``meta iiftype ether`` first; where that fails, the packet has no smac and dmac.
    if field in ("saddr", "daddr"):
        return Operand("smac" if field == "saddr" else "dmac", "ether_addr")
    return Operand("ethertype", "ether_type") if field == "type" and family == "bridge" else Operand(None)


@lru_cache(maxsize=256)
def _meta(key: str) -> Operand:
    return Operand(*_META.get(key, (None, "integer")))


def _ct_of(inner: Object, family: Family) -> Operand:
    key, direction = string(inner, "key"), inner.get("dir")
    return _ct(key, direction if isinstance(direction, str) else "", family)


@lru_cache(maxsize=256)
def _ct(key: str, direction: str, family: Family) -> Operand:
    if not direction:
        return Operand("nfproto", "nf_proto", (_HAS_CONNECTION,)) if key == "l3proto" else Operand(*_CT.get(key, (None,)))
    if key in ("saddr", "daddr") and family in ("ip", "ip6"):
        key = f"{family} {key}"
    return Operand(*_CT_TUPLE.get((direction, key), (None,)))


# --- arithmetic ------------------------------------------------------------------------------------------------------


def fold(expression: Json, family: Family, kind: str = "integer") -> Operand | int | None:
    """Return the expression as one operand or one number; None if it is neither (two fields, no field of the IR).

    ``kind`` is the data type of plain constants.
    """
    if not isinstance(expression, dict):
        return number(expression, kind)
    name, inner = single(expression)
    if name not in _BINARY:
        found = operand(expression, family)
        return None if found.field is None else found
    if not isinstance(inner, list) or len(inner) < 2:
        raise MalformedError(f"{name!r} without two operands")
    result = fold(inner[0], family, kind)
    for part in inner[1:]:
        right = fold(part, family, result.kind if isinstance(result, Operand) else kind)
        if result is None or right is None:
            return None
        result = apply(name, result, right)
    return result


def apply(name: str, left: Operand | int, right: Operand | int) -> Operand | int | None:
    """Return ``left NAME right``; None where the result is not of an operand's form."""
    if isinstance(left, int):
        if isinstance(right, Operand):
            return apply(name, right, left) if name in ("&", "|", "^") else None
        return _constant(name, left, right)
    if isinstance(right, Operand) or left.add or left.kind in NAMES:
        return None
    if name in ("<<", ">>"):
        return _shifted(left, right if name == ">>" else -right)
    if left.shift < 0 and name != "&" and right & ((1 << -left.shift) - 1):
        return None
    constant = _scaled(right, left.shift)
    replace = msgspec.structs.replace
    if name == "&":
        mask = left.mask & constant if left.mask != FULL_MASK else _mask(constant, left)
        return replace(left, mask=mask, xor=left.xor & constant)
    if name == "^":
        return replace(left, xor=left.xor ^ constant)
    return replace(left, mask=_mask(left.mask & ~constant, left), xor=left.xor & ~constant | constant)


def _mask(mask: int, of: Operand) -> int:
    """Return FULL_MASK where the mask keeps every bit of the field."""
    width = 16 if of.field in ("icmp", "icmp6") else WIDTHS.get(of.kind, 32)
    every = (1 << width) - 1
    return FULL_MASK if mask & every == every else mask & every


def _scaled(constant: int, shift: int) -> int:
    return constant << shift if shift >= 0 else constant >> -shift


def _shifted(of: Operand, by: int) -> Operand | None:
    """Return the operand shifted right; bits that a shift to the left pushes out of a 32 bit register are masked."""
    if abs(by) >= 32 or WIDTHS.get(of.kind, 32) > 32 or (of.shift and (of.shift > 0) is not (by > 0)):
        return None
    mask, xor = of.mask, of.xor
    if by < 0:
        kept = (1 << max(32 + of.shift + by, 0)) - 1
        mask, xor = (kept if mask == FULL_MASK else mask & kept), xor & kept
    return msgspec.structs.replace(of, shift=of.shift + by, mask=mask, xor=xor)


def _constant(name: str, left: int, right: int) -> int | None:
    match name:
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "<<" if right < 128:
            return left << right
        case ">>":
            return left >> right
        case _:
            return None


def field_match(of: Operand, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """Return the comparison of the operand with ranges, or None where the IR cannot say it."""
    field = of.field
    if field is None or field in ("iif", "oif", "physin", "physout"):
        return None
    if of.kind == "frag-off":
        return _fragment(of, ranges, negated=negated)
    if of.kind == "boolean":
        return _presence(field, ranges, negated=negated)
    if of.add:
        ranges = tuple((first - of.add, last - of.add) for first, last in ranges)
    if not of.shift and not of.xor:
        return FieldMatch(field, ranges, negated, of.mask)
    unshifted = _unshifted(of, ranges)
    return None if unshifted is None else FieldMatch(field, unshifted, negated, of.mask)


def _unshifted(of: Operand, ranges: Ranges) -> Ranges | None:
    """Return the ranges that ``field & mask`` lies in when the shifted, xored value lies in ``ranges``."""
    if of.xor:
        if of.shift > 0 or any(first != last for first, last in ranges):
            return None
        found = [_scaled_back(first, of.shift) for first, _ in ranges]
        wanted = [value ^ of.xor for value in found if value is not None]
        inside = [value for value in wanted if of.mask == FULL_MASK or value & ~of.mask == 0]
        return tuple((value, value) for value in sorted(inside))
    if of.shift > 0:
        low = (1 << of.shift) - 1
        return tuple((first << of.shift, last << of.shift | low) for first, last in ranges)
    size = -of.shift
    found_ranges = [(-(-first >> size), last >> size) for first, last in ranges]
    return tuple((first, last) for first, last in found_ranges if first <= last)


def _scaled_back(value: int, shift: int) -> int | None:
    return value >> -shift if value & ((1 << -shift) - 1) == 0 else None


def _fragment(of: Operand, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """``ip frag-off & 0x1fff``: whether it is zero is all that the IR knows of it."""
    if of.mask != 0x1FFF or of.xor or of.shift:
        return None
    if ranges == ((0, 0),):
        return FieldMatch("fragment", ((0, 0),), negated)
    if len(ranges) == 1 and ranges[0][0] == 1 and ranges[0][1] >= 0x1FFF:
        return FieldMatch("fragment", ((1, 1),), negated)
    return None


def _presence(field: Field, ranges: Ranges, *, negated: bool) -> FieldMatch | None:
    """``exists`` and ``missing``: anything but zero, or zero."""
    if ranges == ((0, 0),):
        return FieldMatch(field, ((0, 0),), negated)
    return FieldMatch(field, ((0, 0),), not negated) if ranges == ((1, 1),) else None
