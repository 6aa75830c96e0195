"""What putting an engine's lost rules back does: each chain and rule at the place where the engine makes it."""

from collections.abc import Sequence

from hairpin.change.change import AddChain, Change, InsertRule, Primitive
from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.engines.found import meaning, of_dialect
from hairpin.engines.missing import Missing
from hairpin.engines.restore import placements
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns


def restoring(
    netns: Netns, namespace: Namespace, lost: Missing, chains: Sequence[ExpectedChain], rules: Sequence[ExpectedRule]
) -> Change:
    """Return the change that puts these of the namespace's lost chains and rules back, and leaves the others lost."""
    parts: list[Primitive] = [AddChain(netns, lost.dialect, each.family, each.table, each.chain) for each in chains]
    places = of_dialect(lost.dialect, namespace)
    still_lost = {id(each) for each in lost.rules} - {id(each) for each in rules}
    for family, table, chain in dict.fromkeys((each.family, each.table, each.chain) for each in rules):
        known = places.chain("ip" if family == "ip" else "ip6", table, chain)
        present = [] if known is None else [meaning(rule) for rule in known.rules]
        wanted = [
            each
            for each in lost.wanted.rules
            if (each.family, each.table, each.chain) == (family, table, chain) and id(each) not in still_lost
        ]
        parts += [
            InsertRule(netns, lost.dialect, one.family, one.table, one.chain, one.rule, position)
            for one, position in placements(present, wanted)
        ]
    return Change(tuple(parts))
