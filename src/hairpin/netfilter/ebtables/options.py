"""Options of ebtables as matches; an unknown option becomes an OpaqueMatch.

Source: ebtables-nft(8); net/bridge/netfilter/ebt_ip.c, ebt_ip6.c, ebt_arp.c, ebt_mark_m.c, ebt_pkttype.c
"""

from collections.abc import Callable

from hairpin.netfilter.iptables.forms import bounds, mask_of, masked, network, read_interface
from hairpin.netfilter.iptables.match_rows import PACKET_TYPES
from hairpin.netfilter.iptables.words import unquoted
from hairpin.netfilter.ir import AnyOfMatch, Field, FieldMatch, Match, NameMatch, OpaqueMatch, Ranges
from hairpin.netfilter.protocols import ETHERTYPES, ICMP6_TYPES, ICMP_TYPES, icmp_ranges, protocol_number
from hairpin.netfilter.rule_address import IpFamily, read_mac

_MAC_BITS = (1 << 48) - 1
_MAC_NAMES = {
    "unicast": (0, 1 << 40), "multicast": (1 << 40, 1 << 40), "broadcast": (_MAC_BITS, _MAC_BITS),
    "bga": (0x0180C2000000, _MAC_BITS),
}  # fmt: skip
_ETHERTYPES = {name.lower(): number for name, number in ETHERTYPES.items()}
_PACKET_TYPES = {**PACKET_TYPES, "outgoing": 4, "loopback": 5}
_LOWEST_ETHERTYPE = 0x0600
"""The lowest EtherType.  A smaller number in the field is the length of an IEEE 802.3 frame."""

Reader = Callable[[str, bool], tuple[Match, ...]]


def read_option(name: str, words: list[str]) -> tuple[Match, ...]:
    """Return the matches of one option.  ``words`` has the option, an optional ``!``, and the option's values."""
    negated = words[1:2] == ["!"]
    values = words[1 + negated :]
    reader = _READERS.get(name)
    if reader is not None and len(values) == 1:
        try:
            return reader(unquoted(values[0]), negated)
        except ValueError:
            pass
    return (OpaqueMatch(" ".join(words)),)


def _ethertype(text: str, negated: bool) -> tuple[Match, ...]:
    if text.lower() == "length":
        return (FieldMatch("ethertype", ((0, _LOWEST_ETHERTYPE - 1),), negated),)
    number = _ETHERTYPES.get(text.lower())
    number = int(text, 16) if number is None else number
    if number < _LOWEST_ETHERTYPE:
        raise ValueError(text)
    return (FieldMatch("ethertype", ((number, number),), negated),)


def _mac(field: Field) -> Reader:
    def read(text: str, negated: bool) -> tuple[Match, ...]:
        address, _, mask = text.partition("/")
        known = _MAC_NAMES.get(address.lower())
        value, bits = known or (read_mac(address), read_mac(mask) if mask else _MAC_BITS)
        value &= bits
        return (FieldMatch(field, ((value, value),), negated, mask_of(bits, _MAC_BITS)),)

    return read


def _interface(text: str, negated: bool, *, side: str) -> tuple[Match, ...]:
    return (NameMatch("iif" if side == "in" else "oif", (read_interface(text),), negated),)


def _in(text: str, negated: bool) -> tuple[Match, ...]:
    return _interface(text, negated, side="in")


def _out(text: str, negated: bool) -> tuple[Match, ...]:
    return _interface(text, negated, side="out")


def _address(field: Field, family: IpFamily) -> Reader:
    def read(text: str, negated: bool) -> tuple[Match, ...]:
        ranges, mask = network().read(text, family)
        return (FieldMatch(field, ranges, negated, mask),)

    return read


def _protocol(text: str, negated: bool) -> tuple[Match, ...]:
    number = protocol_number(text)
    if number is None:
        raise ValueError(text)
    return (FieldMatch("protocol", ((number, number),), negated),)


def _port(field: Field) -> Reader:
    def read(text: str, negated: bool) -> tuple[Match, ...]:
        first, last = bounds(text, ":", 0xFFFF)
        if first > last:
            raise ValueError(text)
        return (FieldMatch(field, ((first, last),), negated),)

    return read


def _icmp(field: Field, names: dict[str, tuple[int, int | None]]) -> Reader:
    def read(text: str, negated: bool) -> tuple[Match, ...]:
        return (FieldMatch(field, _icmp_ranges(text, names), negated),)

    return read


