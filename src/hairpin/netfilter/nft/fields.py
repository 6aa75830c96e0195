"""The table of nft's fields, from which its JSON and its script language are read and written.

A row describes one expression, such as ``ip saddr``, ``meta mark`` or ``ct original proto-dst``.  The JSON of an
expression follows from its words:

    ip saddr               {"payload": {"protocol": "ip", "field": "saddr"}}
    meta mark              {"meta": {"key": "mark"}}
    ct original proto-dst  {"ct": {"key": "proto-dst", "dir": "original"}}

A new field needs one row here, or one row and one data type (data_types.py).  Expressions that do not fit into a row
(``fib``, ``socket``, ``exthdr``, ``numgen``) are in script/fields_text.py, operands.py, matches.py, render_matches.py.

nft does not print the conditions that its expressions imply: ``tcp dport 22`` evaluates ``meta l4proto tcp`` first, and
``ip saddr`` in an inet table evaluates ``meta nfproto ipv4`` first.  In this package, :attr:`Operand.needs` has these
conditions; they were checked with ``nft --debug=netlink list ruleset``.

Source: nft(8) PRIMARY EXPRESSIONS, PAYLOAD EXPRESSIONS; nftables src/payload.c payload_gen_dependency(); src/proto.c,
src/meta.c, src/ct.c, src/json.c
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import FULL_MASK, NFPROTO, Family, Field, FieldMatch, NameField
from hairpin.netfilter.nft.data_types import ICMP_TYPES
from hairpin.netfilter.nft.syntax import Object, string


class FieldRow(NamedTuple):
    """A field of the IR.  nft compares ``((field & mask) >> shift) + add``, as a number of the data type ``type``.

    ``head`` is the header, ``meta``, ``ct``, or ``ct`` with a direction.  ``written`` is true if the writer uses this
    row.  If two rows write a field, each of them is for one IP version.
    """

    head: str
    key: str
    field: Field | NameField
    type: str
    written: bool = True
    mask: int = FULL_MASK
    shift: int = 0
    add: int = 0

    @property
    def words(self) -> str:
        """The expression as nft writes it."""
        return self.key if (self.head, self.key) in PRINTED_BARE else f"{self.head} {self.key}"


def _of_ports() -> Iterator[FieldRow]:
    """Yield the rows of ports.  Only ``th sport`` and ``th dport`` are written, for any protocol: in the IR,
    ``meta l4proto`` precedes a port."""
    for head in ("th", "tcp", "udp", "udplite", "dccp", "sctp"):
        yield FieldRow(head, "sport", "sport", "inet_service", written=head == "th")
        yield FieldRow(head, "dport", "dport", "inet_service", written=head == "th")


PRINTED_BARE = frozenset(("meta", key) for key in ("iif", "iifname", "iifgroup", "oif", "oifname", "oifgroup"))
"""The keys of ``meta`` that nft prints without the word ``meta``."""

ROWS: tuple[FieldRow, ...] = (
    FieldRow("ip", "saddr", "saddr4", "ipv4_addr"),
    FieldRow("ip", "daddr", "daddr4", "ipv4_addr"),
    FieldRow("ip", "protocol", "protocol", "inet_proto", written=False),
    FieldRow("ip", "ttl", "ttl", "octet"),
    FieldRow("ip", "dscp", "dscp", "dscp"),
    FieldRow("ip", "ecn", "ecn", "ecn"),
    FieldRow("ip", "length", "length", "short", written=False),
    FieldRow("ip", "frag-off", "fragment", "frag-off"),
    FieldRow("ip", "version", "nfproto", "ip_version", written=False),
    FieldRow("ip6", "saddr", "saddr6", "ipv6_addr"),
    FieldRow("ip6", "daddr", "daddr6", "ipv6_addr"),
    FieldRow("ip6", "nexthdr", "protocol", "inet_proto", written=False),
    FieldRow("ip6", "hoplimit", "ttl", "octet"),
    FieldRow("ip6", "dscp", "dscp", "dscp"),
    FieldRow("ip6", "ecn", "ecn", "ecn"),
    FieldRow("ip6", "length", "length", "short", written=False, add=-40),  # nft's length omits the IPv6 header
    FieldRow("icmp", "type", "icmp", "icmp_type", shift=8),
    FieldRow("icmp", "code", "icmp", "icmp_code", written=False, mask=0xFF),
    FieldRow("icmpv6", "type", "icmp6", "icmpv6_type", shift=8),
    FieldRow("icmpv6", "code", "icmp6", "icmpv6_code", written=False, mask=0xFF),
    *_of_ports(),
    FieldRow("tcp", "flags", "tcp-flags", "tcp_flag"),
    FieldRow("ether", "saddr", "smac", "ether_addr"),
    FieldRow("ether", "daddr", "dmac", "ether_addr"),
    FieldRow("ether", "type", "ethertype", "ether_type", written=False),
    FieldRow("arp", "htype", "arp-htype", "short"),
    FieldRow("arp", "ptype", "arp-ptype", "ether_type"),
    FieldRow("arp", "hlen", "arp-hlen", "octet"),
    FieldRow("arp", "plen", "arp-plen", "octet"),
    FieldRow("arp", "operation", "arp-operation", "arp_op"),
    FieldRow("arp", "saddr ip", "arp-saddr4", "ipv4_addr"),
    FieldRow("arp", "daddr ip", "arp-daddr4", "ipv4_addr"),
    FieldRow("arp", "saddr ether", "arp-saddr-mac", "ether_addr"),
    FieldRow("arp", "daddr ether", "arp-daddr-mac", "ether_addr"),
    FieldRow("meta", "length", "length", "integer"),
    FieldRow("meta", "protocol", "ethertype", "ether_type"),
    FieldRow("meta", "nfproto", "nfproto", "nf_proto"),
    FieldRow("meta", "l4proto", "protocol", "inet_proto"),
    FieldRow("meta", "mark", "mark", "mark"),
    FieldRow("meta", "iifgroup", "iif-group", "devgroup"),
    FieldRow("meta", "oifgroup", "oif-group", "devgroup"),
    FieldRow("meta", "skuid", "skuid", "uid"),
    FieldRow("meta", "skgid", "skgid", "gid"),
    FieldRow("meta", "pkttype", "pkttype", "pkt_type"),
    FieldRow("meta", "ipsec", "ipsec-in", "boolean"),
    FieldRow("meta", "secpath", "ipsec-in", "boolean", written=False),
    FieldRow("meta", "iif", "iif", "iface_index", written=False),
    FieldRow("meta", "oif", "oif", "iface_index", written=False),
    FieldRow("meta", "iifname", "iif", "ifname"),
    FieldRow("meta", "oifname", "oif", "ifname"),
    FieldRow("rt", "ipsec", "ipsec-out", "boolean"),
    FieldRow("ct", "state", "ct-state", "ct_state"),
    FieldRow("ct", "status", "ct-status", "ct_status"),
    FieldRow("ct", "mark", "ct-mark", "mark"),
    FieldRow("ct", "direction", "ct-direction", "ct_dir"),
    FieldRow("ct", "zone", "ct-zone", "integer"),
    FieldRow("ct", "protocol", "ct-protocol", "inet_proto"),
    FieldRow("ct", "l3proto", "nfproto", "nf_proto", written=False),
    FieldRow("ct original", "ip saddr", "ct-orig-saddr4", "ipv4_addr"),
    FieldRow("ct original", "ip daddr", "ct-orig-daddr4", "ipv4_addr"),
    FieldRow("ct original", "ip6 saddr", "ct-orig-saddr6", "ipv6_addr"),
    FieldRow("ct original", "ip6 daddr", "ct-orig-daddr6", "ipv6_addr"),
    FieldRow("ct original", "protocol", "ct-protocol", "inet_proto", written=False),
    FieldRow("ct original", "proto-src", "ct-orig-sport", "inet_service"),
    FieldRow("ct original", "proto-dst", "ct-orig-dport", "inet_service"),
    FieldRow("ct reply", "ip saddr", "ct-repl-saddr4", "ipv4_addr"),
    FieldRow("ct reply", "ip daddr", "ct-repl-daddr4", "ipv4_addr"),
    FieldRow("ct reply", "ip6 saddr", "ct-repl-saddr6", "ipv6_addr"),
    FieldRow("ct reply", "ip6 daddr", "ct-repl-daddr6", "ipv6_addr"),
    FieldRow("ct reply", "proto-src", "ct-repl-sport", "inet_service"),
    FieldRow("ct reply", "proto-dst", "ct-repl-dport", "inet_service"),
)

_OTHER = {
    "ether": "", "vlan": "id cfi dei pcp type", "arp": "",
    "ip": "hdrlength id checksum", "ip6": "version flowlabel",
    "icmp": "checksum id sequence gateway mtu",
    "icmpv6": "checksum parameter-problem packet-too-big id sequence max-delay mtu taddr daddr",
    "igmp": "type checksum mrt group", "ah": "nexthdr hdrlength reserved spi sequence", "esp": "spi sequence",
    "comp": "nexthdr flags cpi", "udp": "checksum length", "udplite": "checksum csumcov",
    "tcp": "checksum sequence ackseq doff reserved window urgptr", "dccp": "checksum type", "sctp": "checksum vtag",
    "th": "", "gre": "hdrlength flags version protocol",
    "meta": "iiftype oiftype nftrace rtclassid ibriport obriport ibrname obrname cpu cgroup time day "
    "hour iifkind oifkind sdif sdifname broute priority random secmark prandom ibridgename obridgename ibrpvid "
    "ibrvproto ibrhwaddr",
    "ct": "expiration helper saddr daddr proto-src proto-dst label event secmark id bytes packets avgpkt count",
}  # fmt: skip
"""The fields of nft that the IR lacks, by the head of their expressions."""

KEYS: dict[str, frozenset[str]] = {
    head: frozenset(other.split()).union(row.key for row in ROWS if row.head == head) for head, other in _OTHER.items()
}
"""All keys that nft knows, by the head of an expression: a header, ``meta`` or ``ct``."""
HEADERS = KEYS.keys() - {"meta", "ct"}
READ_BARE = KEYS["meta"] - {
    "length", "protocol", "priority", "random", "secmark", "nfproto", "l4proto", "secpath", "prandom", "ibridgename",
    "obridgename", "ibrpvid", "ibrvproto", "ibrhwaddr",
}  # fmt: skip
"""The keys of ``meta`` that a script may name without the word ``meta``."""
SAME_META = {
    "ibriport": "ibrname", "obriport": "obrname", "secpath": "ipsec", "ibridgename": "ibrname",
    "obridgename": "obrname",
}  # fmt: skip
"""The present name of each key of ``meta``, by the key's older name."""
QUOTED_META = frozenset({
    "iif", "iifname", "iifgroup", "iifkind", "oif", "oifname", "oifgroup", "oifkind", "ibrname", "obrname", "sdif",
    "sdifname", "day", "hour", "time",
})  # fmt: skip
"""The keys of ``meta`` whose values nft prints in quotes."""

