"""What older tools make of two negated neighbours in a header: ``! --sport 1 ! --dport 2``.

They compare both fields in one go, so the rule is satisfied unless *both* values are there; what they print says
otherwise.  So has iptables-nft done up to 1.8.10 (iptables/nft.c add_nft_tcpudp()) and nft up to 1.0.9 (src/rule.c
stmt_reduce()); iptables-legacy never has.
"""

from hairpin.netfilter.ir import AnyOfMatch, Expression, FieldMatch
from hairpin.netfilter.nft.syntax import Json, content, named

_MENDED = {"iptables": (1, 8, 11), "nft": (1, 1, 0)}
NATIVE = ("-m tcp ", "-m udp ")
"""What iptables-nft says in nft's own words; the ports of other protocols its extensions compare."""
_PORTS = ("tcp", "udp", "udplite", "sctp", "dccp", "th")
_NEIGHBOURS = {(name, "sport"): (name, "dport") for name in _PORTS} | {
    ("ip", "ttl"): ("ip", "protocol"),
    ("ip6", "nexthdr"): ("ip6", "hoplimit"),
    ("icmp", "type"): ("icmp", "code"),
    ("icmpv6", "type"): ("icmpv6", "code"),
    ("ether", "daddr"): ("ether", "saddr"),
    ("ether", "saddr"): ("ether", "type"),
}
"""Fields side by side that make 16 or 32 bits together; of more the tools ask one by one, but in the frame's header."""


def merges(tool: str, version: str) -> bool:
    """Return whether that version of ``iptables`` or ``nft`` does so; False where it is not known."""
    parts = version.removeprefix("v").split(".")
    if not all(part.isdigit() for part in parts):
        return False
    return tuple(map(int, parts)) < _MENDED[tool]


def merged(matches: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Return the matches with both ports asked at once, if the last two ask for them so."""
    match matches:
        case (*others, FieldMatch(field="sport") as source, FieldMatch(field="dport") as target):
            pair = (source, target)
            if all(each.negated and each.ranges[0][0] == each.ranges[0][1] != 0 for each in pair):
                return (*others, AnyOfMatch(pair))
        case _:
            pass
    return matches


def are_merged(one: Json, other: Json) -> bool:
    """Return whether nft makes one comparison of two statements."""
    second = _negated(other)
    first = _negated(one) if second is not None else None
    return first is not None and _NEIGHBOURS.get(first) == second


def _negated(statement: Json) -> tuple[str, str] | None:
    """Return protocol and field of ``PROTOCOL FIELD != VALUE``."""
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
