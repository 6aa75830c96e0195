"""Tells which undecided matches change only with the amount of traffic (docs/adr/0006)."""

from hairpin.netfilter import ir

LOAD_MATCHES = frozenset(
    {"limit", "hashlimit", "connlimit", "quota", "connbytes", "recent", "rateest", "string", "tcpmss"}
)
"""Matches that depend only on load and history, or on content that ordinary packets lack (strings, tiny segments)."""

_LARGEST_PACKET = 0xFFFF


def is_of_load(rule: ir.Rule, part: ir.Expression) -> bool:
    """Return whether the match is a limit of load that a single packet on a quiet host does not exceed, or the ban of a
    hardware address.  A client with an unknown hardware address is presumed not to have a banned address."""
    if not isinstance(part, ir.StatefulMatch):
        return is_ban_of_machines(rule, part)
    return part.name in LOAD_MATCHES and not _seems_spent(rule, part)


def is_ban_of_machines(rule: ir.Rule, part: ir.Expression) -> bool:
    """Return whether the rule drops or rejects packets from single hardware addresses (``part``) and counts these
    packets. The rule's counter tells whether a client has such an address."""
    if not isinstance(part, ir.FieldMatch) or part.field != "smac" or part.negated or part.mask != ir.FULL_MASK:
        return False
    last = rule.body[-1] if rule.body else None
    stops = isinstance(last, ir.Reject) or last == ir.Verdict("drop")
    return stops and rule.packets is not None and all(first == last for first, last in part.ranges)


def _seems_spent(rule: ir.Rule, part: ir.StatefulMatch) -> bool:
    """Return whether the rule has counted about as many bytes as its ``-m quota`` allows.

    iptables does not list the bytes that are left.  The counter is only a hint: it may be restored or set to zero while
    the quota stays.  Source: net/netfilter/xt_quota.c quota_mt()"""
    if part.name != "quota" or part.limit is not None or rule.bytes is None:
        return False
    stated = next((int(word) for word in part.text.split() if word.isdigit()), None)
    return stated is not None and 0 < stated <= rule.bytes + min(_LARGEST_PACKET, stated // 100)
