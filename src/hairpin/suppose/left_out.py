"""The rules that a text leaves out at the end of a chain (``...``), and the base chains that it does not list.

Where a told chain accepts what no rule of it stops, hairpin supposes that the rules that were left out stop nothing.
In any other place the walk forks on them.
"""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.told import OmittedRules
from hairpin.host.host import Host
from hairpin.netfilter.ir import Chain, Ruleset, Table
from hairpin.pasted.forms.rules.sound_rules import is_gap
from hairpin.suppose.simulated import with_namespace


def without_left_out(host: Host) -> tuple[Host, frozenset[OmittedRules]]:
    """Return the host without the marks of rules that its text leaves out at the end of accepting base chains, and the
    places of these rules."""
    own = host.own
    if own is None:
        return host, frozenset()
    found = frozenset(each for table in own.ruleset.tables for each in _places(table))
    if not found:
        return host, found
    tables = tuple(map(_without_marks, own.ruleset.tables))
    return with_namespace(host, msgspec.structs.replace(own, ruleset=Ruleset(tables, own.ruleset.ipsets))), found


def _places(table: Table) -> Iterator[OmittedRules]:
    yield from (OmittedRules(table.family, table.name, each.hook or "") for each in table.chains if _ends_in_mark(each))


def _ends_in_mark(chain: Chain) -> bool:
    """Return whether marks are the last rules of a base chain that accepts the packets behind its rules, and stand
    nowhere else in it."""
    marks = [is_gap(each.text) for each in chain.rules]
    is_accepting = chain.hook is not None and (chain.policy or "accept") == "accept"
    return is_accepting and any(marks) and marks == sorted(marks)


def _without_marks(table: Table) -> Table:
    chains = tuple(
        msgspec.structs.replace(each, rules=tuple(rule for rule in each.rules if not is_gap(rule.text)))
        if _ends_in_mark(each)
        else each
        for each in table.chains
    )
    return msgspec.structs.replace(table, chains=chains)
