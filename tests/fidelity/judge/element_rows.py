"""Which rows of the table of elements (docs/reference/elements.md) a rule has, by its text as the tool prints it."""

import re
from itertools import pairwise

from tests.fidelity.expected.rule_hits import RuleKey
from tools.element_table import rows

_NFT: dict[str, str] = {
    "ip saddr, daddr, protocol, ttl, dscp, ecn, length": r"ip (saddr|daddr|protocol|ttl|dscp|ecn|length) (?!set)",
    "ip frag-off & 0x1fff": r"ip frag-off & ",
    "ip6 saddr, daddr, nexthdr, hoplimit, dscp, ecn, length":
        r"ip6 (saddr|daddr|nexthdr|hoplimit|dscp|ecn|length) (?!set)",
    "tcp, udp, udplite, sctp, dccp, th: sport, dport": r"(tcp|udp|udplite|sctp|dccp|th) (sport|dport) (?!set)",
    "tcp flags": r"tcp flags ", "icmp type, code": r"icmp (type|code) ", "icmpv6 type, code": r"icmpv6 (type|code) ",
    "ether saddr, daddr, type": r"ether (saddr|daddr|type) ",
    "exthdr hbh, rt, frag, srh: exists, missing": r"exthdr \w+ ",
    "meta nfproto, l4proto, protocol": r"meta (nfproto|l4proto|protocol) ", "meta mark": r"meta mark (?!set)",
    "meta iif, oif, iifname, oifname": r"\b(iif|oif|iifname|oifname) ", "meta length": r"meta length ",
    "meta pkttype": r"meta pkttype ", "meta skuid, skgid": r"(meta )?sk[ug]id ", "ct state": r"ct state ",
    "ct status": r"ct status ",
    "ct mark, zone, direction, l3proto, protocol": r"ct (mark|zone|direction|l3proto|protocol) (?!set)",
    "ct original, reply: ip saddr, ip daddr, proto-src, proto-dst": r"ct (original|reply) ",
    "fib saddr, daddr: type": r"fib [\w. ]*type ", "fib saddr: oif exists, missing": r"fib saddr[\w. ]* oif ",
    "socket transparent, wildcard": r"socket (transparent|wildcard) ",
    "sets, maps, concatenations, ranges, prefixes": r"@|map \{|\{ ", "& | ^ << >>": r" (&|\||\^|<<|>>) ",
    "accept, drop, return, continue": r"\b(accept|drop|return|continue)\b", "jump, goto": r"\b(jump|goto) ",
    "vmap": r" vmap ", "reject": r"\breject\b",
    "snat, dnat, masquerade, redirect": r"\b(snat|dnat|masquerade|redirect)\b",
    "dnat to a map": r"dnat .*\bmap ", "notrack": r"\bnotrack\b", "meta mark set": r"meta mark set ",
    "ct mark set": r"ct mark set ", "ct zone set": r"ct zone set ",
    "ip dscp set, ip ttl set, ip saddr set …": r"ip6? (dscp|ttl|hoplimit|saddr|daddr) set ",
    "counter": r"\bcounter\b", "log": r"\blog\b", "last": r"\blast used\b", "dup": r"\bdup to\b",
    "flow add": r"\bflow (add|offload) ", "tcp option set": r"tcp option \w+ \w+ set ",
    "add, update, delete @set": r"\b(add|update|delete) @", "limit": r"\blimit rate ", "quota": r"\bquota ",
    "ct count": r"\bct count ", "numgen": r"\bnumgen ", "jhash": r"\bjhash ", "symhash": r"\bsymhash ",
    "meta random": r"meta random ",
}  # fmt: skip
NFT = {name: re.compile(rf"(?:^| |\W)(?:{pattern})") for name, pattern in _NFT.items()}
"""The rows of nftables that the generator has, and their form in a listing."""
IPTABLES = {row.element for row in rows() if row.tool in ("iptables", "ip6tables")}


def rows_of(key: RuleKey, text: str) -> set[str]:
    """Return the rows, each behind its tool's name."""
    _, dialect, family, *_ = key
    if dialect == "nft":
        return {f"nft {name}" for name, pattern in NFT.items() if pattern.search(text)}
    words = text.split()
    tool = "ip6tables" if family == "ip6" else "iptables"
    return {f"{tool} {option} {name}" for option, name in pairwise(words) if f"{option} {name}" in IPTABLES}
