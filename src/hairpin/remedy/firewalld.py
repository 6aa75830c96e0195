"""firewalld keeps changes that are made with --permanent.  Its next reload removes all other changes."""

from typing import Literal

import msgspec

from hairpin.change.calls import AddDirectChain, AddDirectRule, BindInterface, OfFirewalld, OpenPort
from hairpin.change.change import InsertRule
from hairpin.change.loading import own_words
from hairpin.change.rules import BUILT_IN
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
    """Return the rules as --direct rules of firewalld.  A chain that the kernel does not have by itself is added first:
    firewalld starts before the engine, and a rule of a missing chain would make its start fail."""
    calls: dict[OfFirewalld, None] = {}
    for rule in rules:
        family: Literal["ip", "ip6"] = "ip6" if rule.family == "ip6" else "ip"
        if rule.chain not in {chain for chain, *_ in BUILT_IN.get(rule.table, ())}:
            calls[AddDirectChain(family, rule.table, rule.chain)] = None
        calls[AddDirectRule(family, rule.table, rule.chain, own_words(rule.rule, rule.chain))] = None
    return Lasting(
        calls=tuple(calls),
        advice=(message("firewalld runs here: its --direct rules survive its reloads, plain rules do not"),),
    )
