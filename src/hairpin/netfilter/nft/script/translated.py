"""Reads from ``nft list table`` the translations of the iptables extensions in a table's rules.

The JSON of nft names an extension only: ``{"xt": {"type": "match", "name": "addrtype"}}``.  The text of the same nft
has its translation: ``fib daddr type local``.  A rule in which the text leaves an extension untranslated stays as it
is.

Source: nftables src/xt.c xt_stmt_xlate(); before version 1.0.2 an untranslated extension is printed as ``# xt_NAME``
"""

import re
from itertools import takewhile

import msgspec

from hairpin.errors import MalformedError, ParseError
from hairpin.netfilter import ir
from hairpin.netfilter.nft.script.commands import commands
from hairpin.netfilter.nft.syntax import Json, Object, content, list_of, named, string

_BLOCK = re.compile(r"\t(chain|set|map|flowtable|ct \w+|limit|quota|counter|secmark|synproxy) (\S+) \{")
_HEAD = re.compile(r'type \w+ hook |policy \w+;$|comment "')
_QUOTED = re.compile(r'"[^"]*"')
_UNTRANSLATED = re.compile(r"#|\bxt (?:match|target)\b")


def translate(family: str, table: str, rules: dict[str, list[Object]], text: str) -> None:
    """Replace the statements of each rule that has an extension by the statements of the rule's line in ``text``, and
    mark the rule as ``translated``.  This line has the same number in the same chain.  A chain that has another number
    of lines in ``text`` was changed meanwhile and is left alone."""
    lines = _lines(text)
    for chain, bodies in rules.items():
        shown = lines.get(chain, [])
        if len(shown) != len(bodies):
            continue
        for body, line in zip(bodies, shown, strict=True):
            statements = list_of(body.get("expr"))
            if any(named(each) == "xt" for each in statements):
                body["expr"] = _statements(family, table, line, statements) or statements
                body["translated"] = True


def _lines(text: str) -> dict[str, list[str]]:
    """Return the lines of rules by their chain.  The elements of a set in a rule may continue on further lines."""
    found: dict[str, list[str]] = {}
    inside: list[str] | None = None
    waiting = ""
    for line in text.splitlines():
        start = _BLOCK.match(line)
        if line == "\t}":
            inside = None
        elif start is not None and not waiting:
            inside = found.setdefault(start[2], []) if start[1] == "chain" else None
        elif inside is not None:
            waiting = f"{waiting} {line.strip()}".strip()
            bare = _QUOTED.sub("", waiting)
            if bare.count("{") <= bare.count("}"):
                if waiting and not (not inside and _HEAD.match(waiting)):
                    inside.append(waiting)
                waiting = ""
    return found


def _statements(family: str, table: str, line: str, shown: list[Json]) -> list[Json] | None:
    """Return the line's statements as JSON, with the counter that the JSON shows; None if a part is not translated, or
    if the translation may have lost a part.

    iptables 1.8.9 translates ``! --ctstate NEW,SNAT`` as ``ct status snat``: without NEW and without the negation
    (extensions/libxt_conntrack.c state_xlate_print())."""
    bare = _QUOTED.sub("", line)
    of_conntrack = any(named(each) == "xt" and content(each).get("name") == "conntrack" for each in shown)
    if _UNTRANSLATED.search(bare) or (of_conntrack and "ct status" in bare):
        return None
    try:
        read = [each for each in commands(f"add rule {family} {table} c {line}", source="nft") if each.kind == "rule"]
    except (ParseError, MalformedError):
        return None
    if len(read) != 1 or "expr" not in read[0].body:
        return None
    counted = [each for each in shown if named(each) == "counter"]
    found = [counted[0] if counted and named(each) == "counter" else each for each in list_of(read[0].body["expr"])]
    return found if _targets(found) == _targets(shown) else None


def _targets(statements: list[Json]) -> list[str]:
    """Return the chains to which the statements lead: the line and the JSON are about the same rule only if both lead
    to the same chain."""
    jumps = (each for each in statements if named(each) in ("jump", "goto"))
    return [string(content(each), "target") for each in jumps]


# --- the same rule, as iptables shows it ------------------------------------------------------------------------------

_ORDER = ("saddr4", "saddr6", "daddr4", "daddr6", "iif", "oif", "protocol")
"""The order in which iptables-save prints the comparisons at a rule's beginning; nft begins with the interfaces."""


def as_iptables(rule: ir.Rule) -> ir.Rule:
    """Return the rule with the body that its line in iptables-save would have.  With this body, hairpin knows a rule of
    an engine in either listing."""
    first = list(takewhile(_is_ordered, rule.body))
    first.sort(key=lambda each: _ORDER.index(each.field) if isinstance(each, ir.FieldMatch | ir.NameMatch) else 0)
    return msgspec.structs.replace(rule, body=tuple(_in_words(each) for each in (*first, *rule.body[len(first) :])))


def _is_ordered(part: ir.Expression) -> bool:
    return isinstance(part, ir.FieldMatch | ir.NameMatch) and part.field in _ORDER


def _in_words(part: ir.Expression) -> ir.Expression:
    match part:
        case ir.Nat(addresses=None):
            return msgspec.structs.replace(part, version=None)
        case ir.FieldMatch(field="ct-state", ranges=((0, 0),), negated=True, mask=mask) if mask != ir.FULL_MASK:
            bits = (1 << number for number in range(mask.bit_length()) if mask & 1 << number)
            return ir.FieldMatch("ct-state", tuple((bit, bit) for bit in bits))
        case _:
            return part
