"""Edits of rules as commands that may be run twice: the second run changes nothing.

The command of an insertion first looks for the rule's text in the chain.  The command does not use ``iptables -C``,
because ``iptables -C`` of release 1.8.11 reports rules that do not exist.  Many edits of one table become one load of
the missing lines.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import assert_never

import msgspec

from hairpin.change.change import AddChain, DeleteChain, DeleteRule, InsertRule, ReplaceTable, RuleEdit, SetPolicy
from hairpin.change.commands.file_text import written_lines
from hairpin.change.commands.held import Held
from hairpin.change.commands.loading import iptables_load, replacing
from hairpin.change.simulation.rules import as_listed, listed_rule, own_words
from hairpin.change.step import LoadRules
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.words import split_words, unquoted
from hairpin.netfilter.nft.misprints import as_typed

_NEVER_FOUND = re.compile(r"(?:^| )(?:-m (?:recent|connlimit)|-j HMARK)(?: |$)")
"""Matches rules that ``iptables -D`` does not find by their text.  iptables compares extensions byte by byte, and for
some extensions the kernel's copy differs from iptables' own data.  Measured with each extension of iptables 1.8.9,
nf_tables and legacy."""
_ANONYMOUS = re.compile(r"(?<=\bjump \{|\bgoto \{) ")
"""Matches the blank after the opening brace of an anonymous chain.  nft lists each rule of an anonymous chain on a
line."""
_FEW = 3
"""The greatest number of edits that are shown as one command each."""
_PLAIN = re.compile(r"[\w@%+=:,./ {}-]*")
"""Matches words of nft that a shell does not change."""


_OBEYED = re.compile(r"[^\w@%+=:,./!\"{} -]|!(?! |=)", re.ASCII)
"""Matches characters that a shell interprets.  Double quotes around plain words are not matched, because a shell and
iptables treat these quotes alike."""
_WORD = re.compile(r"[\w@%+=:,./-]+|!", re.ASCII)


def words_for_shell(rule: str) -> str:
    """Return an iptables rule's arguments, quoted for a shell.  Without quotes, a shell would run a ``$( )`` that
    stands in a comment of the rule."""
    if _OBEYED.search(rule) is None:
        return rule
    words = map(unquoted, split_words(rule))
    return " ".join(word if _WORD.fullmatch(word) else shlex.quote(word) for word in words)


def rules_commands(step: LoadRules, *, guarded: bool = True) -> Iterator[str]:
    """Yield the commands that make the edits of a table.

    ``guarded``: False if the commands are meant to be run only once.  A single insertion then does not check whether
    its rule exists."""
    enter = "".join(f"{word} " for word in step.entering)
    tool = enter + step.program
    if _is_one_load(step):
        yield _one_load(step, enter, tool)
        return
    for edit, held in zip(step.does, step.held, strict=True):
        if not guarded and (typed := _typed(edit, held, tool)):
            yield typed
        elif isinstance(edit, ReplaceTable):
            load = replacing(edit)
            argv = load.argv if step.dialect == "nft" else (f"{step.program}-restore", *load.argv[1:])
            yield f"{written_lines(load.text, packed=True)} | {enter}{shlex.join(argv)}"
        elif step.dialect == "nft":
            yield from _nft(edit, held, tool)
        elif step.dialect == "ebtables":
            yield from _ebtables(edit, held, tool)
        else:
            yield _iptables(edit, held, tool)


def _is_one_load(step: LoadRules) -> bool:
    """Return whether one load of the missing lines makes all edits of the step: there are many edits, and each only
    adds missing rules at the beginning or end of a chain."""
    return (
        len(step.does) > _FEW
        and step.dialect.startswith("iptables")
        and not any(held.copies for held in step.held)
        and _at_head(step.does) is not None
    )


def _at_head(edits: Sequence[RuleEdit]) -> list[InsertRule] | None:
    """Return the insertions at the beginning of their chains, in rule order; None if an edit deletes a rule, or inserts
    a rule in the middle of a chain."""
    heads: dict[str, list[InsertRule]] = {}
    for edit in edits:
        if isinstance(edit, InsertRule) and edit.position is not None:
            inserted = heads.setdefault(edit.chain, [])
            if edit.position > len(inserted) + 1:
                return None
            inserted.insert(edit.position - 1, edit)
        elif not isinstance(edit, AddChain | InsertRule | SetPolicy):
            return None
    return [edit for inserted in heads.values() for edit in inserted]


def _one_load(step: LoadRules, enter: str, tool: str) -> str:
    """Return the command that loads all edits except the lines that the table already has."""
    does = tuple(as_listed(edit) if isinstance(edit, InsertRule) else edit for edit in step.does)
    heads = _at_head(does) or []
    others = tuple(edit for edit in does if not any(edit is each for each in heads))
    # Each rule is inserted at the head of its chain, the last rule first, so no insertion needs a number.
    inserted = tuple(msgspec.structs.replace(edit, position=1) for edit in reversed(heads))
    load = iptables_load((*others, *inserted), step.dialect, step.family, step.table)
    text = re.sub(r"^(-I \S+) 1 ", r"\1 ", load.text, flags=re.MULTILINE)
    listed_lines = f"{tool} {_table(step.table)}-S"
    if heads:
        listed_lines += " | sed 'p; s/^-A/-I/'"
    printed = written_lines(text, packed=True)
    return f'{printed} | grep -vxF -- "$({listed_lines})" | {enter}{step.program}-restore --noflush'


def _unless_there(listing: str, line: str, held: Held, command: str) -> str:
    """Return a shell line that runs the command only if the chain has no more copies of the line than before."""
    if _ANONYMOUS.search(line) is not None:
        line = ";" + _ANONYMOUS.sub(";", line).replace("; ", ";")
        listing, lines = f"{listing} | tr '\\n' ';' | grep -oF -- {shlex.quote(line)}", " ."
    else:
        lines = f"xF -- {shlex.quote(line)}"
    if not held.copies:
        return f"{listing} | grep -q{lines} || {command}"
    return f'[ "$({listing} | grep -c{lines})" -gt {held.copies} ] || {command}'


def _if_at(listing: str, number: int, line: str, command: str) -> str:
    """Return a shell line that runs the command only if the chain's rule with this number has the text of the line."""
    return f"{listing} {number} | grep -qxF -- {shlex.quote(line)} && {command}"


