"""Edits a ruleset: chains and rules added and deleted, policies set, whole tables replaced.
One rule of nft may be several rules of the IR, which then share their number.  Positions count the tool's rules.  A
rule's text is the part after the chain's name, and also the line that the rule's tool lists for the rule."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import msgspec
from msgspec.structs import replace

from hairpin.change.change import AddChain, DeleteChain, InsertRule, ReplaceTable, SetDormant
from hairpin.errors import ChangeError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.rule_address import IpFamily

BUILT_IN: dict[str, tuple[tuple[str, ir.Hook, ir.ChainType, int], ...]] = {
    "raw": (("PREROUTING", "prerouting", "filter", -300), ("OUTPUT", "output", "filter", -300)),
    "mangle": (
        ("PREROUTING", "prerouting", "filter", -150),
        ("INPUT", "input", "filter", -150),
        ("FORWARD", "forward", "filter", -150),
        ("OUTPUT", "output", "route", -150),
        ("POSTROUTING", "postrouting", "filter", -150),
    ),
    "nat": (
        ("PREROUTING", "prerouting", "nat", -100),
        ("INPUT", "input", "nat", 100),
        ("OUTPUT", "output", "nat", -100),
        ("POSTROUTING", "postrouting", "nat", 100),
    ),
    "filter": (("INPUT", "input", "filter", 0), ("FORWARD", "forward", "filter", 0), ("OUTPUT", "output", "filter", 0)),
    "security": (
        ("INPUT", "input", "filter", 50),
        ("FORWARD", "forward", "filter", 50),
        ("OUTPUT", "output", "filter", 50),
    ),
}
"""The built-in chains of iptables' tables.  Source: net/ipv4/netfilter/iptable_*.c"""


def add_chain(ruleset: ir.Ruleset, wanted: AddChain) -> ir.Ruleset:
    """Return the ruleset with the chain added.  A ruleset that already has the chain is returned unchanged."""
    ruleset = _with_table(ruleset, wanted)
    return _edited(ruleset, wanted.dialect, wanted.family, wanted.table, lambda table: _add(table, wanted.chain))


def _add(table: ir.Table, name: str) -> ir.Table:
    if table.chain(name) is not None:
        return table
    return msgspec.structs.replace(table, chains=(*table.chains, ir.Chain(name, ())))


def _with_table(ruleset: ir.Ruleset, wanted: AddChain) -> ir.Ruleset:
    if ruleset.table(wanted.family, wanted.table, wanted.dialect) is not None:
        return ruleset
    table = ir.Table(wanted.family, wanted.table, wanted.dialect, _built_in(wanted.dialect, wanted.table))
    return msgspec.structs.replace(ruleset, tables=(*ruleset.tables, table))


def _built_in(dialect: ir.Dialect, table: str) -> tuple[ir.Chain, ...]:
    """Return the empty chains that the tool makes with the table."""
    if dialect == "nft":
        return ()
    if dialect == "ebtables":
        from hairpin.netfilter.ebtables.save import BASE_CHAINS as EBTABLES  # noqa: PLC0415 - few hosts filter frames

        held = EBTABLES.get(table, {}).items()
        return tuple(ir.Chain(name, (), hook, "filter", priority, "accept") for name, (hook, priority) in held)
    return tuple(
        ir.Chain(name, (), hook, type_, priority, "accept") for name, hook, type_, priority in BUILT_IN.get(table, ())
    )


def insert_rules(ruleset: ir.Ruleset, wanted: InsertRule, *further: InsertRule) -> ir.Ruleset:
    """Return the ruleset with the rule at its position.  The chain is added if it does not exist.

    ``further``: rules of the same chain, which are inserted one after another.  The chain is made once for all of them,
    because an engine inserts a rule for each container.  Raises ChangeError if the chain is too short for a position.
    """
    table = ruleset.table(wanted.family, wanted.table, wanted.dialect)
    if table is None or table.chain(wanted.chain) is None:
        ruleset = add_chain(ruleset, AddChain(wanted.netns, wanted.dialect, wanted.family, wanted.table, wanted.chain))
    return _edited(
        ruleset,
        wanted.dialect,
        wanted.family,
        wanted.table,
        lambda table: _in_chain(table, wanted.chain, lambda rules: _inserted(rules, (wanted, *further))),
    )


