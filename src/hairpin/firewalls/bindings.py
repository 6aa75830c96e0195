"""Interfaces that are bound to a zone while firewalld runs: by dockerd, by NetworkManager, by hand.

What somebody else has changed in the table at run time stays.
"""

import msgspec

from hairpin.netfilter.ir import Chain, NameMatch, Rule, Table
from hairpin.netfilter.meaning import meaning

_DISPATCH = "_ZONES"


def with_more_bound(held: Table, before: Table, after: Table) -> Table:
    """Return the table ``held`` with the chains and rules that ``after`` has more than ``before``."""
    chains: list[Chain] = []
    for each in after.chains:
        known, old = held.chain(each.name), before.chain(each.name)
        if known is None or old is None:
            chains.append(each)
            continue
        there = {meaning(rule) for rule in old.rules}
        fresh = [rule for rule in each.rules if meaning(rule) not in there]
        chains.append(_with_rules(known, fresh) if old.rules != known.rules else each)
    kept = [each for each in held.chains if after.chain(each.name) is None]
    return msgspec.structs.replace(held, chains=(*chains, *kept))


def _with_rules(chain: Chain, fresh: list[Rule]) -> Chain:
    """Return the chain with the rules: a dispatch before those by interface, anything else at the end."""
    place = len(chain.rules)
    if chain.name.endswith(_DISPATCH):
        by_link = (n for n, rule in enumerate(chain.rules) if isinstance(rule.body[0], NameMatch))
        place = next(by_link, max(place - 1, 0))
    rules = (*chain.rules[:place], *fresh, *chain.rules[place:])
    numbered = (msgspec.structs.replace(rule, number=number) for number, rule in enumerate(rules, 1))
    return msgspec.structs.replace(chain, rules=tuple(numbered))
