"""Writes matches of the IR in nft's words, by the table of fields (fields.py).  matches.py does the reverse.

Raises ChangeError for a match that nft cannot express.
"""

from typing import Literal, NamedTuple, assert_never

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.fields import HAS_FRAME, ROW_OF, WRITERS, FieldRow
from hairpin.netfilter.nft.values import key_text, name_text, ranges_text, refuse

EXTENSION_NAMES = {128: "hbh", 64: "dst", 32: "rt", 16: "frag"}
_MOST_FLAGS = 64
_VERSIONS: dict[tuple[str, ir.Ranges], Literal[4, 6]] = {
    ("nfproto", ((2, 2),)): 4, ("nfproto", ((10, 10),)): 6, ("ethertype", ((0x0800, 0x0800),)): 4,
    ("ethertype", ((0x86DD, 0x86DD),)): 6,
}  # fmt: skip


class Context(NamedTuple):
    """The facts that a part of a rule can rely on: the table's family, and the packet's IP version (None if it may be
    either)."""

    family: ir.Family
    version: Literal[4, 6] | None


def settled_version(family: ir.Family, before: tuple[ir.Expression, ...]) -> Literal[4, 6] | None:
    """Return the IP version of every packet that satisfies these first parts of a rule; None if it may be either
    version."""
    if family in ("ip", "ip6"):
        return 4 if family == "ip" else 6
    for part in before:
        if isinstance(part, ir.FieldMatch) and not part.negated:
            version = _VERSIONS.get((part.field, part.ranges))
            if version is not None or part.field.endswith(("addr4", "addr6")):
                return version or (4 if part.field.endswith("4") else 6)
    return None


def row_of(field: str, context: Context) -> FieldRow:
    """Return the row of the table that writes the field; raise ChangeError if no row writes it."""
    if field == "ethertype" and context.family == "bridge":  # in this family ``meta protocol`` is the VLAN tag's type
        return ROW_OF["ether", "type"]
    rows = WRITERS.get(field, ())
    if len(rows) < 2:
        if not rows:
            raise refuse(field)
        return rows[0]
    if context.version is None:
        raise refuse(field, message("IPv4 and IPv6 have different names for this field"))
    return next(row for row in rows if row.head == ("ip6" if context.version == 6 else "ip"))


def expression(field: str, context: Context) -> str:
    """Return the field's name in nft's words."""
    return row_of(field, context).words


def key_expression(fields: tuple[str, ...], context: Context) -> tuple[str, tuple[str, ...]]:
    """Return the concatenation of the fields in nft's words, and the data type of each field."""
    rows = [row_of(field, context) for field in fields]
    return " . ".join(row.words for row in rows), tuple(row.type for row in rows)


def match_text(match: ir.Match, context: Context, following: ir.Expression | None) -> tuple[str, bool]:
    """Return the match's text, and whether the text includes the next part of the rule."""
    match match:
        case ir.FieldMatch():
            return field_text(match, context), False
        case ir.NameMatch():
            return _name(match), False
        case ir.SetMatch(set=name, fields=fields, negated=negated):
            return f"{key_expression(fields, context)[0]} {_not(negated)}@{name}", False
        case ir.InlineSetMatch(elements=elements, fields=fields, negated=negated):
            key, kinds = key_expression(fields, context)
            texts = ", ".join(key_text(element.key, kinds) for element in elements)
            return f"{key} {_not(negated)}{{ {texts} }}", False
        case ir.FibMatch(address=address, types=types, negated=negated, limit=limit):
            side = f"{address} . {limit}" if limit else address
            wanted = types[0] if len(types) == 1 else f"{{ {', '.join(types)} }}"
            return f"fib {side} type {_not(negated)}{wanted}", False
        case ir.ReversePathMatch():
            return _reverse_path(match), False
        case ir.SocketMatch():
            return _socket(match, following)
        case ir.StatefulMatch(text=text) | ir.OpaqueMatch(text=text):
            if text.startswith("xt "):
                raise refuse(text, message("an extension of iptables whose options are not shown here"))
            return text, False
        case ir.AnyOfMatch():
            raise refuse(match, message("a rule cannot hold alternatives"))
        case _:
            assert_never(match)


def _not(negated: bool) -> str:
    return "!= " if negated else ""


