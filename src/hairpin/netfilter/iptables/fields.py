"""Match modules of iptables whose options stand alone: each compares one field, and a packet must satisfy all.

An option that is not in its module's table becomes an OpaqueMatch of its own; it never disappears.

Source: iptables-extensions(8); net/netfilter/xt_*.c as named at each reader
"""

from collections.abc import Callable

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.interface_name import literal_name
from hairpin.netfilter.iptables.words import Option
from hairpin.netfilter.protocols import ICMP6_TYPES, ICMP_TYPES, icmp_ranges, protocol_number
from hairpin.netfilter.rule_address import IpFamily, read_address, read_mac, read_prefix

Reader = Callable[[Option, IpFamily], tuple[ir.Match, ...]]
"""Reads one option; ValueError for a value that it does not understand."""

TCP_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ALL": 63, "NONE": 0}
TCP_ECE, TCP_CWR = 64, 128
EXTENSIONS = {"hbh": 128, "dst": 64, "rt": 32, "srh": 32, "frag": 16, "ah": 8}
"""Bits of ``extensions`` by the modules that look for an extension header (ip6t_ipv6header.h)."""
CT_STATES = {
    "INVALID": ir.CT_INVALID, "NEW": ir.CT_NEW, "RELATED": ir.CT_RELATED, "ESTABLISHED": ir.CT_ESTABLISHED,
    "UNTRACKED": ir.CT_UNTRACKED,
}  # fmt: skip
VIRTUAL_STATES = {"SNAT": ir.STATUS_SNAT, "DNAT": ir.STATUS_DNAT}
CT_STATUSES = {
    "NONE": 0, "EXPECTED": ir.STATUS_EXPECTED, "SEEN_REPLY": ir.STATUS_SEEN_REPLY, "ASSURED": ir.STATUS_ASSURED,
    "CONFIRMED": ir.STATUS_CONFIRMED,
}  # fmt: skip
PACKET_TYPES = {"unicast": 0, "host": 0, "broadcast": 1, "bcast": 1, "multicast": 2, "mcast": 2, "otherhost": 3}
TOS_NAMES = {
    "minimize-delay": 0x10, "maximize-throughput": 0x08, "maximize-reliability": 0x04, "minimize-cost": 0x02,
    "normal-service": 0x00,
}  # fmt: skip
DSCP_CLASSES = {
    **{f"CS{number}": number << 3 for number in range(8)}, "BE": 0, "EF": 0x2E,
    **{f"AF{row}{column}": row << 3 | column << 1 for row in range(1, 5) for column in range(1, 4)},
}  # fmt: skip


def number(text: str) -> int:
    """Return a number written as C does: decimal, ``0x…``, or octal with a leading zero (strtoul)."""
    value = int(text, 8) if text.startswith("0") and text.isdigit() and len(text) > 1 else int(text, 0)
    if value < 0:
        raise MalformedError(message("{text} is negative", text=text))
    return value


def bounds(text: str, separator: str, maximum: int) -> tuple[int, int]:
    """Return ``FIRST:LAST`` with either side left out, or a single value, as an inclusive range up to ``maximum``."""
    first, divided, last = text.partition(separator)
    if separator == "-" and not (first and (last or not divided)):
        raise MalformedError(message("{text} is not a range", text=text))
    lowest = number(first) if first else 0
    highest = lowest if not divided else number(last) if last else maximum
    if max(lowest, highest) > maximum:
        raise MalformedError(message("{text} is above {maximum}", text=text, maximum=maximum))
    return lowest, highest


def masked(text: str, full: int) -> tuple[int, int]:
    """Return value and mask of ``VALUE[/MASK]``; the mask is FULL_MASK where it keeps every bit of ``full``."""
    value, slash, mask = text.partition("/")
    if number(value) > full:
        raise MalformedError(message("{text} is above {maximum}", text=value, maximum=f"{full:#x}"))
    return number(value), mask_of(number(mask), full) if slash else ir.FULL_MASK


