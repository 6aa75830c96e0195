"""``@ll,48,64 0x…``: fields of the Ethernet header that nft merged into one comparison and prints as raw bytes.

``ether saddr X reject with icmp Y`` in an inet table implies a match of the frame's type.  nft merges both matches into
one comparison and puts ``meta iiftype ether`` after this comparison.  The listing shows neither the fields nor the
family of the error: nft prints raw bytes and a bare ``reject``.

Source: nftables src/rule.c stmt_reduce(), src/payload.c payload_expr_expand(), src/statement.c reject_stmt_print()
"""

from hairpin.netfilter.ir import NOT_PRINTED, AnyOfMatch, Expression, Match, Reject
from hairpin.netfilter.nft.syntax import Json, Object, content, named
from hairpin.netfilter.nft.values import number

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