def _listing(tool: str, table: str, chain: str) -> str:
    return f"{tool} {_table(table)}-S {shlex.quote(chain)}"


def _table(name: str) -> str:
    return "" if name == "filter" else f"-t {name} "


def _iptables(edit: RuleEdit, held: Held, tool: str) -> str:
    match edit:
        case AddChain(table=table, chain=chain):
            return f"{tool} {_table(table)}-N {shlex.quote(chain)}"
        case DeleteChain(table=table, chain=chain):
            return f"{tool} {_table(table)}-X {shlex.quote(chain)}"
        case InsertRule(table=table, chain=chain):
            where = _insertion(edit, tool)
            if held.moved_from is not None:
                return _if_at(_listing(tool, table, chain), held.moved_from.number, listed_rule(edit), where)
            return _unless_there(_listing(tool, table, chain), listed_rule(edit), held, where)
        case DeleteRule(place=place):
            return _iptables_deletion(place, held, tool)
        case SetPolicy(place=place, policy=policy):
            return f"{tool} {_table(place.table)}-P {shlex.quote(place.chain)} {policy.upper()}"
        case ReplaceTable():
            raise AssertionError(edit)
        case _:
            assert_never(edit)


def _typed(edit: RuleEdit, held: Held, tool: str) -> str | None:
    """Return the command that only inserts the rule; None if the edit is no insertion or is for ebtables, or if its
    position depends on a rule that moves."""
    if not isinstance(edit, InsertRule) or held.moved_from is not None or edit.dialect == "ebtables":
        return None
    return f"{tool} {nft_words(nft_insertion(edit))}" if edit.dialect == "nft" else _insertion(edit, tool)


def _insertion(edit: InsertRule, tool: str) -> str:
    words = words_for_shell(own_words(edit.rule, edit.chain))
    return f"{tool} {_table(edit.table)}{_where(edit)} {words}".rstrip()


def _where(edit: InsertRule) -> str:
    if edit.position is None:
        return f"-A {shlex.quote(edit.chain)}"
    return f"-I {shlex.quote(edit.chain)}" + ("" if edit.position == 1 else f" {edit.position}")