ROW_OF: dict[tuple[str, str], FieldRow] = {(row.head, row.key): row for row in ROWS}
"""The rows of the table by head and key."""
WRITERS: dict[str, tuple[FieldRow, ...]] = {
    field: tuple(row for row in ROWS if row.field == field and row.written) for field in {row.field for row in ROWS}
}
"""The rows that write a field.  If a field has two such rows, each of them is for one IP version."""

# --- fields as left-hand sides ----------------------------------------------------------------------------------------


class Operand(msgspec.Struct, frozen=True, gc=False):
    """A left-hand expression: ``(((field & mask) ^ xor) >> shift) + add``.  If ``shift`` is negative, it shifts to the
    left.

    ``field`` is None if the IR has no such field, or if the operand is an ``interface``; ``needs`` has the implied
    conditions in any case.  ``kind`` is nft's data type of the constants with which the operand is compared.
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
        """The operand's field or interface, if the operand is compared unchanged; else None.  Only unchanged operands
        can be looked up in sets and maps."""
        if self.interface is not None:
            return self.interface
        if self.mask != FULL_MASK or self.xor or self.add or self.kind == "frag-off":
            return None
        return self.field if self.shift == 0 or self.kind in ICMP_TYPES else None


TRANSPORTS = {
    "tcp": 6, "udp": 17, "udplite": 136, "dccp": 33, "sctp": 132, "ah": 51, "esp": 50, "comp": 108, "igmp": 2,
    "gre": 47,
}  # fmt: skip

# Header fields by offset and length.  nft before 0.9.4 prints these fields without their names.
_RAW: dict[tuple[str, str, int, int], tuple[str, str]] = {
    ("ip", "nh", 96, 32): ("ip", "saddr"), ("ip", "nh", 128, 32): ("ip", "daddr"),
    ("ip", "nh", 72, 8): ("ip", "protocol"),
    ("ip6", "nh", 64, 128): ("ip6", "saddr"), ("ip6", "nh", 192, 128): ("ip6", "daddr"),
}  # fmt: skip

HAS_CONNECTION = FieldMatch("ct-direction", ((0, 1),))
HAS_FRAME = FieldMatch("smac", ((0, (1 << 48) - 1),))
"""The match ``meta iiftype ether``: the packet came in by a link whose frames have hardware addresses."""


@lru_cache(maxsize=256)
def network_needs(version: int, family: Family) -> tuple[FieldMatch, ...]:
    """Return the conditions that ``ip …`` (4) or ``ip6 …`` (6) implies in a table of that family."""
    match family:
        case "inet":
            return (FieldMatch("nfproto", ((NFPROTO[version], NFPROTO[version]),)),)
        case "bridge" | "netdev":
            value = 0x0800 if version == 4 else 0x86DD
            return (FieldMatch("ethertype", ((value, value),)),)
        case _:
            return ()


def protocol_need(protocol: int) -> FieldMatch:
    """Return the condition ``meta l4proto PROTOCOL``."""
    return FieldMatch("protocol", ((protocol, protocol),))


def payload(inner: Object, family: Family) -> Operand:
    """Return the operand of a header field, which is given by its name or by its place in the packet."""
    protocol, field = inner.get("protocol"), inner.get("field")
    if isinstance(protocol, str) and isinstance(field, str):
        return Operand(None) if "tunnel" in inner else _payload(protocol, field, family)
    base, offset, length = inner.get("base"), inner.get("offset"), inner.get("len")
    if not isinstance(base, str) or not isinstance(offset, int) or not isinstance(length, int):
        raise MalformedError(message("a payload expression needs protocol and field, or base, offset and len"))
    if base == "th" and length == 16 and offset in (0, 16):
        return _payload("th", "dport" if offset else "sport", family)
    place = _RAW.get((family, base, offset, length))
    return Operand(None) if place is None else _payload(*place, family)


@lru_cache(maxsize=1024)
def _payload(protocol: str, field: str, family: Family) -> Operand:
    needs = _header_needs(protocol, field, family)
    row = ROW_OF.get((protocol, field))
    return _of_row(row, needs) if row is not None else Operand(None, needs=needs)


def _header_needs(protocol: str, field: str, family: Family) -> tuple[FieldMatch, ...]:
    """Return the conditions that an expression with a field of this header implies."""
    match protocol:
        case "ip" | "ip6":
            return network_needs(4 if protocol == "ip" else 6, family)
        case "icmp" | "icmpv6":
            version, layer4 = (4, 1) if protocol == "icmp" else (6, 58)
            return (*network_needs(version, family), protocol_need(layer4))
        case "ether" if field == "type" and family != "bridge":
            # nft implies this condition for saddr and daddr, too, but a packet that fails it has no smac and dmac in
            # the IR anyway.
            return (HAS_FRAME,)
        case "arp" if family != "arp":
            return (FieldMatch("ethertype", ((0x0806, 0x0806),)),)
        case _:
            return (protocol_need(TRANSPORTS[protocol]),) if protocol in TRANSPORTS else ()


def _of_row(row: FieldRow, needs: tuple[FieldMatch, ...] = ()) -> Operand:
    match row.field:
        case "iif" | "oif" | "physin" | "physout" as interface:
            return Operand(None, row.type, needs, interface=interface)
        case field:
            return Operand(field, row.type, needs, row.mask, shift=row.shift, add=row.add)


@lru_cache(maxsize=256)
def field_of(head: str, key: str) -> Operand:
    """Return the operand of ``meta KEY`` or ``rt KEY``."""
    row = ROW_OF.get((head, key))
    return _of_row(row) if row is not None else Operand(None)


def ct(inner: Object, family: Family) -> Operand:
    """Return the operand of ``ct KEY``, ``ct original ip saddr`` …"""
    key, direction = string(inner, "key"), inner.get("dir")
    return _ct(key, direction if isinstance(direction, str) else "", family)


@lru_cache(maxsize=256)
def _ct(key: str, direction: str, family: Family) -> Operand:
    if direction and key in ("saddr", "daddr") and family in ("ip", "ip6"):
        key = f"{family} {key}"
    found = field_of(f"ct {direction}" if direction else "ct", key)
    # Even a packet without a connection has an IP version, but ``ct l3proto`` ends the rule for such a packet.
    return msgspec.structs.replace(found, needs=(HAS_CONNECTION,)) if key == "l3proto" else found
