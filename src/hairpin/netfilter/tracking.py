"""Rules that need connection tracking.  The kernel switches connection tracking on when the first rule that needs it is
added, and off when the last such rule is deleted."""

from typing import Literal

from hairpin.netfilter import ir


def needs_tracking(ruleset: ir.Ruleset, version: Literal[4, 6]) -> bool:
    """Return whether a rule for packets of the IP version needs connection tracking.

    Source: net/netfilter/nf_conntrack_proto.c nf_ct_netns_do_get(), nf_ct_netns_do_put()"""
    families = ("ip", "inet") if version == 4 else ("ip6", "inet")
    rules = (
        rule for table in ruleset.tables if table.family in families for chain in table.chains for rule in chain.rules
    )
    return any(map(_needs_it, (part for rule in rules for part in rule.body)))


def _needs_it(part: ir.Expression) -> bool:
    match part:
        case ir.Nat() | ir.NatMap() | ir.Notrack() | ir.SetZone():
            return True
        case ir.FieldMatch(field=field):
            return field.startswith("ct-")
        case ir.SetField(field=field, source=source):
            return field.startswith("ct-") or (source or "").startswith("ct-")
        case ir.VerdictMap(fields=fields) | ir.SetMatch(fields=fields) | ir.InlineSetMatch(fields=fields):
            return any(each.startswith("ct-") for each in fields)
        case ir.AnyOfMatch(alternatives=alternatives):
            return any(map(_needs_it, alternatives))
        case _:
            return False
