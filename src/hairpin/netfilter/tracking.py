"""Whether rules need connection tracking: the kernel switches it on with the first of them, and off with the last."""

from typing import Literal

from hairpin.netfilter.ir import FieldMatch, Nat, NatMap, Notrack, Ruleset, SetZone


def needs_tracking(ruleset: Ruleset, version: Literal[4, 6]) -> bool:
    """Return whether a rule for packets of the IP version needs connection tracking.

    Source: net/netfilter/nf_conntrack_proto.c nf_ct_netns_do_get(), nf_ct_netns_do_put()"""
    families = ("ip", "inet") if version == 4 else ("ip6", "inet")
    rules = (
        rule for table in ruleset.tables if table.family in families for chain in table.chains for rule in chain.rules
    )
    return any(
        isinstance(part, Nat | NatMap | Notrack | SetZone)
        or (isinstance(part, FieldMatch) and part.field.startswith("ct-"))
        for rule in rules
        for part in rule.body
    )
