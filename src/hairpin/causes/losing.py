"""Rules of users (not of engines) that accept a packet now and that an event removes."""

from collections.abc import Iterator

from hairpin.causes.cause import Coming
from hairpin.engines.missing import engine_rules
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.ir import Rule, Ruleset
from hairpin.netfilter.meaning import meaning
from hairpin.walk.deciders import deciders


def lost_rules(coming: Coming) -> Iterator[Place]:
    """Yield the rules that match the packet now and that the event removes.  Rules of engines are not yielded."""
    then = coming.host_then.namespace(coming.host.netns.name).ruleset
    return (place for place, rule in _own_rules(coming) if is_lost(place, rule, then))


def is_lost(place: Place, rule: Rule, then: Ruleset) -> bool:
    """Return whether the ruleset ``then`` has no rule of the same meaning as ``rule`` in the chain of ``place``."""
    table = then.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    return chain is None or all(meaning(one) != meaning(rule) for one in chain.rules)


def rules_on_the_way(coming: Coming) -> Iterator[Place]:
    """Yield the host's rules that match the packet now and that no engine makes."""
    return (place for place, _ in _own_rules(coming))


def _own_rules(coming: Coming) -> Iterator[tuple[Place, Rule]]:
    own = engine_rules(coming.host)
    was = coming.host.namespace(coming.host.netns.name).ruleset
    for each in deciders(coming.was, coming.flow).rules:
        rule = rule_at(was, each.place)
        if each.netns == coming.host.netns and rule is not None and (*_names(each.place), meaning(rule)) not in own:
            yield each.place, rule


def _names(place: Place) -> tuple[str, str, str]:
    return place.family, place.table, place.chain
