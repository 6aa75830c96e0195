"""Loads text into tables, as ``iptables-restore`` does.  Each table is loaded as a whole at its ``COMMIT``, or not at
all.  Therefore the tables before the first fault are loaded, and no table after it.

With ``--noflush``, chains that the text does not name stay.  A declared user-defined chain is emptied; a declared
built-in chain gets its policy and keeps its rules.

Source: iptables-restore(8); iptables/iptables-restore.c, iptables/xtables-restore.c
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from hairpin.errors import ChangeError, MalformedError, ParseError, reason_of
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import jumped_to
from hairpin.netfilter.iptables.render import render_rule
from hairpin.netfilter.iptables.save import BASE_CHAINS, IptablesDialect, parse
from hairpin.netfilter.iptables.words import split_groups, split_words
from hairpin.netfilter.ir import Chain, Expression, FieldMatch, Jump, NameMatch, Outside, Rule, Set, Table
from hairpin.netfilter.rule_address import IpFamily

_LONG = {
    "--append": "-A", "--insert": "-I", "--delete": "-D", "--flush": "-F", "--new-chain": "-N", "--delete-chain": "-X",
    "--policy": "-P", "--zero": "-Z",
}  # fmt: skip
_OF_RULE = ("-A", "-I", "-D")
_CORE_FIELDS = (("saddr4", "saddr6"), ("daddr4", "daddr6"), ("iif",), ("oif",), ("protocol",), ("fragment",))
_EXTENSION = re.compile(r"[A-Z0-9]+")
"""Matches the name of each target that iptables or a module outside of the kernel has; a chain may have such a name."""
_NAMED_SET = re.compile(r"--(?:match|add|del|map)-set (\S+)")
_PERIOD = re.compile(r"(?<=\d/)(sec|min)(?:ond|ute)s?\b")
"""Matches the period in ``--limit 3/minute``, which iptables-save prints as ``3/min``."""


class Loading(NamedTuple):
    """The circumstances in which a text is loaded: the tool's family and back end, the file's name for messages, and
    ipsets."""

    family: IpFamily
    dialect: IptablesDialect
    source: str
    ipsets: tuple[Set, ...] = ()


class MissingNameError(ParseError):
    """A rule names a chain or a set that does not exist when the rule is loaded."""


class Loaded(NamedTuple):
    """The tables of a text that are loaded, and the fault at which ``iptables-restore`` ends; None if it loads all."""

    tables: tuple[Table, ...]
    fault: ParseError | None = None


class _Line(NamedTuple):
    """A line inside a table: its command, its chain (empty for all chains), the words after the chain, and its number
    and text."""

    command: str
    chain: str
    words: str
    number: int
    text: str


def loaded_tables(text: str, loading: Loading, evidence: str = "") -> Loaded:
    """Return what ``iptables-restore`` (without ``--noflush``) loads of the text.  A rule that leads to a chain which
    its table does not declare is a fault, as is a rule that names a set which does not exist.

    Source: measured, iptables 1.8.9 of both variants"""
    (family, dialect, source, ipsets), fault = loading, None
    try:
        tables = parse(text, family=family, dialect=dialect, source=source, evidence=evidence, ipsets=ipsets)
    except ParseError as error:
        committed, fault = _text_before(text, error.line or 0), error
        tables = parse(committed, family=family, dialect=dialect, source=source, evidence=evidence, ipsets=ipsets)
    sets = {each.name for each in ipsets}
    for place, table in enumerate(tables):
        for rule in (rule for chain in table.chains for rule in chain.rules):
            why = _lacks(rule, table, sets)
            if why is not None:
                return Loaded(tables[:place], MissingNameError(why, source=source, line=rule.line, text=rule.text))
    return Loaded(tables, fault)


def _text_before(text: str, fault: int) -> str:
    """Return the text up to the last ``COMMIT`` before the line of the fault."""
    lines = text.split("\n")[: max(fault - 1, 0)]
    ends = [number for number, line in enumerate(lines, 1) if line.startswith("COMMIT")]
    return "\n".join((*lines[: ends[-1] if ends else 0], ""))


def _lacks(rule: Rule, table: Table, sets: AbstractSet[str]) -> Message | None:
    """Return why the tool refuses the rule: the chain or the set that it names does not exist."""
    for part in rule.body:
        led = part.chain if isinstance(part, Jump) else part.name if isinstance(part, Outside) else ""
        if led and not _EXTENSION.fullmatch(led) and table.chain(led) is None:
            return message("there is no chain {chain}", chain=led)
    gone = next((each for each in _NAMED_SET.findall(rule.text) if each not in sets), None)
    return message("there is no set {set}", set=gone) if gone is not None else None


def restored_tables(text: str, held: Iterable[Table], loading: Loading) -> Iterator[Table]:
    """Yield each table that the text names, as it is after its ``COMMIT``.  ``held`` are the existing tables.  Raises
    ParseError at the first fault; the table with the fault is not loaded."""
    tables = {table.name: table for table in held if (table.family, table.dialect) == loading[:2]}
    for name, lines in _sections(text, loading):
        table = tables.get(name) or Table(loading.family, name, loading.dialect, ())
        tables[name] = _after(with_built_in(table), lines, loading)
        yield tables[name]


def _sections(text: str, loading: Loading) -> Iterator[tuple[str, list[_Line]]]:
    name, lines, number = "", list[_Line](), 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        if words.startswith("*"):
            name, lines = words[1:].strip(), []
            if name not in BASE_CHAINS:
                raise _fault(
                    MalformedError(message("iptables has no table {table!r}", table=name)), loading, line, number
                )
        elif not name:
            raise _fault(MalformedError(message("this line is outside of a table")), loading, line, number)
        elif words.startswith("COMMIT"):
            yield name, lines
            name = ""
        else:
            lines.append(_line(words, number))
    if name:
        raise ParseError(
            message("table {table} is not finished: it has no COMMIT", table=name), source=loading.source, line=number
        )


def _line(text: str, number: int) -> _Line:
    if text.startswith(":"):
        chain, _, rest = text[1:].strip().partition(" ")
        return _Line(":", chain, (rest.split() or ["-"])[0], number, text)
    plain = text.partition("] ")[2] if text.startswith("[") else text
    command, _, rest = plain.partition(" ")
    chain, _, words = _PERIOD.sub(r"\1", rest).strip().partition(" ")
    return _Line(_LONG.get(command, command), chain, words.strip(), number, text)


def _fault(error: ValueError, loading: Loading, text: str, number: int) -> ParseError:
    return ParseError(reason_of(error), source=loading.source, line=number, text=text)


def with_built_in(table: Table, held: Table | None = None) -> Table:
    """Return the table with all its built-in chains.  Added chains are empty, with the policy that they have in
    ``held``."""
    lacking = tuple(
        Chain(name, (), hook, kind, priority, (known.policy if known is not None else None) or "accept")
        for name, (hook, priority, kind) in BASE_CHAINS[table.name].items()
        if table.chain(name) is None
        for known in (held.chain(name) if held is not None else None,)
    )
    return msgspec.structs.replace(table, chains=(*lacking, *table.chains))


def _after(table: Table, lines: list[_Line], loading: Loading) -> Table:
    edited = _Edited(table)
    bodies = _rules(table, lines, loading)
    for line in lines:
        try:
            edited.carry_out(line, bodies.get(line.number))
        except ValueError as error:
            raise _fault(error, loading, line.text, line.number) from None
    return edited.table()


def _rules(table: Table, lines: list[_Line], loading: Loading) -> dict[int, Rule]:
    """Return the rules in the lines, by line number.  The text of each rule is as iptables-save prints it."""
    known = [chain.name for chain in table.chains]
    made = [line.chain for line in lines if line.command in (":", "-N")]
    head = [f"*{table.name}", *(f":{name} -" for name in dict.fromkeys((*known, *made)))]
    said = [line for line in lines if line.command in _OF_RULE and _words(line) is not None]
    rules = (f"-A {line.chain} {_completed(_words(line) or '', loading.family)}".rstrip() for line in said)
    text = "\n".join((*head, *rules, "COMMIT\n"))
    try:
        (read,) = parse(
            text, family=loading.family, dialect=loading.dialect, source=loading.source, ipsets=loading.ipsets
        )
    except ParseError as error:
        at = (error.line or 0) - len(head) - 1
        line = said[at] if 0 <= at < len(said) else None
        raise ParseError(
            error.why, source=loading.source, line=line.number if line else 0, text=line.text if line else ""
        ) from None
    queues = {chain.name: iter(chain.rules) for chain in read.chains}
    return {line.number: _in_own_words(next(queues[line.chain]), line.chain, loading.family) for line in said}


def _words(line: _Line) -> str | None:
    """Return the words of the line's rule; None if the line deletes a rule by its number."""
    first, _, rest = line.words.partition(" ")
    if not first.isdigit() or line.command == "-A":
        return line.words
    return rest if line.command == "-I" else None


