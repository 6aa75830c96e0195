"""The input with which iptables-restore, nft and ebtables make edits of one table at once. iptables-restore and
ebtables delete rules by number, so the numbers are counted during the edits.  nft deletes rules by handle.  The handles
are read when the step is carried out, because each load changes them.

Source: iptables-restore(8) --noflush, nft(8), ebtables(8)
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

import msgspec

from hairpin.carry.act import Command
from hairpin.change.change import AddChain, DeleteChain, DeleteRule, InsertRule, ReplaceTable, RuleEdit, SetPolicy
from hairpin.change.commands.tool import restore_tool
from hairpin.change.simulation.rules import BUILT_IN, own_words, tool_rules
from hairpin.errors import ChangeError
from hairpin.message import message
from hairpin.netfilter.iptables import render as iptables_render
from hairpin.netfilter.iptables.words import split_words, unquoted
from hairpin.netfilter.ir import Chain, Dialect, Table
from hairpin.netfilter.nft.misprints import as_typed


class Numbering:
    """The number that each rule had before the first edit; None for a rule that an edit inserted."""

    def __init__(self, rules: int) -> None:
        self.first = rules
        """The number of rules in the chain before the first edit."""
        self._numbers: list[int | None] = [*range(1, rules + 1)]

    @classmethod
    def of(cls, chain: Chain | None) -> "Numbering":
        """Return the numbering of a chain that no edit has touched."""
        return cls(len(tool_rules(chain.rules)) if chain is not None else 0)

    def __len__(self) -> int:
        return len(self._numbers)

    def before(self, number: int) -> int | None:
        """Return the number that the rule with this number had before the first edit; None if an edit inserted the rule
        or the chain has no such rule."""
        return self._numbers[number - 1] if 0 < number <= len(self._numbers) else None

    def insert(self, position: int | None) -> None:
        """Record that a rule is inserted at the position.  Positions count from 1, and None means the chain's end."""
        self._numbers.insert(len(self._numbers) if position is None else position - 1, None)

    def delete(self, number: int) -> int | None:
        """Record that a rule is deleted, and return the number that the rule had before the first edit.

        Return None if an edit inserted the rule, or if the chain has no such rule."""
        return self._numbers.pop(number - 1) if 0 < number <= len(self._numbers) else None


Handles = Mapping[str, Sequence[int | str]]
"""The handles of each chain's rules, in rule order.  A handle that is looked up later is represented by a text."""


def iptables_load(edits: Sequence[RuleEdit], dialect: Dialect, family: str, table: str) -> Command:
    """Return the command that loads the edits.  The command's input declares no user chain, because a declaration
    flushes an existing chain."""
    lines = [f"*{table}", *(line for edit in edits for line in _restore_lines(edit)), "COMMIT", ""]
    return Command((restore_tool(dialect, family), "--noflush"), "\n".join(lines))


def _restore_lines(edit: RuleEdit) -> Iterator[str]:
    match edit:
        case AddChain(chain=chain):
            # this command fails if the chain exists, while `:{chain} -` would flush the existing chain
            yield f"-N {chain}"
        case DeleteChain(chain=chain):
            yield f"-X {chain}"
        case SetPolicy(place=place, policy=policy):
            yield f":{place.chain} {policy.upper()} [0:0]"
        case DeleteRule(place=place):
            yield f"-D {place.chain} {place.number}"
        case InsertRule(chain=chain, rule=rule, position=position):
            words = own_words(rule, chain)
            yield f"-A {chain} {words}" if position is None else f"-I {chain} {position} {words}"
        case ReplaceTable():
            raise ChangeError(message("a change that replaces a whole table contains nothing else"))
        case _:
            assert_never(edit)


def replacing(edit: ReplaceTable) -> Command:
    """Return the command that replaces a table; raises ChangeError if the table's tool cannot express the new table."""
    if edit.dialect == "nft":
        name = f"{edit.family} {edit.name}"
        made = _nft_table(edit.table) if edit.table is not None else ""
        return Command(("nft", "-f", "-"), f"add table {name}\ndelete table {name}\n{made}")
    if edit.dialect == "ebtables":
        raise ChangeError(message("hairpin cannot write ebtables rules from its model"))
    table = edit.table if edit.table is not None else Table(edit.family, edit.name, edit.dialect, ())
    # A built-in chain that the input does not declare keeps its policy.
    built_in = (
        Chain(*chain[:1], (), chain[1], chain[2], chain[3], "accept")
        for chain in BUILT_IN.get(edit.name, ())
        if table.chain(chain[0]) is None
    )
    table = msgspec.structs.replace(table, chains=(*built_in, *table.chains))
    return Command((restore_tool(edit.dialect, edit.family),), iptables_render.render(table))


def _nft_table(table: Table) -> str:
    """Return the table's text, with its rules as nft printed them.

    Raises ChangeError if the table has a set that packets or timeouts change."""
    for named in table.sets:
        if named.opaque is not None:
            raise ChangeError(
                message(
                    "packets change set {name} of table {table} while it is in use", name=named.name, table=table.name
                )
            )
    from hairpin.netfilter.nft import render as nft_render  # noqa: PLC0415 - few hosts have tables of their own

    frame = nft_render.render(msgspec.structs.replace(table, chains=())).removesuffix("}\n")
    lines: list[str] = []
    for chain in table.chains:
        head = nft_render.hook_text(chain) if chain.hook is not None else ""
        lines += [f"\tchain {chain.name} {{", f"\t\t{head}"]
        lines += [f"\t\t{as_typed(rules[0].text, table.family)}" for rules in tool_rules(chain.rules)]
        lines += ["\t}"]
    return "".join((frame, *(f"{line}\n" for line in lines), "}\n"))