def _icmp_ranges(text: str, names: dict[str, tuple[int, int | None]]) -> Ranges:
    """Return ranges of ``type << 8 | code``.  The text may be ``FIRST:LAST/FIRST:LAST``: ebt_ip.c compares type and
    code separately."""
    kinds, _, codes = text.partition("/")
    if ":" not in kinds:
        return icmp_ranges(text, names)
    first, last = bounds(kinds, ":", 0xFF)
    lowest, highest = bounds(codes, ":", 0xFF) if codes else (0, 0xFF)
    if first > last or lowest > highest:
        raise ValueError(text)
    if (lowest, highest) == (0, 0xFF):
        return ((first << 8, last << 8 | 0xFF),)
    return tuple((kind << 8 | lowest, kind << 8 | highest) for kind in range(first, last + 1))


def _tos(text: str, negated: bool) -> tuple[Match, ...]:
    """Return the matches on the whole byte of DSCP and ECN: the TOS (ebt_ip.c) or IPv6's traffic class (ebt_ip6.c)."""
    value = int(text, 16)
    parts = (
        FieldMatch("dscp", ((value >> 2, value >> 2),), negated),
        FieldMatch("ecn", ((value & 3, value & 3),), negated),
    )
    return (AnyOfMatch(parts),) if negated else parts


def _mark(text: str, negated: bool) -> tuple[Match, ...]:
    """Return the match on the mark.  ``/MASK`` without a value is satisfied if the packet's mark has any bit of the
    mask: ebt_mark_m.c."""
    if text.startswith("/"):
        return (FieldMatch("mark", ((0, 0),), not negated, int(text[1:], 0)),)
    value, mask = masked(text, 0xFFFFFFFF)
    return (FieldMatch("mark", ((value, value),), negated, mask),)


def _packet_type(text: str, negated: bool) -> tuple[Match, ...]:
    kind = _PACKET_TYPES.get(text)
    if kind is None:
        raise ValueError(text)
    return (FieldMatch("pkttype", ((kind, kind),), negated),)


_READERS: dict[str, Reader] = {
    "-p": _ethertype, "-s": _mac("smac"), "-d": _mac("dmac"), "-i": _in, "-o": _out,
    "--ip-src": _address("saddr4", "ip"), "--ip-source": _address("saddr4", "ip"),
    "--ip-dst": _address("daddr4", "ip"), "--ip-destination": _address("daddr4", "ip"),
    "--ip-proto": _protocol, "--ip-protocol": _protocol, "--ip-tos": _tos,
    "--ip-sport": _port("sport"), "--ip-source-port": _port("sport"),
    "--ip-dport": _port("dport"), "--ip-destination-port": _port("dport"), "--ip-icmp-type": _icmp("icmp", ICMP_TYPES),
    "--ip6-src": _address("saddr6", "ip6"), "--ip6-source": _address("saddr6", "ip6"),
    "--ip6-dst": _address("daddr6", "ip6"), "--ip6-destination": _address("daddr6", "ip6"),
    "--ip6-tclass": _tos, "--ip6-proto": _protocol, "--ip6-protocol": _protocol,
    "--ip6-sport": _port("sport"), "--ip6-source-port": _port("sport"),
    "--ip6-dport": _port("dport"), "--ip6-destination-port": _port("dport"),
    "--ip6-icmp-type": _icmp("icmp6", ICMP6_TYPES),
    "--mark": _mark, "--pkttype-type": _packet_type,
}  # fmt: skip

_NOT_AT: dict[str, frozenset[str]] = {
    "-o": frozenset({"INPUT", "PREROUTING", "BROUTING"}), "-i": frozenset({"OUTPUT", "POSTROUTING"}),
}  # fmt: skip
"""For each option, the built-in chains in which a frame does not have the bridge port that the option compares."""


def refused_options(chain: str, words: list[str]) -> tuple[OpaqueMatch, ...]:
    """Return the options that ebtables refuses, because of the rule's chain or because the rule lacks the ``-p`` that
    they need."""
    family = {"ipv4": "--ip-", "0800": "--ip-", "ipv6": "--ip6-", "86dd": "--ip6-"}
    protocol = words[words.index("-p") + 1].lower().removeprefix("0x") if "-p" in words[:-1] else ""
    refused = [word for word in words if chain in _NOT_AT.get(word, ())]
    refused += [
        word
        for word in words
        if word.startswith(("--ip-", "--ip6-")) and not word.startswith(family.get(protocol, " "))
    ]
    if "--ip6-icmp-type" in words and {"--ip6-sport", "--ip6-dport"} & set(words):
        refused.append("--ip6-icmp-type")
    return tuple(OpaqueMatch(word) for word in dict.fromkeys(refused))