def _completed(words: str, family: IpFamily) -> str:
    """Return the rule's words with the default options of ``-m recent`` added."""
    if "-m recent " not in words:
        return words
    return " ".join(
        _of_recent(group, family) if group.startswith("-m recent ") else group for group in split_groups(words)
    )


def _of_recent(group: str, family: IpFamily) -> str:
    mask = "255.255.255.255" if family == "ip" else "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    said = split_words(group)
    for option, value in (("--name", " DEFAULT"), ("--mask", f" {mask}")):
        group += "" if option in said else f" {option}{value}"
    return group if "--rsource" in said or "--rdest" in said else f"{group} --rsource"


def _in_own_words(rule: Rule, chain: str, family: IpFamily) -> Rule:
    """Return the rule as the kernel has it: the comparisons of iptables itself precede the comparisons of modules."""
    rule = msgspec.structs.replace(rule, body=tuple(sorted(rule.body, key=_place)), line=0)
    try:
        return msgspec.structs.replace(rule, text=render_rule(rule, chain, family))
    except ChangeError:
        return rule


def _place(part: Expression) -> int:
    """Return the rank of a part of a rule in the order in which iptables-save prints."""
    field = part.field if isinstance(part, FieldMatch | NameMatch) else ""
    return next((place for place, names in enumerate(_CORE_FIELDS) if field in names), len(_CORE_FIELDS))


