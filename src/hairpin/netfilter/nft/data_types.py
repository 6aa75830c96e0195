"""The table of nft's data types, one row for each: its width, the names of its numbers, and how they are read and
written.

Depending on its options, nft prints names or numbers, so all readers accept names and numbers.  Writers prefer numbers
wherever nft accepts them, because the meaning of a name depends on files of the host on which the rules are loaded.

Source: nftables src/datatype.c, src/proto.c, src/ct.c, src/meta.c, src/fib.c (symbol tables); nft(8) DATA TYPES
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from hairpin.netfilter.protocols import PROTOCOLS
from hairpin.netfilter.rule_address import read_address, read_mac, write_address, write_mac


class DataType(msgspec.Struct, frozen=True, gc=False):
    """One data type of nft.  ``flags``: the type's values are sets of flags, and ``ct state established,related``
    matches any of these flags.  ``named``: a set can be declared with the type's name.  ``expression``: an expression
    of the type, for ``typeof``."""

    bits: int = 32
    symbols: Mapping[str, int] = {}
    flags: bool = False
    named: bool = False
    expression: str = ""
    read: Callable[[str], int] | None = None
    write: Callable[[int], str] = str


_NAMES_OF_FAMILIES = {2: "ipv4", 10: "ipv6"}
_FIB_TYPES = ("unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit")


def _family_text(value: int) -> str:
    return _NAMES_OF_FAMILIES.get(value, str(value))


def _type_text(value: int) -> str:
    """Return the ICMP type of a value of the IR, which is ``type << 8 | code``."""
    return str(value >> 8)


TYPES: dict[str, DataType] = {
    "integer": DataType(expression="meta length"),
    "octet": DataType(8, expression="ip ttl"),
    "short": DataType(16, expression="ip length"),
    "boolean": DataType(1, {"missing": 0, "exists": 1}, expression="meta ipsec"),
    "ipv4_addr": DataType(
        32, named=True, expression="ip saddr", read=lambda text: read_address(text, "ip"),
        write=lambda value: write_address(value, "ip"),
    ),
    "ipv6_addr": DataType(
        128, named=True, expression="ip6 saddr", read=lambda text: read_address(text, "ip6"),
        write=lambda value: write_address(value, "ip6"),
    ),
    "ether_addr": DataType(48, named=True, expression="ether saddr", read=read_mac, write=write_mac),
    "ether_type": DataType(
        16, {"ip": 0x0800, "arp": 0x0806, "ip6": 0x86DD, "8021q": 0x8100, "8021ad": 0x88A8, "vlan": 0x8100},
        named=True, expression="ether type",
    ),
    "arp_op": DataType(
        16, {"request": 1, "reply": 2, "rrequest": 3, "rreply": 4, "inrequest": 8, "inreply": 9, "nak": 10},
        named=True, expression="arp operation",
    ),
    "inet_proto": DataType(8, PROTOCOLS, named=True, expression="meta l4proto"),
    "inet_service": DataType(16, named=True, expression="tcp dport"),
    "mark": DataType(named=True, expression="meta mark"),
    "ifname": DataType(named=True, expression="iifname"),
    "iface_index": DataType(expression="iif"),
    "devgroup": DataType(32, {"default": 0}, named=True, expression="iifgroup"),
    "uid": DataType(32, {"root": 0}, named=True, expression="meta skuid"),
    "gid": DataType(32, {"root": 0}, named=True),
    "nf_proto": DataType(8, {"ipv4": 2, "ipv6": 10}, named=True, write=_family_text),
    "ip_version": DataType(expression="ip version", write=_family_text),
    "ct_state": DataType(
        32, {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}, flags=True, named=True
    ),
    "ct_status": DataType(
        32, {
            "expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "seq-adjust": 64,
            "snat-done": 128, "dnat-done": 256, "dying": 512, "fixed-timeout": 1024,
        }, flags=True, named=True,
    ),
    "ct_dir": DataType(8, {"original": 0, "reply": 1}),
    "icmp_type": DataType(
        8, {
            "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
            "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12,
            "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16,
            "address-mask-request": 17, "address-mask-reply": 18,
        }, named=True, write=_type_text,
    ),
    "icmpv6_type": DataType(
        8, {
            "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
            "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
            "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
            "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138,
            "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
        }, named=True, write=_type_text,
    ),
    "icmp_code": DataType(
        8, {
            "net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "frag-needed": 4,
            "net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13,
        },
    ),
    "icmpv6_code": DataType(
        8, {
            "no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4, "policy-fail": 5,
            "reject-route": 6,
        },
    ),
    "icmpx_code": DataType(8, expression="icmp code"),
    "pkt_type": DataType(8, {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3}, named=True),
    "dscp": DataType(
        6, {
            "cs0": 0, "df": 0, "be": 0, "lephb": 1, "cs1": 8, "af11": 10, "af12": 12, "af13": 14, "cs2": 16,
            "af21": 18, "af22": 20, "af23": 22, "cs3": 24, "af31": 26, "af32": 28, "af33": 30, "cs4": 32, "af41": 34,
            "af42": 36, "af43": 38, "cs5": 40, "va": 44, "ef": 46, "cs6": 48, "cs7": 56,
        }, expression="ip dscp",
    ),
    "ecn": DataType(2, {"not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3}, expression="ip ecn"),
    "tcp_flag": DataType(
        8, {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}, flags=True,
        expression="tcp flags",
    ),
    "frag-off": DataType(expression="ip frag-off"),
    "fib_addrtype": DataType(
        32, {name: number for number, name in enumerate(_FIB_TYPES)}, expression="fib daddr type"
    ),
}  # fmt: skip

NAMES = frozenset({"ifname", "iface_index"})
"""Data types whose values are names in the IR."""
ICMP_TYPES = frozenset({"icmp_type", "icmpv6_type"})
"""The data types of an ICMP type.  The IR has type and code in one number: ``type << 8 | code``."""
_UNKNOWN = DataType(named=True)


def type_of(name: str) -> DataType:
    """Return the data type with that name; for an unknown name, the type of a 32-bit number."""
    return TYPES.get(name, _UNKNOWN)


@lru_cache(maxsize=65536)
def symbol(text: str, kind: str) -> int | None:
    """Return the number of a symbol; None for a symbol whose number depends on files of the examined host."""
    found = type_of(kind)
    try:
        if found.read is not None:
            return found.read(text)
        number = found.symbols.get(text)
        return int(text, 0) if number is None else number
    except ValueError:
        return None
