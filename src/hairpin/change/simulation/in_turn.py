"""Makes changes one after another, although each change was found on the network as it was read.

An earlier change may shift a rule's number.  If two changes have the same part, this part is made only once.
"""

import msgspec

from hairpin.change.change import AddChain, Change, DeleteRule, InsertRule, Primitive, SetPolicy
from hairpin.change.simulation.rules import listed_rule, tool_rules
from hairpin.change.simulation.simulate import simulate
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Dialect, Family, Table
from hairpin.network.network import Network


def made_in_turn(changes: tuple[Change, ...], network: Network) -> Network:
    """Return the network after the changes of printed repairs, made in printed order.  A part that an earlier change
    made is not made again.  Raises ChangeError if a change does not fit the network after the earlier changes."""
    return simulate(change_in_turn(changes, network), network)


def change_in_turn(changes: tuple[Change, ...], network: Network) -> Change:
    """Return the changes of printed repairs as one change.  Raises ChangeError if a change does not fit the network
    after the earlier changes."""
    now = network
    parts: list[Primitive] = []
    for change in changes:
        moved = renumbered_change(change, network, now)
        made = Change(tuple(part for part in moved.parts if not is_made(part, network, now)))
        now = simulate(made, now)
        parts += made.parts
    return Change(tuple(parts))


def renumbered_change(change: Change, was: Network, now: Network) -> Change:
    """Return the change with the numbers that its rules have in ``now``, the network after the earlier repairs."""
    return Change(tuple(_moved(part, was, now) for part in change.parts), change.calls)


def is_made(part: Primitive, was: Network, now: Network) -> bool:
    """Return whether the part adds a chain or a rule that an earlier change added, or sets a policy that an earlier
    change set."""
    if isinstance(part, AddChain):
        table = _table(part, now)
        return table is not None and table.chain(part.chain) is not None
    if isinstance(part, InsertRule):
        line = listed_rule(part)
        before, since = (_texts(_table(part, each), part.chain) for each in (was, now))
        return since.count(line) + since.count(part.rule.text) > before.count(line) + before.count(part.rule.text)
    if isinstance(part, SetPolicy):
        place = part.place
        table = _find(part.netns, (place.dialect, place.family, place.table), now)
        chain = table.chain(place.chain) if table is not None else None
        return chain is not None and chain.policy == part.policy
    return False


def renumbered_deletion(part: DeleteRule, now: Network) -> DeleteRule:
    """Return the deletion with the rule's number in ``now``.  If several rules have the rule's text, the number nearest
    to the old number is used."""
    replace, place = msgspec.structs.replace, part.place
    table = _find(part.netns, (place.dialect, place.family, place.table), now)
    number = _number(_texts(table, place.chain), place.text, place.number)
    return part if number is None else replace(part, place=replace(place, number=number))


def _moved(part: Primitive, was: Network, now: Network) -> Primitive:
    replace = msgspec.structs.replace
    if isinstance(part, DeleteRule):
        return renumbered_deletion(part, now)
    if isinstance(part, InsertRule) and part.position is not None and part.position > 1:
        texts = _texts(_table(part, was), part.chain)
        if part.position > len(texts):
            return part
        number = _number(_texts(_table(part, now), part.chain), texts[part.position - 1], part.position)
        return part if number is None else replace(part, position=number)
    return part


def _number(texts: list[str], wanted: str, near: int) -> int | None:
    """Return the number of the rule with the wanted text; if several rules have the text, return the number nearest to
    ``near``."""
    return min((n for n, text in enumerate(texts, 1) if text == wanted), key=lambda n: abs(n - near), default=None)


def _table(part: AddChain | InsertRule, network: Network) -> Table | None:
    return _find(part.netns, (part.dialect, part.family, part.table), network)


def _find(netns: Netns, key: tuple[Dialect, Family, str], network: Network) -> Table | None:
    dialect, family, name = key
    return network.namespace(netns).ruleset.table(family, name, dialect) if netns in network else None


def _texts(table: Table | None, chain: str) -> list[str]:
    found = table.chain(chain) if table is not None else None
    return [rules[0].text for rules in tool_rules(found.rules)] if found is not None else []


def makes_again(change: Change, was: Network, now: Network) -> bool:
    """Return whether the change adds a chain or a rule that an earlier repair has added."""
    return any(is_made(part, was, now) for part in change.parts)