def field_text(match: ir.FieldMatch, context: Context) -> str:
    """Return the text of a match, such as ``tcp flags & 2 == 2`` or ``ip saddr != 10.0.0.0-10.255.255.255``."""
    name, negation = match.field, "!=" if match.negated else "=="
    if name in ("icmp", "icmp6"):
        return _icmp(match)
    if name == "extensions":
        return _extension(match)
    if match == HAS_FRAME:
        return "meta iiftype ether"
    if name == "fragment":
        whole = match.ranges == ((0, 0),)
        return f"ip frag-off & 0x1fff {'==' if whole is not match.negated else '!='} 0"
    if name in ("ipsec-in", "ipsec-out"):
        missing = (match.ranges == ((0, 0),)) is not match.negated
        return f"{expression(name, context)} {'missing' if missing else 'exists'}"
    if not match.ranges:
        return _never(match, context)
    if name == "nfproto" and context.family != "inet":
        version = 4 if match.ranges == ((2, 2),) else 6
        return f"ip{'' if version == 4 else '6'} version {_not(match.negated)}{version}"
    row = row_of(name, context)
    ranges = match.ranges
    if type_of(row.type).flags or (name, ranges) == ("ct-direction", ((0, 1),)):
        # nft lists a range of flags as single values.
        ranges = _one_by_one(ranges)
    values = ranges_text(ranges, row.type)
    if match.mask == ir.FULL_MASK:
        return f"{row.words} {negation} {values}"
    return f"{row.words} & {type_of(row.type).write(match.mask)} {negation} {values}"


def _extension(match: ir.FieldMatch) -> str:
    header = EXTENSION_NAMES.get(match.mask)
    if header is None or match.ranges != ((match.mask, match.mask),):
        raise refuse(match)
    return f"exthdr {header} {'missing' if match.negated else 'exists'}"


def _never(match: ir.FieldMatch, context: Context) -> str:
    """Return a comparison that no value satisfies and that nft does not remove.  The comparison's left side sets a bit
    that its right side lacks."""
    lost = ~match.mask & 0xFFFFFFFF
    if not lost or match.mask == 0:
        raise refuse(match, message("no value can satisfy the match"))
    return f"{expression(match.field, context)} | {lost:#x} {'!=' if match.negated else '=='} {lost & (lost - 1):#x}"


def _one_by_one(ranges: ir.Ranges) -> ir.Ranges:
    if sum(last - first for first, last in ranges) > _MOST_FLAGS:
        raise refuse(message("a range of flags"), message("the range has too many values"))
    return tuple((value, value) for first, last in ranges for value in range(first, last + 1))


def _icmp(match: ir.FieldMatch) -> str:
    """Return the text of a match on ICMP.  The IR has type and code in one number, but nft has a name for the type and
    a name for the code."""
    word = "icmp" if match.field == "icmp" else "icmpv6"
    if match.mask == 0xFF:
        return f"{word} code {'!=' if match.negated else '=='} {ranges_text(match.ranges, 'integer')}"
    if match.mask != ir.FULL_MASK:
        raise refuse(match)
    if all(first & 0xFF == 0 and last & 0xFF == 0xFF for first, last in match.ranges):
        types: ir.Ranges = tuple((first >> 8, last >> 8) for first, last in match.ranges)
        return f"{word} type {_not(match.negated)}{ranges_text(types, 'integer')}"
    texts: list[str] = []
    for first, last in match.ranges:
        if first >> 8 != last >> 8:
            raise refuse(match, message("a range of codes needs one type"))
        codes = ranges_text(((first & 0xFF, last & 0xFF),), "integer")
        texts.append(f"{first >> 8} . {codes}")
    return f"{word} type . {word} code {_not(match.negated)}{{ {', '.join(texts)} }}"


def _name(match: ir.NameMatch) -> str:
    if match.field not in ("iif", "oif") or not match.names:
        raise refuse(match)
    indices = [_index(name) for name in match.names]
    if all(index is not None for index in indices):
        values = [str(index) for index in indices]
        side: str = match.field
    else:
        values = [name_text(name) for name in match.names]
        side = f"{match.field}name"
    text = values[0] if len(values) == 1 else f"{{ {', '.join(values)} }}"
    return f"{side} {_not(match.negated)}{text}"


def _index(name: str) -> int | None:
    """Return the index in an interface name of the IR.  The empty name is index 0.  ``index:7`` is an interface that
    the namespace does not have."""
    if not name:
        return 0
    return int(name.removeprefix("index:")) if name.startswith("index:") else None


def _reverse_path(match: ir.ReversePathMatch) -> str:
    if match.accept_local:
        raise refuse(match, message("the match also asks for local sources"))
    flags = ["saddr", *([] if match.loose else ["iif"]), *(["mark"] if match.validmark else [])]
    return f"fib {' . '.join(flags)} oif {'missing' if match.negated else 'exists'}"


def _socket(match: ir.SocketMatch, following: ir.Expression | None) -> tuple[str, bool]:
    """Return the text of a match on a socket, and whether the text already contains the next part.  ``socket wildcard
    1`` is two matches of the IR: a socket exists, and it is not bound to an address."""
    match match, following:
        case ir.SocketMatch(transparent=True, nowildcard=True, negated=False), _:
            return "socket transparent 1", False
        case (
            ir.SocketMatch(transparent=False, nowildcard=True, negated=False),
            ir.SocketMatch(transparent=transparent, nowildcard=nowildcard, negated=True),
        ) if transparent is nowildcard:
            return f"socket {'transparent 0' if transparent else 'wildcard 1'}", True
        case ir.SocketMatch(transparent=False, nowildcard=False, negated=False), _:
            return "socket wildcard 0", False
        case _:
            raise refuse(match)
