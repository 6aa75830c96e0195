"""Which undecided matches change only with the amount of traffic (docs/adr/0006)."""

from hairpin.netfilter import ir

LOAD_MATCHES = frozenset(
    {"limit", "hashlimit", "connlimit", "quota", "connbytes", "recent", "rateest", "string", "tcpmss"}
)
"""Matches that depend only on load and history, or on content that ordinary packets lack (strings, tiny segments)."""

_LARGEST_PACKET = 0xFFFF


def is_of_load(rule: ir.Rule, part: ir.StatefulMatch) -> bool:
    """Return whether the match is one of load that a single packet on a quiet host does not exceed."""
    return part.name in LOAD_MATCHES and not _seems_spent(rule, part)


def _seems_spent(rule: ir.Rule, part: ir.StatefulMatch) -> bool:
    """Return whether the rule has counted about as many bytes as its ``-m quota`` has.

    iptables does not list the bytes that are left.  The counter is only a hint: it may be restored or set to zero while
    the quota stays.  Source: net/netfilter/xt_quota.c quota_mt()"""
    if part.name != "quota" or part.limit is not None or rule.bytes is None:
        return False
    stated = next((int(word) for word in part.text.split() if word.isdigit()), None)
    return stated is not None and 0 < stated <= rule.bytes + min(_LARGEST_PACKET, stated // 100)
