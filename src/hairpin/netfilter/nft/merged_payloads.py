"""Two negated comparisons of adjacent header fields, ``tcp sport != 1 tcp dport != 2``, which older nft merges into one
comparison.  A packet then fails the comparison only if it has *both* values, but the rule's listing still shows two
conditions.

Source: nftables up to 1.0.9 src/rule.c stmt_reduce()
"""

from hairpin.netfilter.nft.syntax import Json, content, named
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
