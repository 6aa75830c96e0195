"""Adjacent header fields that nft merges into one comparison.

``@ll,48,64 0x…`` are fields of the Ethernet header, as raw bytes.

``ether saddr X reject with icmp Y`` in an inet table implies a match of the frame's type.  nft merges both matches into
one comparison and puts ``meta iiftype ether`` after this comparison.  The listing shows neither the fields nor the
family of the error: nft prints raw bytes and a bare ``reject``.

Older nft also merges two negated comparisons, ``tcp sport != 1 tcp dport != 2``.  A packet then fails the comparison
only if it has *both* values, but the rule's listing still shows two conditions.

Source: nftables src/rule.c stmt_reduce() (negated: up to 1.0.9), src/payload.c payload_expr_expand(), src/statement.c
reject_stmt_print()
"""

from hairpin.netfilter.ir import NOT_PRINTED, AnyOfMatch, Expression, Match, Reject
from hairpin.netfilter.nft.syntax import Json, Object, content, named
from hairpin.netfilter.nft.values import number
from hairpin.netfilter.tool_version import is_older

_MENDED = (1, 1, 0)
_PORTS = ("tcp", "udp", "udplite", "sctp", "dccp", "th")
_NEIGHBOURS = {(name, "sport"): (name, "dport") for name in _PORTS} | {
    ("ip", "ttl"): ("ip", "protocol"),
    ("ip6", "nexthdr"): ("ip6", "hoplimit"),
    ("icmp", "type"): ("icmp", "code"),
    ("icmpv6", "type"): ("icmpv6", "code"),
    ("ether", "daddr"): ("ether", "saddr"),
    ("ether", "saddr"): ("ether", "type"),
}
"""For each field, the adjacent field whose comparison nft merges with its own.  nft merges two adjacent fields that
have 16 or 32 bits together, and it merges fields with hardware addresses."""
_FIELDS = (("daddr", 0, 48), ("saddr", 48, 48), ("type", 96, 16))
"""The fields of the Ethernet header: name, offset and length in bits."""


def named_fields(payload: Object, right: Json) -> tuple[tuple[Json, Json], ...]:
    """Return each field in a comparison of raw bytes with its value; an empty tuple if the bytes cover only a part of a
    field."""
    offset, length = payload.get("offset"), payload.get("len")
    value = number(right, "integer")
    if payload.get("base") != "ll" or value is None or not isinstance(offset, int) or not isinstance(length, int):
        return ()
    end = offset + length
    inside = [each for each in _FIELDS if offset <= each[1] and each[1] + each[2] <= end]
    if sum(bits for _, _, bits in inside) != length:
        return ()
    return tuple(
        ({"payload": {"protocol": "ether", "field": name}}, value >> end - start - bits & (1 << bits) - 1)
        for name, start, bits in inside
    )


def as_one_comparison(parts: list[tuple[Match, ...]], *, negated: bool) -> tuple[Match, ...]:
    """Return one comparison of all fields.  A negated comparison is satisfied if at least one field differs."""
    fields = tuple(each[-1] for each in parts)
    implied = dict.fromkeys(match for each in parts for match in each[:-1])
    if not negated or len(fields) == 1:
        return (*implied, *fields)
    return (*implied, AnyOfMatch(fields))


def with_error(body: tuple[Expression, ...], statements: list[Json]) -> tuple[Expression, ...]:
    """Return the rule's body.  If the rule compares the frame's type as raw bytes, a bare ``reject`` in the body
    becomes NOT_PRINTED, because the listing does not show which error it sends."""
    if any(_asks_for_type(each) for each in statements):
        return tuple(NOT_PRINTED if each == _BARE else each for each in body)
    return body


_BARE = Reject("icmpx-port-unreachable")


def _asks_for_type(statement: Json) -> bool:
    if named(statement) != "match":
        return False
    body = content(statement)
    left = body.get("left")
    return named(left) == "payload" and any(
        content(field).get("field") == "type" for field, _ in named_fields(content(left), body.get("right"))
    )


def merges(version: str) -> bool:
    """Return whether that version of nft merges negated comparisons of adjacent fields; False for an unknown
    version."""
    return is_older(version, _MENDED)


def are_merged(one: Json, other: Json) -> bool:
    """Return whether nft merges the two statements into one comparison."""
    second = _negated(other)
    first = _negated(one) if second is not None else None
    return first is not None and _NEIGHBOURS.get(first) == second


def _negated(statement: Json) -> tuple[str, str] | None:
    """Return the protocol and the field of ``PROTOCOL FIELD != VALUE``; None for any other statement."""
    if named(statement) != "match":
        return None
    body = content(statement)
    if body.get("op") != "!=":
        return None
    left, right = body.get("left"), body.get("right")
    value = isinstance(right, int) or (isinstance(right, str) and not right.startswith("@"))
    if not value or named(left) != "payload":
        return None
    payload = content(left)
    return str(payload.get("protocol")), str(payload.get("field"))