def mask_of(mask: int, full: int) -> int:
    """Return FULL_MASK for a mask that keeps every bit of ``full``, else the mask."""
    return ir.FULL_MASK if mask & full == full else mask


def prefix_match(field: ir.Field, text: str, negated: bool, family: IpFamily) -> ir.FieldMatch:
    """Return the match of an address with ``ADDRESS[/LENGTH|/MASK]``."""
    prefix = read_prefix(text, family)
    if prefix.contiguous:
        return ir.FieldMatch(field, ((prefix.address, prefix.last),), negated)
    return ir.FieldMatch(field, ((prefix.address, prefix.address),), negated, prefix.mask)


def interface_pattern(text: str) -> str:
    """Return the IR's form of an interface name: iptables' ``+`` is ``*``, and a ``*`` of its own is ``\\*``."""
    if text.endswith("+"):
        return text[:-1] + "*"
    return literal_name(text)


def field_of(prefix: str, family: IpFamily) -> ir.Field:
    """Return the family's field: ``saddr`` → ``saddr4`` or ``saddr6``."""
    fields: dict[tuple[str, IpFamily], ir.Field] = {
        ("saddr", "ip"): "saddr4", ("saddr", "ip6"): "saddr6", ("daddr", "ip"): "daddr4", ("daddr", "ip6"): "daddr6",
        ("ct-orig-saddr", "ip"): "ct-orig-saddr4", ("ct-orig-saddr", "ip6"): "ct-orig-saddr6",
        ("ct-orig-daddr", "ip"): "ct-orig-daddr4", ("ct-orig-daddr", "ip6"): "ct-orig-daddr6",
        ("ct-repl-saddr", "ip"): "ct-repl-saddr4", ("ct-repl-saddr", "ip6"): "ct-repl-saddr6",
        ("ct-repl-daddr", "ip"): "ct-repl-daddr4", ("ct-repl-daddr", "ip6"): "ct-repl-daddr6",
    }  # fmt: skip
    return fields[prefix, family]


# --- readers of options ----------------------------------------------------------------------------------------------


def _range(field: ir.Field, separator: str = ":", maximum: int = 0xFFFF) -> Reader:
    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        return (ir.FieldMatch(field, (bounds(option.value, separator, maximum),), option.negated),)

    return read


def _masked(field: ir.Field, full: int = 0xFFFFFFFF) -> Reader:
    """xt_mark.c, xt_connmark.c: ``(mark & mask) == value``."""

    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        value, mask = masked(option.value, full)
        return (ir.FieldMatch(field, ((value, value),), option.negated, mask),)

    return read


def _address(prefix: str) -> Reader:
    def read(option: Option, family: IpFamily) -> tuple[ir.Match, ...]:
        return (prefix_match(field_of(prefix, family), option.value, option.negated, family),)

    return read


def _address_range(prefix: str) -> Reader:
    """xt_iprange.c: both ends are included."""

    def read(option: Option, family: IpFamily) -> tuple[ir.Match, ...]:
        first, _, last = option.value.partition("-")
        ends = read_address(first, family), read_address(last or first, family)
        return (ir.FieldMatch(field_of(prefix, family), (ends,), option.negated),)

    return read


def _ports(*fields: ir.Field) -> Reader:
    """xt_multiport.c: the port is one of the list; with ``--ports``, either port."""

    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        ranges: ir.Ranges = tuple(bounds(part, ":", 0xFFFF) for part in option.value.split(","))
        if len(fields) == 1:
            return (ir.FieldMatch(fields[0], ranges, option.negated),)
        return (ir.AnyOfMatch(tuple(ir.FieldMatch(field, ranges) for field in fields), option.negated),)

    return read


