"""firewalld keeps changes that are made with --permanent.  Its next reload removes all other changes."""

import msgspec

from hairpin.change.calls import AddDirectRule, BindInterface, OfFirewalld, OpenPort
from hairpin.change.change import InsertRule
from hairpin.change.loading import own_words
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, Situation


def opened(situation: Situation) -> Lasting:
    """Return the calls of the change again, with --permanent."""
    calls: list[OfFirewalld] = [
        msgspec.structs.replace(call, permanent=True)
        for call in situation.candidate.change.calls
        if isinstance(call, OpenPort | BindInterface) and not call.permanent
    ]
    said = message("without --permanent the next reload of firewalld closes it again")
    return Lasting(calls=tuple(calls), advice=(said,) if calls else ())


def direct(rules: tuple[InsertRule, ...]) -> Lasting:
    """Return the rules as --direct rules of firewalld."""
    return Lasting(
        calls=tuple(
            AddDirectRule(
                "ip6" if rule.family == "ip6" else "ip", rule.table, rule.chain, own_words(rule.rule, rule.chain)
            )
            for rule in rules
        ),
        advice=(message("firewalld runs here: its --direct rules survive its reloads, plain rules do not"),),
    )
