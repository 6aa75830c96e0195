"""Constants of nft's JSON as numbers, by nft's own names of data types.

A constant is a number, a symbol (``"established"``, ``"echo-request"``), an address, a prefix, a range, or a list of
flags.  nft prints symbols or numbers as its options say, so both are read everywhere.  Symbols that depend on files of
the examined host (services, users, rt_marks) are unknown: None.

Source: nftables src/datatype.c, src/proto.c, src/ct.c, src/meta.c, src/fib.c (symbol tables)
"""

from functools import lru_cache

from hairpin.netfilter.ir import Key, NameKey, NumberKey, Ranges
from hairpin.netfilter.nft.syntax import Json, element_value
from hairpin.netfilter.protocols import PROTOCOLS
from hairpin.netfilter.rule_address import read_address, read_mac

WIDTHS = {
    "ipv4_addr": 32, "ipv6_addr": 128, "inet_service": 16, "inet_proto": 8, "ether_addr": 48, "ether_type": 16,
    "nf_proto": 8, "ct_dir": 8, "icmp_type": 8, "icmpv6_type": 8, "icmp_code": 8, "icmpv6_code": 8, "icmpx_code": 8,
    "pkt_type": 8, "dscp": 6, "ecn": 2, "tcp_flag": 8, "boolean": 1, "octet": 8, "short": 16,
}  # fmt: skip
"""Bits of a data type; 32 when not named here."""

BITMASKS = frozenset({"ct_state", "ct_status", "tcp_flag"})
"""Data types whose values are sets of flags: ``ct state established,related`` asks for any of them."""

NAMES = frozenset({"ifname", "iface_index"})

ICMP_TYPES = frozenset({"icmp_type", "icmpv6_type"})
"""Types that the IR holds together with the code, as ``type << 8 | code``."""

_FIB_TYPES = ("unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit")

_SYMBOLS: dict[str, dict[str, int]] = {
    "inet_proto": PROTOCOLS,
    "ether_type": {"ip": 0x0800, "arp": 0x0806, "ip6": 0x86DD, "8021q": 0x8100, "8021ad": 0x88A8, "vlan": 0x8100},
    "nf_proto": {"ipv4": 2, "ipv6": 10},
    "ct_state": {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64},
    "ct_status": {
        "expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "seq-adjust": 64,
        "snat-done": 128, "dnat-done": 256, "dying": 512, "fixed-timeout": 1024,
    },
    "ct_dir": {"original": 0, "reply": 1},
    "icmp_type": {
        "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
        "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12,
        "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16,
        "address-mask-request": 17, "address-mask-reply": 18,
    },
    "icmpv6_type": {
        "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
        "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
        "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
        "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138,
        "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
    },
    "icmp_code": {
        "net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "frag-needed": 4,
        "net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13,
    },
    "icmpv6_code": {
        "no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4, "policy-fail": 5,
        "reject-route": 6,
    },
    "pkt_type": {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3},
    "dscp": {
        "cs0": 0, "df": 0, "be": 0, "lephb": 1, "cs1": 8, "af11": 10, "af12": 12, "af13": 14, "cs2": 16, "af21": 18,
        "af22": 20, "af23": 22, "cs3": 24, "af31": 26, "af32": 28, "af33": 30, "cs4": 32, "af41": 34, "af42": 36,
        "af43": 38, "cs5": 40, "va": 44, "ef": 46, "cs6": 48, "cs7": 56,
    },
    "ecn": {"not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3},
    "tcp_flag": {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128},
    "uid": {"root": 0},
    "gid": {"root": 0},
    "boolean": {"missing": 0, "exists": 1},
    "fib_addrtype": {name: number for number, name in enumerate(_FIB_TYPES)},
}  # fmt: skip


def number(value: Json, kind: str) -> int | None:
    """Return a single constant as a number, flags combined; None for an unknown one."""
    if isinstance(value, int):
        if kind == "ip_version":
            return {4: 2, 6: 10}.get(value)
        return int(value) if value >= 0 else None
    if isinstance(value, str):
        return _symbol(value, kind)
    if isinstance(value, dict) and "|" in value:
        value = value["|"]
    if isinstance(value, list) and value:
        flags = [number(flag, kind) for flag in value]
        return _combined([flag for flag in flags if flag is not None]) if None not in flags else None
    return None


def _combined(flags: list[int]) -> int:
    result = 0
    for flag in flags:
        result |= flag
    return result


@lru_cache(maxsize=65536)
def _symbol(text: str, kind: str) -> int | None:
    try:
        match kind:
            case "ipv4_addr":
                return read_address(text, "ip")
            case "ipv6_addr":
                return read_address(text, "ip6")
            case "ether_addr":
                return read_mac(text)
            case _:
                found = _SYMBOLS.get(kind, {}).get(text)
                return int(text, 0) if found is None else found
    except ValueError:
        return None


def interval(value: Json, kind: str) -> tuple[int, int] | None:
    """Return a constant, a prefix or a range as an inclusive range of numbers; None for what is not understood."""
    if isinstance(value, dict) and len(value) == 1:
        if "range" in value:
            ends = value["range"]
            if not isinstance(ends, list) or len(ends) != 2:
                return None
            first, last = number(ends[0], kind), number(ends[1], kind)
            return None if first is None or last is None or first > last else (first, last)
        if "prefix" in value:
            return _prefix(value["prefix"], kind)
        if "elem" in value:
            return interval(element_value(value), kind) if element_value(value) is not value else None
    single = number(value, kind)
    return None if single is None else (single, single)


def _prefix(value: Json, kind: str) -> tuple[int, int] | None:
    if not isinstance(value, dict):
        return None
    first, length = number(value.get("addr"), kind), value.get("len")
    width = WIDTHS.get(kind, 32)
    if first is None or not isinstance(length, int) or not 0 <= length <= width:
        return None
    host = (1 << (width - length)) - 1
    if first & host and kind not in ("ipv4_addr", "ipv6_addr"):
        return None  # the listing of ``meta mark & 0xfffffffc == 1``, which no value satisfies
    return first & ~host, first | host


def intervals(values: list[Json], kind: str) -> Ranges | None:
    """Return the ranges of all the constants, in order, neighbours joined; None if one is not understood."""
    found: list[tuple[int, int]] = []
    for value in values:
        single = interval(value, kind)
        if single is None:
            return None
        found.append(single)
    found.sort()
    joined: list[tuple[int, int]] = []
    for first, last in found:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def interface(value: Json, kind: str) -> str | None:
    """Return an interface's name (``eth*``: a prefix).

    nft prints an index without an interface as a number.  A hook without that interface has index 0, so 0 is the empty
    name; any other index becomes a name that no interface can have.
    """
    value = element_value(value)
    if isinstance(value, int) and kind == "iface_index":
        value = str(value)
    if not isinstance(value, str):
        return None
    if kind == "iface_index" and value.isdigit():
        return "" if int(value) == 0 else f"index:{value}"
    return value


def key(value: Json, kind: str) -> Key | None:
    """Return one dimension of a set's element; None if it is not understood."""
    if kind in NAMES:
        name = interface(value, kind)
        return None if name is None else NameKey(name)
    found = interval(value, kind)
    if found is None:
        return None
    if kind in ICMP_TYPES:
        return NumberKey(found[0] << 8, found[1] << 8 | 0xFF)
    return NumberKey(*found)