def _tcp_flags(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """xt_tcpudp.c: ``(flags & mask) == wanted``."""
    mask, wanted = (_bits(value, TCP_FLAGS) for value in option.values)
    return (ir.FieldMatch("tcp-flags", ((wanted, wanted),), option.negated, mask),)


def _tcp_flag(bit: int) -> Reader:
    """xt_ecn.c match_tcp()"""

    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        if option.values:
            raise ValueError(option.text)
        return (ir.FieldMatch("tcp-flags", ((bit, bit),), option.negated, bit),)

    return read


def _syn(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    if option.values:
        raise ValueError(option.text)
    return (ir.FieldMatch("tcp-flags", ((2, 2),), option.negated, 23),)


def _bits(names: str, values: dict[str, int]) -> int:
    bits = 0
    for name in names.split(","):
        if name not in values:
            raise ValueError(name)
        bits |= values[name]
    return bits


def _icmp(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    return (ir.FieldMatch("icmp", icmp_ranges(option.value, ICMP_TYPES), option.negated),)


def _icmp6(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    return (ir.FieldMatch("icmp6", icmp_ranges(option.value, ICMP6_TYPES), option.negated),)


def _state(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """xt_conntrack.c: SNAT and DNAT are bits of the connection's status, not of the packet's state."""
    names = option.value.split(",")
    states = _bits(",".join(name for name in names if name not in VIRTUAL_STATES) or "NONE", {**CT_STATES, "NONE": 0})
    virtual = _bits(",".join(name for name in names if name in VIRTUAL_STATES) or "NONE", {**VIRTUAL_STATES, "NONE": 0})
    ranges: ir.Ranges = tuple((bit, bit) for bit in sorted(CT_STATES.values()) if states & bit)
    if not virtual:
        return (ir.FieldMatch("ct-state", ranges, option.negated),)
    alternatives: tuple[ir.Match, ...] = (ir.FieldMatch("ct-status", ((0, 0),), True, virtual),)
    if states:
        alternatives = (ir.FieldMatch("ct-state", ranges), *alternatives)
    return (ir.AnyOfMatch(alternatives, option.negated),)


def _status(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """xt_conntrack.c: any of the bits is enough; ``NONE`` has no bit, so alone it is never satisfied."""
    return (ir.FieldMatch("ct-status", ((0, 0),), not option.negated, _bits(option.value, CT_STATUSES)),)


def _direction(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    direction = {"ORIGINAL": 0, "REPLY": 1}.get(option.value.upper())
    if direction is None:
        raise ValueError(option.value)
    return (ir.FieldMatch("ct-direction", ((direction, direction),), option.negated),)


def _expiry(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    return (ir.StatefulMatch("conntrack", f"-m conntrack {option.text}"),)


def _protocol(field: ir.Field) -> Reader:
    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        value = protocol_number(option.value)
        if value is None:
            raise ValueError(option.value)
        return (ir.FieldMatch(field, ((value, value),), option.negated),)

    return read


def _mac(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    address = read_mac(option.value)
    return (ir.FieldMatch("smac", ((address, address),), option.negated),)


def _physical(field: ir.NameField) -> Reader:
    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        return (ir.NameMatch(field, (interface_pattern(option.value),), option.negated),)

    return read


def _is_bridged(field: ir.NameField) -> Reader:
    """xt_physdev.c: the packet has such a bridge port, that is, the port's name is not empty."""

    def read(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
        if option.values:
            raise ValueError(option.text)
        return (ir.NameMatch(field, ("",), not option.negated),)

    return read


def _packet_type(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    value = PACKET_TYPES.get(option.value)
    value = number(option.value) if value is None else value
    return (ir.FieldMatch("pkttype", ((value, value),), option.negated),)


def _below(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    limit = number(option.value)
    return (ir.FieldMatch("ttl", ((0, limit - 1),) if limit else (), option.negated),)


def _above(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    limit = number(option.value)
    return (ir.FieldMatch("ttl", ((limit + 1, 255),) if limit < 255 else (), option.negated),)


def _dscp_class(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    value = DSCP_CLASSES.get(option.value.upper())
    if value is None:
        raise ValueError(option.value)
    return (ir.FieldMatch("dscp", ((value, value),), option.negated),)


def tos(text: str) -> tuple[int, int]:
    """Return value and mask of a TOS byte; a name stands for the bits under mask 0x3f (libxt_tos, tos_values.c)."""
    named = TOS_NAMES.get(text.lower())
    if named is not None:
        return named, 0x3F
    value, slash, mask = text.partition("/")
    return number(value), number(mask) if slash else 0xFF


def _tos(option: Option, _family: IpFamily) -> tuple[ir.Match, ...]:
    """xt_dscp.c tos_mt(): one byte of DSCP and ECN bits; if negated, a difference in either is enough."""
    value, mask = tos(option.value)
    parts: tuple[ir.FieldMatch, ...] = ()
    if mask >> 2 or value >> 2:
        parts += (_tos_part("dscp", value >> 2, mask >> 2, 0x3F, option.negated),)
    if mask & 3 or value & 3 or not parts:
        parts += (_tos_part("ecn", value & 3, mask & 3, 3, option.negated),)
    return (ir.AnyOfMatch(parts),) if option.negated and len(parts) > 1 else parts


def _tos_part(field: ir.Field, value: int, mask: int, full: int, negated: bool) -> ir.FieldMatch:
    return ir.FieldMatch(field, ((value, value),), negated, mask_of(mask, full))


_PORT_READERS: dict[str, Reader] = {
    "--sport": _range("sport"), "--source-port": _range("sport"), "--dport": _range("dport"),
    "--destination-port": _range("dport"),
}  # fmt: skip
_HOP_READERS: dict[str, Reader] = {"eq": _range("ttl", maximum=255), "lt": _below, "gt": _above}

MODULES: dict[str, dict[str, Reader]] = {
    "tcp": {**_PORT_READERS, "--tcp-flags": _tcp_flags, "--syn": _syn},
    "udp": _PORT_READERS,
    "udplite": _PORT_READERS,
    "sctp": _PORT_READERS,
    "dccp": _PORT_READERS,
    "icmp": {"--icmp-type": _icmp},
    "icmp6": {"--icmpv6-type": _icmp6},
    "multiport": {
        "--sports": _ports("sport"), "--source-ports": _ports("sport"), "--dports": _ports("dport"),
        "--destination-ports": _ports("dport"), "--ports": _ports("sport", "dport"),
    },
    "state": {"--state": _state},
    "conntrack": {
        "--ctstate": _state, "--ctproto": _protocol("ct-protocol"), "--ctstatus": _status, "--ctdir": _direction,
        "--ctorigsrc": _address("ct-orig-saddr"), "--ctorigdst": _address("ct-orig-daddr"),
        "--ctreplsrc": _address("ct-repl-saddr"), "--ctrepldst": _address("ct-repl-daddr"),
        "--ctorigsrcport": _range("ct-orig-sport"), "--ctorigdstport": _range("ct-orig-dport"),
        "--ctreplsrcport": _range("ct-repl-sport"), "--ctrepldstport": _range("ct-repl-dport"), "--ctexpire": _expiry,
    },
    "mark": {"--mark": _masked("mark")},
    "connmark": {"--mark": _masked("ct-mark")},
    "iprange": {"--src-range": _address_range("saddr"), "--dst-range": _address_range("daddr")},
    "mac": {"--mac-source": _mac},
    "physdev": {
        "--physdev-in": _physical("physin"), "--physdev-out": _physical("physout"),
        "--physdev-is-in": _is_bridged("physin"), "--physdev-is-out": _is_bridged("physout"),
        "--physdev-is-bridged": _is_bridged("physout"),
    },
    "pkttype": {"--pkt-type": _packet_type},
    "ttl": {f"--ttl-{name}": reader for name, reader in _HOP_READERS.items()},
    "hl": {f"--hl-{name}": reader for name, reader in _HOP_READERS.items()},
    "length": {"--length": _range("length")},
    "dscp": {"--dscp": _range("dscp", maximum=0x3F), "--dscp-class": _dscp_class},
    "tos": {"--tos": _tos},
    "ecn": {
        "--ecn-tcp-ece": _tcp_flag(TCP_ECE), "--ecn-tcp-cwr": _tcp_flag(TCP_CWR),
        "--ecn-ip-ect": _range("ecn", maximum=3),
    },
}  # fmt: skip
"""Readers by module and option."""
