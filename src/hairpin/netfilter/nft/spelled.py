"""Writes a rule as a person types it and nft lists it: ``tcp dport 80``, ``ct state established,related``.

Law: nft reads these words and the words of :mod:`hairpin.netfilter.nft.render` as the same rule.

Source: nft(8)
"""

from hairpin.netfilter.ir import CT_ESTABLISHED, CT_RELATED, FULL_MASK, STATUS_DNAT, Expression, FieldMatch, Table
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.fields import WRITERS
from hairpin.netfilter.packet import ACK, FIN, ICMP6, RST, SYN, TCP, UDP

_ALL = (1 << 32) - 1
ANSWERS = FieldMatch("ct-state", ((1, _ALL),), mask=CT_ESTABLISHED | CT_RELATED)
TRANSLATED = FieldMatch("ct-status", ((1, _ALL),), mask=STATUS_DNAT)
"""The match of packets of a connection whose destination was translated, in both directions."""
NO_REQUEST = FieldMatch("tcp-flags", ((SYN, SYN),), negated=True, mask=FIN | SYN | RST | ACK)
"""The match of TCP packets that begin no connection, as iptables' ``! --syn``."""

_PHRASES: dict[Expression, str] = {
    ANSWERS: "ct state established,related",
    NO_REQUEST: "tcp flags & (fin | syn | rst | ack) != syn",
    TRANSLATED: "ct status dnat",
    FieldMatch("protocol", ((ICMP6, ICMP6),)): "meta l4proto ipv6-icmp",
    FieldMatch("protocol", ((TCP, TCP),)): "meta l4proto tcp",
    FieldMatch("protocol", ((UDP, UDP),)): "meta l4proto udp",
    FieldMatch("nfproto", ((2, 2),)): "meta nfproto ipv4",
    FieldMatch("nfproto", ((10, 10),)): "meta nfproto ipv6",
    FieldMatch("ct-direction", ((0, 0),)): "ct direction original",
}
_SPOKEN = ("saddr4", "daddr4", "saddr6", "daddr6", "ct-orig-dport")
_PORTS = {TCP: "tcp", UDP: "udp"}


def spelled(body: tuple[Expression, ...], table: Table) -> str:
    """Return the rule's words; raise ChangeError for a rule that nft cannot express."""
    words: list[str] = []
    at = 0
    while at < len(body):
        each = body[at]
        port = _port(each, body[at + 1] if at + 1 < len(body) else None)
        words.append(port or _PHRASES.get(each) or _single(each) or _words_of(each, table))
        at += 2 if port else 1
    return " ".join(words)


def _words_of(each: Expression, table: Table) -> str:
    from hairpin.netfilter.nft.render import render_rule  # noqa: PLC0415 - most hosts have rules of iptables alone

    return render_rule((each,), table)


def _single(match: Expression) -> str:
    """Return a match with one value, such as ``ct original proto-dst 8151`` or ``ip saddr 192.0.2.10``; empty for any
    other match."""
    if not isinstance(match, FieldMatch) or match.negated or match.mask != FULL_MASK or len(match.ranges) != 1:
        return ""
    first, last = match.ranges[0]
    if first != last:
        return ""
    if match.field not in _SPOKEN:
        return ""
    (row,) = WRITERS[match.field]
    return f"{row.words} {type_of(row.type).write(first)}"


def _port(protocol: Expression, port: Expression | None) -> str:
    """Return the two matches of a protocol and a port as ``tcp dport 80``; empty for any other two expressions."""
    if not isinstance(protocol, FieldMatch) or not isinstance(port, FieldMatch) or port.field not in ("sport", "dport"):
        return ""
    if protocol.field != "protocol" or protocol.negated or port.negated:
        return ""
    name = _PORTS.get(protocol.ranges[0][0])
    (first, last), *more = port.ranges
    return f"{name} {port.field} {first}" if name is not None and first == last and not more else ""
