"""The meaning of a rule, whatever words it is written in: two rules are equal if they mean the same."""

from itertools import groupby

import msgspec

from hairpin.netfilter.ir import Expression, FieldMatch, NameMatch, NoEffect, Rule

Meaning = tuple[Expression, ...]


def meaning(rule: Rule) -> Meaning:
    """Return what the rule does, without counters, comments and logging; nft lists a set's elements in any order."""
    # Most rules have neither, and an engine's rules are looked up by the hundred thousand.
    for each in rule.body:
        kind = type(each)
        if kind is NoEffect or (isinstance(each, NameMatch) and len(each.names) > 1):
            return tuple(_in_order(expression) for expression in rule.body if not isinstance(expression, NoEffect))
    return rule.body


def unordered(rule: Rule) -> Meaning:
    """Return the rule's meaning with comparisons side by side sorted by field: a file that somebody wrote may ask for
    link, protocol and addresses in another order than iptables-save prints them."""
    found: list[Expression] = []
    for _, run in groupby(meaning(rule), key=lambda each: isinstance(each, FieldMatch | NameMatch)):
        found += sorted(run, key=_field)
    return tuple(found)


def _field(expression: Expression) -> str:
    """Return the name of the compared field: of comparisons side by side, none changes what another one sees."""
    return expression.field if isinstance(expression, FieldMatch | NameMatch) else ""


def _in_order(expression: Expression) -> Expression:
    if isinstance(expression, NameMatch) and len(expression.names) > 1:
        return msgspec.structs.replace(expression, names=tuple(sorted(expression.names)))
    return expression