def _inserted(rules: tuple[ir.Rule, ...], wanted: tuple[InsertRule, ...]) -> tuple[ir.Rule, ...]:
    """Return the rules with the new rules; raises ChangeError if there are too few rules for a new rule's position."""
    found = tool_rules(rules)
    for each in wanted:
        at = len(found) if each.position is None else each.position - 1
        if not 0 <= at <= len(found):
            raise ChangeError(
                message(
                    "chain {chain} has {count} rules: none can be inserted as number {number}",
                    chain=each.chain,
                    count=len(found),
                    number=at + 1,
                )
            )
        found.insert(at, tuple(_as_listed(each)))
    return _numbered(found)


def _as_listed(wanted: InsertRule) -> Iterator[ir.Rule]:
    """Yield the rules of an insertion with their text as the tool lists it afterwards."""
    text = listed_rule(wanted)
    yield from (msgspec.structs.replace(each, text=text) for each in (wanted.rule, *wanted.also))


def tool_rules(rules: tuple[ir.Rule, ...]) -> list[tuple[ir.Rule, ...]]:
    """Return the rules as the tool counts them: rules with the same number and text count as one rule."""
    return [tuple(each) for _, each in groupby(rules, key=lambda rule: (rule.number, rule.text))]


def _numbered(found: Iterable[tuple[ir.Rule, ...]]) -> tuple[ir.Rule, ...]:
    return tuple(
        rule if rule.number == number else msgspec.structs.replace(rule, number=number)
        for number, each in enumerate(found, 1)
        for rule in each
    )


def delete_rules(ruleset: ir.Ruleset, place: Place, *further: Place) -> ir.Ruleset:
    """Return the ruleset without the rule at the place; raises ChangeError if the place has no such rule.

    ``further``: places in the same chain, whose rules are deleted one after another.  The chain is made once for all of
    them, because an engine deletes rules for each container."""

    def without(rules: tuple[ir.Rule, ...]) -> tuple[ir.Rule, ...]:
        found = tool_rules(rules)
        del found[_index_of(place, [each[0].number for each in found], found)]
        for each in further:
            del found[_index_of(each, range(1, len(found) + 1), found)]
        return _numbered(found)

    return _at(ruleset, place, lambda table: _in_chain(table, place.chain, without))


def _index_of(place: Place, numbers: Sequence[int], found: list[tuple[ir.Rule, ...]]) -> int:
    """Return the index of the place's rule.  ``numbers``: the present number of each rule."""
    at = numbers.index(place.number) if place.number in numbers else None
    if at is not None and found[at][0].text == place.text:
        return at
    raise ChangeError(
        message(
            "no rule {number} {rule!r} in {family} {table} {chain}",
            number=place.number,
            rule=place.text,
            family=place.family,
            table=place.table,
            chain=place.chain,
        )
    )


def delete_chain(ruleset: ir.Ruleset, wanted: DeleteChain) -> ir.Ruleset:
    """Return the ruleset without the chain.  Raises ChangeError if the chain does not exist, if it has rules, or if a
    rule jumps to the chain."""

    def without(table: ir.Table) -> ir.Table:
        chain = table.chain(wanted.chain)
        if chain is None or chain.rules or _is_used(table, wanted.chain):
            raise ChangeError(
                message("chain {chain} is missing, has rules, or another chain jumps to it", chain=wanted.chain)
            )
        return msgspec.structs.replace(table, chains=tuple(each for each in table.chains if each is not chain))

    return _edited(ruleset, wanted.dialect, wanted.family, wanted.table, without)


def _is_used(table: ir.Table, name: str) -> bool:
    """Return whether a rule or a map element jumps to the chain.  For a chain to which a rule or map element jumps,
    nf_tables_delchain() returns EBUSY."""
    parts = (part for chain in table.chains for rule in chain.rules for part in rule.body)
    mapped = (each for one in table.maps for each in one.elements if isinstance(each, ir.VerdictElement))
    return any(_leads_to(part, name) for part in parts) or any(_leads_to(each.verdict, name) for each in mapped)


