"""Handles interfaces that dockerd, NetworkManager or a person binds to a zone while firewalld runs.

Other changes that were made to the table at run time stay.
"""

import msgspec

from hairpin.netfilter.ir import Chain, Table
from hairpin.netfilter.meaning import meaning


def without_bound(held: Table, before: Table, after: Table) -> Table:
    """Return the table ``held`` without the rules that are in ``before`` and not in ``after``.

    The chains of a zone stay even if the zone has lost its last link."""
    chains: list[Chain] = []
    for each in held.chains:
        old, new = before.chain(each.name), after.chain(each.name)
        if old is None or new is None:
            chains.append(each)
            continue
        gone = {meaning(rule) for rule in old.rules} - {meaning(rule) for rule in new.rules}
        left = (rule for rule in each.rules if meaning(rule) not in gone)
        numbered = (msgspec.structs.replace(rule, number=number) for number, rule in enumerate(left, 1))
        chains.append(msgspec.structs.replace(each, rules=tuple(numbered)))
    return msgspec.structs.replace(held, chains=tuple(chains))


def with_more_bound(held: Table, before: Table, after: Table) -> Table:
    """Return the table ``held`` with the chains and rules that are in ``after`` and not in ``before``."""
    chains: list[Chain] = []
    for each in after.chains:
        known, old = held.chain(each.name), before.chain(each.name)
        if known is None or old is None:
            # A chain that is in ``before`` and not in ``held`` is left out, because the files have changed since
            # firewalld read them.
            chains += [known or each] if known is not None or old is None else []
            continue
        chains.append(_with_rules(known, old, each) if old.rules != known.rules else each)
    kept = [each for each in held.chains if after.chain(each.name) is None]
    return msgspec.structs.replace(held, chains=(*chains, *kept))


def _with_rules(known: Chain, old: Chain, new: Chain) -> Chain:
    """Return the chain with the rules that are in ``new`` and not in ``old``, each before the rule that follows it in
    ``new``."""
    there = {meaning(rule) for rule in old.rules}
    rules = list(known.rules)
    for number, rule in enumerate(new.rules):
        if meaning(rule) not in there:
            behind = {meaning(each) for each in new.rules[number + 1 :]}
            place = next((place for place, each in enumerate(rules) if meaning(each) in behind), len(rules))
            rules.insert(place, rule)
    numbered = (msgspec.structs.replace(rule, number=number) for number, rule in enumerate(rules, 1))
    return msgspec.structs.replace(known, rules=tuple(numbered))
