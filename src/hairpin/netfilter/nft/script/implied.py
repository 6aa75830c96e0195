"""Adds the matches that nft adds to a rule, depending on the rule's earlier matches.

A bare ``reject`` answers in the protocol that the rule matches.  If a ``reject`` names a protocol, nft adds a match of
this protocol at the beginning of the rule, unless the rule has such a match.  The fields ``id`` and ``sequence`` of
ICMP exist in echo messages only, so nft adds a match of the type before them.

Source: nftables src/evaluate.c stmt_evaluate_reject(), src/payload.c payload_gen_icmp_dependency()
"""

from collections.abc import Iterator, Mapping

from hairpin.netfilter.ir import Family, FieldMatch
from hairpin.netfilter.nft.matches import compare
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, content, named

_ECHO = ("id", "sequence")
_PROTOCOLS = {("nfproto", 2): "icmp", ("nfproto", 10): "icmpv6", ("ethertype", 0x0800): "icmp",
              ("ethertype", 0x86DD): "icmpv6"}  # fmt: skip

_ASKED = {("nfproto", 2): "icmp", ("nfproto", 10): "icmpv6", ("protocol", 6): "tcp reset"}


def with_implied(statements: list[Json], family: Family) -> list[Json]:
    """Return the statements of a rule with the matches that nft adds."""
    found: list[Json] = []
    for each in statements:
        found += _types(each, found)
        if named(each) != "reject":
            found.append(each)
            continue
        kind = content(each).get("type")
        if kind is None and family not in ("ip", "ip6"):
            kind = next(reversed([*_asked(found, family, _PROTOCOLS)]), None)
            found.append({"reject": {"type": kind, "expr": "port-unreachable"}} if kind is not None else each)
        else:
            question = _question(str(kind), family)
            if question is not None and str(kind) not in tuple(_asked(found, family, _ASKED)):
                found.insert(0, question)
            found.append(each)
    return found


def _question(kind: str, family: Family) -> Json:
    """Return the match that a ``reject`` of this kind needs; None if it needs no match."""
    if kind == "tcp reset":
        return {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}
    if family == "inet" and kind in ("icmp", "icmpv6"):
        version = "ipv4" if kind == "icmp" else "ipv6"
        return {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": version}}
    return None


def _asked(before: list[Json], family: Family, kinds: Mapping[tuple[str, int], str]) -> Iterator[str]:
    """Yield the kinds of ``reject`` that fit the rule's matches, in their order."""
    for each in before:
        body = content(each)
        if named(each) != "match" or body.get("op") not in ("==", "!=", "in"):
            continue
        # The conditions that a comparison implies hold for every operator.  If a comparison is negated, only the
        # conditions that it implies are used.
        found = compare(body.get("left"), "==", body.get("right"), Scope(family, ""))
        for part in found[:-1] if body.get("op") == "!=" else found:
            if isinstance(part, FieldMatch) and len(part.ranges) == 1 and part.ranges[0][0] == part.ranges[0][1]:
                kind = kinds.get((part.field, part.ranges[0][0]))
                if kind is not None:
                    yield kind


def _types(statement: Json, before: list[Json]) -> Iterator[Json]:
    """Yield the match of the echo types that the statement needs, unless the rule already has a match of the ICMP
    type."""
    for name in ("icmp", "icmpv6"):
        fields = [each for each in _fields(statement, name) if each in _ECHO]
        asked = [each for one in before for each in _fields(one, name) if each == "type" or each in _ECHO]
        if fields and not asked:
            yield {
                "match": {
                    "op": "==",
                    "left": {"payload": {"protocol": name, "field": "type"}},
                    "right": {
                        "set": ["echo-reply", "echo-request"] if name == "icmp" else ["echo-request", "echo-reply"]
                    },
                }
            }


def _fields(value: Json, protocol: str) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _fields(each, protocol)
    elif isinstance(value, dict):
        inner = content(value)
        if named(value) == "payload" and inner.get("protocol") == protocol:
            yield str(inner.get("field"))
        else:
            for each in value.values():
                yield from _fields(each, protocol)