def nft_load(edits: Sequence[RuleEdit], handles: Handles) -> Command:
    """Return the command that loads the edits in one transaction; raises ChangeError if a rule to delete is missing."""
    numberings = {chain: Numbering(len(each)) for chain, each in handles.items()}
    text = "".join(f"{line}\n" for edit in edits for line in _nft_lines(edit, handles, numberings))
    return Command(("nft", "-f", "-"), text)


def _nft_lines(edit: RuleEdit, handles: Handles, numberings: dict[str, Numbering]) -> Iterator[str]:
    match edit:
        case AddChain(family=family, table=table, chain=chain):
            yield f"add table {family} {table}"
            yield f"add chain {family} {table} {chain}"
        case DeleteChain(family=family, table=table, chain=chain):
            yield f"delete chain {family} {table} {chain}"
        case SetPolicy(place=place, policy=policy):
            yield f"chain {place.family} {place.table} {place.chain} {{ policy {policy}; }}"
        case DeleteRule(place=place):
            where = f"{place.family} {place.table} {place.chain}"
            number = numberings.setdefault(place.chain, Numbering(0)).delete(place.number)
            if number is None:
                raise ChangeError(message("no rule {number} in {chain}", number=place.number, chain=where))
            yield f"delete rule {where} handle {handles[place.chain][number - 1]}"
        case InsertRule(chain=chain):
            numbering = numberings.setdefault(chain, Numbering(0))
            verb, behind = _insertion_place(edit, numbering, handles.get(chain, ()))
            numbering.insert(edit.position)
            yield f"{verb} rule {edit.family} {edit.table} {chain}{behind} {as_typed(edit.rule.text, edit.family)}"
        case ReplaceTable():
            raise ChangeError(message("a change that replaces a whole table contains nothing else"))
        case _:
            assert_never(edit)


def _insertion_place(edit: InsertRule, numbering: Numbering, handles: Sequence[int | str]) -> tuple[str, str]:
    """Return ``insert`` or ``add``, and the handle of the existing rule before or after which nft puts the new rule."""
    if edit.position is None or edit.position == len(numbering) + 1:
        return "add", ""
    if edit.position == 1:
        return "insert", ""
    follower, leader = numbering.before(edit.position), numbering.before(edit.position - 1)
    if follower is not None:
        return "insert", f" handle {handles[follower - 1]}"
    if leader is not None:
        return "add", f" handle {handles[leader - 1]}"
    return "add", f" index {edit.position - 2}"


def rule_commands(edit: RuleEdit, program: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the commands that make one edit of iptables' or nft's rules at boot, each with a flag that says whether the
    command may fail.

    The iptables commands delete a rule before they insert it, and make a chain only if it does not exist.  Raises
    ChangeError for an edit that replaces a whole table."""
    match edit:
        case InsertRule(dialect="nft", family=family, table=table, chain=chain, rule=rule, position=position):
            verb = "insert" if position == 1 else "add"
            yield (program, verb, "rule", family, table, chain, as_typed(rule.text, family)), False
        case InsertRule(table=table, chain=chain, rule=rule, position=position):
            words = tuple(map(unquoted, split_words(own_words(rule, chain))))
            where = ("-A", chain) if position is None else ("-I", chain, str(position))
            yield (program, "-w", "-t", table, "-D", chain, *words), True
            yield (program, "-w", "-t", table, *where, *words), False
        case AddChain(dialect="nft", family=family, table=table, chain=chain):
            yield (program, "add", "chain", family, table, chain), False
        case AddChain(table=table, chain=chain):
            yield (program, "-w", "-t", table, "-N", chain), True
        case DeleteRule(place=place):
            words = tuple(map(unquoted, split_words(place.text.removeprefix(f"-A {place.chain} "))))
            yield (program, "-w", "-t", place.table, "-D", place.chain, *words), True
        case DeleteChain(table=table, chain=chain):
            yield (program, "-w", "-t", table, "-X", chain), True
        case SetPolicy(place=place, policy=policy):
            yield (program, "-w", "-t", place.table, "-P", place.chain, policy.upper()), False
        case ReplaceTable():
            raise ChangeError(message("single commands cannot make a whole table"))
        case _:
            assert_never(edit)


def ebtables_commands(edits: Sequence[RuleEdit]) -> Iterator[Command]:
    """Yield one command for each edit, because ebtables-restore would replace the whole table."""
    for edit in edits:
        match edit:
            case DeleteRule(place=place):
                yield Command(("ebtables", "-t", place.table, "-D", place.chain, str(place.number)))
            case InsertRule(table=table, chain=chain, rule=rule, position=position):
                where = ("-A", chain) if position is None else ("-I", chain, str(position))
                words = tuple(map(unquoted, split_words(own_words(rule, chain))))
                yield Command(("ebtables", "-t", table, *where, *words))
            case SetPolicy(place=place, policy=policy):
                yield Command(("ebtables", "-t", place.table, "-P", place.chain, policy.upper()))
            case AddChain(table=table, chain=chain):
                yield Command(("ebtables", "-t", table, "-N", chain, "-P", "RETURN"))
            case DeleteChain(table=table, chain=chain):
                yield Command(("ebtables", "-t", table, "-X", chain))
            case ReplaceTable():
                raise ChangeError(message("hairpin cannot write ebtables rules from its model"))
            case _:
                assert_never(edit)