def _iptables_deletion(place: Place, held: Held, tool: str) -> str:
    """Return the command that deletes the rule by its text.  If the text would select another rule or no rule, the
    command deletes the rule by its number."""
    words = place.text.removeprefix(f"-A {place.chain} ").removeprefix("-A ")
    line = shlex.quote(f"-A {place.chain} {words}")
    listing = _listing(tool, place.table, place.chain)
    by_number = f"{tool} {_table(place.table)}-D {shlex.quote(place.chain)} "
    numbered = _if_at(listing, place.number, f"-A {place.chain} {words}", f"{by_number}{place.number}")
    if held.copies > 1:
        return f'[ "$({listing} | grep -cxF -- {line})" = {held.copies} ] && {numbered}'
    if not held.is_first or _NEVER_FOUND.search(words) is not None:
        return numbered
    return f"{by_number}{words_for_shell(words)}"


def _nft(edit: RuleEdit, held: Held, tool: str) -> Iterator[str]:
    match edit:
        case AddChain(family=family, table=table, chain=chain):
            if not held.has_table:
                yield f"{tool} add table {family} {table}"
            yield f"{tool} add chain {family} {table} {chain}"
        case DeleteChain(family=family, table=table, chain=chain):
            yield f"{tool} delete chain {family} {table} {chain}"
        case InsertRule(family=family, table=table, chain=chain, rule=rule):
            command = f"{tool} {nft_words(nft_insertion(edit))}"
            if held.moved_from is not None and held.moved_from.handle is not None:
                found = f"grep -q ' # handle {held.moved_from.handle}$'"
                yield f"{tool} -a list chain {family} {table} {chain} | {found} && {command}"
                return
            yield _unless_there(_nft_listing(tool, f"{family} {table} {chain}"), rule.text, held, command)
        case DeleteRule(place=place):
            yield _nft_deletion(place, tool)
        case SetPolicy(place=place, policy=policy):
            yield f"{tool} 'chain {place.family} {place.table} {place.chain} {{ policy {policy}; }}'"
        case ReplaceTable():
            raise AssertionError(edit)
        case _:
            assert_never(edit)


def nft_insertion(edit: InsertRule) -> str:
    """Return the nft arguments that insert the rule."""
    chain, rule = f"{edit.family} {edit.table} {edit.chain}", as_typed(edit.rule.text, edit.family)
    if edit.position == 1:
        return f"insert rule {chain} {rule}"
    # nft counts indexes from 0, and adds the rule after the rule with this index.
    behind = "" if edit.position is None else f" index {edit.position - 2}"
    return f"add rule {chain}{behind} {rule}"


def nft_words(words: str) -> str:
    """Return the arguments for a shell, quoted only where necessary."""
    return words if _PLAIN.fullmatch(words) else shlex.quote(words)


def _nft_listing(tool: str, chain: str) -> str:
    return f"{tool} -s list chain {chain} | tr -d '\\t'"


def _nft_deletion(place: Place, tool: str) -> str:
    chain = f"{place.family} {place.table} {place.chain}"
    if place.handle is not None:
        return f"{tool} delete rule {chain} handle {place.handle}"
    # The rule's handle was not read, so the first rule with this text is taken.
    found = f"{tool} -a list chain {chain} | tr -d '\\t' | grep -F -m 1 -- {shlex.quote(f'{place.text} # handle ')}"
    return f"{tool} delete rule {chain} handle \"$({found} | sed 's/.* //')\""


def _ebtables(edit: RuleEdit, held: Held, tool: str) -> Iterator[str]:
    match edit:
        case AddChain(table=table, chain=chain):
            yield f"{tool} -t {table} -N {chain} -P RETURN"
        case DeleteChain(table=table, chain=chain):
            yield f"{tool} -t {table} -X {shlex.quote(chain)}"
        case InsertRule(table=table, chain=chain):
            words = own_words(edit.rule, chain)
            # ebtables does not list rules in its command syntax.
            again = f"{tool} -t {table} -D {chain} {words} 2>/dev/null; " if not held.copies else ""
            yield f"{again}{tool} -t {table} {_where(edit)} {words}"
        case DeleteRule(place=place):
            words = place.text.removeprefix(f"-A {place.chain} ").removeprefix("-A ")
            one = held.copies == 1 and held.is_first
            yield f"{tool} -t {place.table} -D {place.chain} {words if one else place.number}"
        case SetPolicy(place=place, policy=policy):
            yield f"{tool} -t {place.table} -P {shlex.quote(place.chain)} {policy.upper()}"
        case ReplaceTable():
            raise AssertionError(edit)
        case _:
            assert_never(edit)