def _leads_to(part: ir.Expression, name: str) -> bool:
    match part:
        case ir.Jump(chain=chain):
            return chain == name
        case ir.VerdictMap(elements=elements):
            return any(_leads_to(each.verdict, name) for each in elements)
        case _:
            return False


def replace_table(ruleset: ir.Ruleset, wanted: ReplaceTable) -> ir.Ruleset:
    """Return the ruleset with the new table in place of the old table, or without the table if it is deleted."""
    key = (wanted.dialect, wanted.family, wanted.name)
    at = next(
        (n for n, each in enumerate(ruleset.tables) if (each.dialect, each.family, each.name) == key),
        len(ruleset.tables),
    )
    new = (wanted.table,) if wanted.table is not None else ()
    return msgspec.structs.replace(ruleset, tables=(*ruleset.tables[:at], *new, *ruleset.tables[at + 1 :]))


def set_policy(ruleset: ir.Ruleset, place: Place, policy: str) -> ir.Ruleset:
    """Return the ruleset in which the base chain has the policy."""
    wanted = "drop" if policy == "drop" else "accept"

    def changed(table: ir.Table) -> ir.Table:
        chains = tuple(
            msgspec.structs.replace(chain, policy=wanted) if chain.name == place.chain else chain
            for chain in table.chains
        )
        return msgspec.structs.replace(table, chains=chains)

    return _at(ruleset, place, changed)


def set_dormant(ruleset: ir.Ruleset, wanted: SetDormant) -> ir.Ruleset:
    """Return the ruleset in which the table has the flag ``dormant``, or lacks it."""

    def changed(table: ir.Table) -> ir.Table:
        return msgspec.structs.replace(table, dormant=wanted.dormant)

    return _edited(ruleset, wanted.dialect, wanted.family, wanted.table, changed)


def _in_chain(table: ir.Table, name: str, edit: Callable[[tuple[ir.Rule, ...]], tuple[ir.Rule, ...]]) -> ir.Table:
    if table.chain(name) is None:
        raise ChangeError(
            message("no chain {name} in table {family} {table}", name=name, family=table.family, table=table.name)
        )
    chains = tuple(
        msgspec.structs.replace(chain, rules=edit(chain.rules)) if chain.name == name else chain
        for chain in table.chains
    )
    return msgspec.structs.replace(table, chains=chains)


def _at(ruleset: ir.Ruleset, place: Place, edit: Callable[[ir.Table], ir.Table]) -> ir.Ruleset:
    return _edited(ruleset, place.dialect, place.family, place.table, edit)


def _edited(
    ruleset: ir.Ruleset, dialect: ir.Dialect, family: ir.Family, name: str, edit: Callable[[ir.Table], ir.Table]
) -> ir.Ruleset:
    wanted = ruleset.table(family, name, dialect)
    if wanted is None:
        raise ChangeError(message("no table {family} {name} ({dialect})", family=family, name=name, dialect=dialect))
    tables = tuple(edit(table) if table is wanted else table for table in ruleset.tables)
    return msgspec.structs.replace(ruleset, tables=tables)


def own_words(rule: Rule, chain: str) -> str:
    """Return the rule's text after ``-A CHAIN``."""
    return rule.text.removeprefix(f"-A {chain} ").removeprefix(f"-A {chain}")


def listed_rule(edit: InsertRule) -> str:
    """Return the line that the rule's tool lists for the rule.  iptables adds words that were not typed."""
    if edit.dialect not in ("iptables-nft", "iptables-legacy"):
        return edit.rule.text
    return _line_listed(edit.rule, edit.chain, "ip6" if edit.family == "ip6" else "ip")


@lru_cache(maxsize=4096)  # an engine inserts the same rules again in each simulated event and in each tried repair
def _line_listed(rule: Rule, chain: str, family: IpFamily) -> str:
    line = f"-A {chain} {own_words(rule, chain)}".rstrip()
    try:
        typed = line == spelled(rule.body, chain, family)
        return render_rule(rule, chain, family) if typed else line
    except ChangeError:
        return line


def as_listed(edit: InsertRule) -> InsertRule:
    """Return the insertion with the rule's text as the tool lists it.

    With this text, hairpin can tell whether the rule exists already."""
    words = listed_rule(edit)
    return edit if words == edit.rule.text else replace(edit, rule=replace(edit.rule, text=words))
