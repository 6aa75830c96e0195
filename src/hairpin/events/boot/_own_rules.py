"""The rules that a program has made for its own networks or guests, and that it makes again when it starts."""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import Primitive, ReplaceTable
from hairpin.events.course import Course
from hairpin.host.host import Host
from hairpin.netfilter.ir import Chain, Jump, Rule, Table
from hairpin.programs import KnownProgram


def rules_of(course: Course, was: Host, program: KnownProgram) -> Iterator[Primitive]:
    """Yield the parts that make again what the program had made: its tables, or its chains and the rules that lead
    there."""
    for table in was.namespace(was.netns.name).ruleset.tables:
        if table.dialect == "nft":
            own = table if program.makes_table(table.name) else None
        else:
            own = _own_part(table, program)
        if own is None:
            continue
        held = course.namespace.ruleset.table(table.family, table.name, table.dialect)
        merged = own if held is None else _together(own, held)
        yield ReplaceTable(was.netns, table.dialect, table.family, table.name, merged)


def _own_part(table: Table, program: KnownProgram) -> Table | None:
    """Return the program's chains of a table of iptables, and the rules that lead to them; None if it has none."""
    own = {each.name for each in table.chains if program.makes_chain(each.name)}
    if not own:
        return None
    chains = (each if each.name in own else _leading_to(own, each) for each in table.chains)
    return msgspec.structs.replace(table, chains=tuple(each for each in chains if each.name in own or each.rules))


def _leading_to(own: set[str], chain: Chain) -> Chain:
    policy = "accept" if chain.policy is not None else None
    return msgspec.structs.replace(chain, rules=tuple(each for each in chain.rules if _leads(own, each)), policy=policy)


def _leads(own: set[str], rule: Rule) -> bool:
    return any(isinstance(each, Jump) and each.chain in own for each in rule.body)


def _together(own: Table, held: Table) -> Table:
    """Return the table with the program's chains, and in its other chains the program's rules before those that are
    there."""
    chains = {each.name: each for each in held.chains}
    for each in own.chains:
        there = chains.get(each.name)
        rules = each.rules if there is None else (*each.rules, *there.rules)
        numbered = tuple(msgspec.structs.replace(rule, number=number) for number, rule in enumerate(rules, 1))
        chains[each.name] = msgspec.structs.replace(there or each, rules=numbered)
    return msgspec.structs.replace(held, chains=tuple(chains.values()))
