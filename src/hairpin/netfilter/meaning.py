"""The meaning of a rule: two rules with different words may mean the same."""

from itertools import groupby

import msgspec

from hairpin.netfilter.ir import Expression, FieldMatch, NameMatch, NoEffect, OpaqueMatch, Outside, Rule

Meaning = tuple[Expression, ...]


def meaning(rule: Rule) -> Meaning:
    """Return the rule's body without counters, comments and logging, and with the interface names of each match sorted,
    because nft lists them in any order."""
    # Most rule bodies stay unchanged, and hundreds of thousands of rules of an engine are compared.
    for each in rule.body:
        kind = type(each)
        if kind is NoEffect or (isinstance(each, NameMatch) and len(each.names) > 1):
            return tuple(_in_order(expression) for expression in rule.body if not isinstance(expression, NoEffect))
    return rule.body


def unordered(rule: Rule) -> Meaning:
    """Return the rule's meaning with adjacent comparisons sorted by field.  A file that a person wrote may have link,
    protocol and addresses in another order than iptables-save."""
    found: list[Expression] = []
    for _, run in groupby(meaning(rule), key=lambda each: isinstance(each, FieldMatch | NameMatch)):
        found += sorted(run, key=_field)
    return tuple(found)


def _field(expression: Expression) -> str:
    """Return the name of the compared field, as the sort key.  Sorting is allowed because no comparison changes the
    packet."""
    return expression.field if isinstance(expression, FieldMatch | NameMatch) else ""


def _in_order(expression: Expression) -> Expression:
    if isinstance(expression, NameMatch) and len(expression.names) > 1:
        return msgspec.structs.replace(expression, names=tuple(sorted(expression.names)))
    return expression


def names_an_extension(rule: Rule) -> bool:
    """Return whether a part of the rule is an extension of iptables that is known only by its name.  nft's JSON shows
    only the name of such an extension, so the rule may have any meaning."""
    return any(isinstance(each, OpaqueMatch | Outside) and each.text.startswith("xt ") for each in rule.body)
