"""The meaning of a rule, whatever words it is written in: two rules are equal if they mean the same."""

import msgspec

from hairpin.netfilter.ir import Expression, NameMatch, NoEffect, Rule

Meaning = tuple[Expression, ...]


def meaning(rule: Rule) -> Meaning:
    """Return what the rule does, without counters, comments and logging; nft lists a set's elements in any order."""
    return tuple(_in_order(expression) for expression in rule.body if not isinstance(expression, NoEffect))


def _in_order(expression: Expression) -> Expression:
    if isinstance(expression, NameMatch) and len(expression.names) > 1:
        return msgspec.structs.replace(expression, names=tuple(sorted(expression.names)))
    return expression