class _Edited:
    """A table while the lines of a text are being carried out on it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._chains = {chain.name: chain for chain in table.chains}
        self._rules = {chain.name: list(chain.rules) for chain in table.chains}

    def table(self) -> Table:
        """Return the table as it is after the lines so far."""
        chains = tuple(
            msgspec.structs.replace(
                chain,
                rules=tuple(
                    rule if rule.number == number else msgspec.structs.replace(rule, number=number)
                    for number, rule in enumerate(self._rules[name], 1)
                ),
            )
            for name, chain in self._chains.items()
        )
        return msgspec.structs.replace(self._table, chains=chains)

    def carry_out(self, line: _Line, rule: Rule | None) -> None:
        """Carry out the line; raises MalformedError if iptables refuses it."""
        match line.command:
            case ":":
                self._declare(line.chain, line.words)
            case "-N" if line.chain in self._chains:
                raise MalformedError(message("chain {chain} exists already", chain=line.chain))
            case "-N":
                self._declare(line.chain, "-")
            case "-P":
                self._set_policy(line.chain, line.words.partition(" ")[0])
            case "-A" if rule is not None:
                self._of(line.chain).append(rule)
            case "-I" if rule is not None:
                self._insert(line, rule)
            case "-D":
                self._delete(line, rule)
            case "-F":
                for name in self._named(line.chain):
                    self._of(name).clear()
            case "-X":
                self._delete_chains(line.chain)
            case "-Z":
                pass
            case _:
                raise MalformedError(message("hairpin does not know {word} here", word=line.command))

    def _of(self, chain: str) -> list[Rule]:
        found = self._rules.get(chain)
        if found is None:
            raise MalformedError(message("there is no chain {chain}", chain=chain))
        return found

    def _named(self, chain: str) -> tuple[str, ...]:
        return (chain,) if chain else tuple(self._chains)

    def _declare(self, name: str, policy: str) -> None:
        if name in BASE_CHAINS[self._table.name]:
            if policy != "-":
                self._set_policy(name, policy)
            return
        self._chains.setdefault(name, Chain(name, ()))
        self._rules[name] = []

    def _set_policy(self, name: str, policy: str) -> None:
        chain = self._chains.get(name)
        if chain is None or chain.hook is None or policy not in ("ACCEPT", "DROP"):
            raise MalformedError(message("{chain} cannot have the policy {policy!r}", chain=name, policy=policy))
        self._chains[name] = msgspec.structs.replace(chain, policy="drop" if policy == "DROP" else "accept")

    def _insert(self, line: _Line, rule: Rule) -> None:
        first = line.words.partition(" ")[0]
        at, rules = int(first) if first.isdigit() else 1, self._of(line.chain)
        if not 0 < at <= len(rules) + 1:
            raise MalformedError(message("chain {chain} has no place {number}", chain=line.chain, number=at))
        rules.insert(at - 1, rule)

    def _delete(self, line: _Line, rule: Rule | None) -> None:
        rules = self._of(line.chain)
        if rule is None:
            at = int(line.words.partition(" ")[0]) - 1
        else:
            at = next((place for place, each in enumerate(rules) if each.body == rule.body), -1)
        if not 0 <= at < len(rules):
            raise MalformedError(message("chain {chain} has no such rule", chain=line.chain))
        del rules[at]

    def _delete_chains(self, chain: str) -> None:
        used = jumped_to(self.table())
        for name in self._named(chain):
            known = self._chains.get(name)
            if not chain and (known is None or known.hook is not None):
                continue
            if known is None or known.hook is not None or self._rules[name] or name in used:
                raise MalformedError(message("chain {chain} does not exist, or it is in use", chain=name))
            del self._chains[name], self._rules[name]
