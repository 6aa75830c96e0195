"""What nft adds to a rule by what stands in front of it.

``reject`` alone answers in the protocol that the rule has asked for.  The fields ``id`` and ``sequence`` of ICMP exist
in echoes only, so nft asks for the type first.

Source: nftables src/evaluate.c stmt_evaluate_reject(), src/payload.c payload_gen_icmp_dependency()
"""

from collections.abc import Iterator

from hairpin.netfilter.ir import Family, FieldMatch
from hairpin.netfilter.nft.matches import compare
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, content, named

_ECHO = ("id", "sequence")
_PROTOCOLS = {("nfproto", 2): "icmp", ("nfproto", 10): "icmpv6", ("ethertype", 0x0800): "icmp",
              ("ethertype", 0x86DD): "icmpv6"}  # fmt: skip


def with_implied(statements: list[Json], family: Family) -> list[Json]:
    """Return the statements of a rule with what nft adds."""
    found: list[Json] = []
    for each in statements:
        found += _types(each, found)
        if named(each) == "reject" and not content(each) and family not in ("ip", "ip6"):
            answer = _answer(found, family)
            found.append({"reject": {"type": answer, "expr": "port-unreachable"}} if answer else each)
        else:
            found.append(each)
    return found


def _answer(before: list[Json], family: Family) -> str | None:
    """Return the protocol of a rejection, if the rule is about one version of IP alone."""
    answer = None
    for each in before:
        body = content(each)
        if named(each) != "match" or body.get("op") not in ("==", "in"):
            continue
        for part in compare(body.get("left"), "==", body.get("right"), Scope(family, "")):
            if isinstance(part, FieldMatch) and len(part.ranges) == 1 and part.ranges[0][0] == part.ranges[0][1]:
                answer = _PROTOCOLS.get((part.field, part.ranges[0][0]), answer)
    return answer


def _types(statement: Json, before: list[Json]) -> Iterator[Json]:
    """Yield the question for the types of echoes, unless the rule has asked for a type."""
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
