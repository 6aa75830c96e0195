"""Loads as much as possible of a ruleset that a tool refuses.

If nft rejects its own JSON listing, the table is written again in nft's own language.  Only the rules that nft still
refuses are left out.  A no-op rule replaces each of these rules.  Therefore later rules keep their numbers.  The
counter of the no-op rule shows whether a packet reached its place.
"""

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from hairpin.errors import ChangeError
from hairpin.message import Message, message
from hairpin.netfilter.ir import Table
from hairpin.netfilter.nft.render import render, render_rule
from hairpin.netfilter.nft.syntax import Json, Object, content, list_of, named, object_of, single
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.run.tool import run_tool

_LINE = re.compile(r"line:? (\d+)")
"""The pattern with which error messages of the restore tools and of ipset name a line."""
_TRIES = 20
"""The number of refusals after which the whole text is given up."""
_RULE = re.compile(r"(?:\[\d+:\d+\] )?-A (\S+)")


class LeftOut(msgspec.Struct, frozen=True):
    """A part of a ruleset that is left out, as a sentence.

    ``table``, ``chain``, ``instead``: the table, the chain and the text of the no-op rule that replaces the part.
    If no rule replaces the part (a set, a chain, a line for ipset), ``instead`` is None, ``table`` and ``chain`` are
    empty, and it is unknown which packets would have matched the part.
    """

    said: Message
    table: str = ""
    chain: str = ""
    instead: str | None = None


def load_partly(load: Load, said: str) -> Iterator[LeftOut]:
    """Load again the text that the tool refused with the error ``said``, in the process's present namespace.

    Yield the parts that are left out."""
    if load.tool == "nft-json" and load.table is not None:
        commands = _commands(load.text)
        grown = _grown_sets(commands)
        yield from _by_halves([each for each in commands if each not in grown], load.table, said)
    else:
        yield from _by_line(load, said)


def _by_line(load: Load, said: str) -> Iterator[LeftOut]:
    """Leave out one refused line after the other until the tool accepts the remaining text."""
    lines = load.text.split("\n")
    for _ in range(_TRIES):
        if not said:
            return
        blamed = [at for at in _blamed(said, len(lines)) if lines[at].strip()]
        if load.tool.startswith("ip") and blamed and lines[blamed[0]] == "COMMIT":
            blamed = list(_culprit(load, lines, blamed[0]))
        found = [each for at in blamed if (each := _replaced(load, lines, at)) is not None]
        if not found:
            break
        yield from found
        said = run_tool(msgspec.structs.replace(load, text="\n".join(lines), again=True))
    if said:
        yield LeftOut(message("{tool} refuses the rules: {reason}", tool=load.tool, reason=_brief(said)))


def _brief(said: str) -> str:
    return " ".join(said.split())[:300]


def _blamed(said: str, count: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(at for each in _LINE.findall(said) if 0 <= (at := int(each) - 1) < count))


def _replaced(load: Load, lines: list[str], at: int) -> LeftOut | None:
    """Replace a refused line: an iptables rule by a no-op rule, a line of ipset by an empty line.  Return None if the
    line cannot be replaced."""
    line = lines[at].strip()
    if load.tool.endswith("restore"):
        rule = _RULE.match(line)
        if rule is None:
            return None
        # An iptables rule without matches and without a target still counts packets.
        table = next(each[1:].strip() for each in reversed(lines[:at]) if each.startswith("*"))
        words = f"-A {rule[1]}" + (" -j CONTINUE" if load.tool.startswith("eb") else "")
        lines[at] = words
        refused = message("this machine's {tool} refuses the rule {rule}", tool=load.tool, rule=line)
        return LeftOut(refused, table, rule[1], words)
    if load.tool == "ipset":
        command, name = line.split(" ")[:2]
        for other, text in enumerate(lines):  # if a set is refused, its elements are refused as well
            if other == at or (command == "create" and text.startswith(f"add {name} ")):
                lines[other] = ""
        return LeftOut(message("this machine's ipset refuses {line}", line=line[:100]))
    return None


def _culprit(load: Load, lines: list[str], commit: int) -> Iterator[int]:
    """Yield the rule that makes the tool refuse the whole table.

    For a legacy table, the tool's error does not name this rule.

    A bisection finds the longest accepted beginning of the rules."""
    start = max(at for at in range(commit) if lines[at].startswith("*"))
    rules = [at for at in range(start, commit) if _RULE.match(lines[at])]

    def taken(count: int) -> bool:
        others = set(rules[count:])
        text = (_bare(line) if at in others else line for at, line in enumerate(lines[: commit + 1]) if at >= start)
        return not run_tool(Load(load.tool, "\n".join((*text, "")), again=True))

    if not rules or not taken(0):
        return
    good, bad = 0, len(rules)  # the tool accepts the first ``good`` rules, and refuses the first ``bad`` rules
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if taken(middle) else (good, middle)
    yield rules[bad - 1]


def _bare(line: str) -> str:
    rule = _RULE.match(line)
    return f"-A {rule[1]}" if rule is not None else line


# --- nft -------------------------------------------------------------------------------------------------------------


class _Command(msgspec.Struct, frozen=True):
    """One command of nft's JSON: ``{"add": {kind: found}}``.  ``number``: the number of a rule in its chain."""

    kind: str
    found: Object
    number: int = 0


def _commands(text: str) -> list[_Command]:
    document: Json = msgspec.json.decode(text)
    commands: list[_Command] = []
    count: Counter[str] = Counter()
    for each in list_of(object_of(document).get("nftables")):
        kind, found = single(object_of(each)["add"])
        chain = str(object_of(found).get("chain"))
        count[chain] += kind == "rule"
        commands.append(_Command(kind, object_of(found), count[chain]))
    return commands


def _grown_sets(commands: list[_Command]) -> list[_Command]:
    """Make the sets to which rules add elements.

    Each set is made in one load together with such a rule.  Return the commands of these sets.  nft's JSON lacks the
    flag ``dynamic``, but nft derives the flag if the set and the rule are in one load.  Source: nftables src/evaluate.c
    stmt_evaluate_set(), src/parser_json.c string_to_set_flag()"""
    made: list[_Command] = []
    statements = [
        (each.found["table"], content(part).get("set"), part)
        for each in commands
        for part in list_of(each.found.get("expr"))
        if named(part) == "set"
    ]
    for each in commands:
        place: Object = {key: each.found[key] for key in ("family", "table") if key in each.found}
        adding = [part for table, name, part in statements if (table, name) == (place.get("table"), _grown(each))]
        if adding:
            chain: Object = {**place, "name": _FOR_A_WHILE}
            rule: Object = {**place, "chain": _FOR_A_WHILE, "expr": [adding[0]]}
            table: Object = {"family": place["family"], "name": place["table"]}
            parts = (_Command("table", table), each, _Command("chain", chain), _Command("rule", rule))
            if not _run_json(*parts):
                made.append(each)
                run_tool(Load("nft", f"delete chain {place['family']} {place['table']} {_FOR_A_WHILE}\n"))
    return made


_FOR_A_WHILE = "hairpin-for-a-while"


def _grown(command: _Command) -> str:
    return f"@{command.found.get('name')}" if command.kind == "set" else ""


def _by_halves(commands: list[_Command], table: Table, said: str) -> Iterator[LeftOut]:
    """Load commands that nft refused as a whole, in their order.

    Each half is loaded by itself, and a refused half is halved again, down to the single command that nft refuses."""
    if len(commands) == 1:
        yield from _in_words(commands[0], table, said)
        return
    middle = len(commands) // 2
    for half in (commands[:middle], commands[middle:]):
        refused = _run_json(*half)
        if refused:
            yield from _by_halves(half, table, refused)


def _run_json(*commands: _Command) -> str:
    document = {"nftables": [{"add": {each.kind: each.found}} for each in commands]}
    return run_tool(Load("nft-json", msgspec.json.encode(document).decode()))


def _in_words(command: _Command, table: Table, said: str) -> Iterator[LeftOut]:
    """Load one command in nft's own syntax; if nft also refuses the command in this syntax, load a no-op rule in its
    place, and yield the part that is left out."""
    kind, found = command.kind, command.found
    reason: Message | str
    try:
        text = _rule_text(command, table) if kind == "rule" else _part_text(kind, found, table)
    except ChangeError as error:
        reason = error.said
    else:
        said = run_tool(Load("nft", text)) if text else said
        if text and not said:
            return
        reason = _brief(said)
    name = str(found.get("chain" if kind == "rule" else "name"))
    if kind == "rule":
        _run_json(_Command(kind, {**found, "expr": [{"counter": {"packets": 0, "bytes": 0}}]}))
        refused = message(
            "this machine's nft refuses rule {number} of {table} {chain}: {reason}",
            number=command.number,
            table=table.name,
            chain=name,
            reason=reason,
        )
        yield LeftOut(refused, table.name, name, "counter")
        return
    if kind == "chain":  # other rules may jump to this chain
        _run_json(_Command(kind, {key: found[key] for key in ("family", "table", "name")}))
    refused = message(
        "this machine's nft refuses the {kind} {name} of {table}: {reason}",
        kind=kind,
        name=name,
        table=table.name,
        reason=reason,
    )
    yield LeftOut(refused)


def _rule_text(command: _Command, table: Table) -> str:
    """Return the command that adds the rule; empty if the model does not have the rule.

    Raises ChangeError if the rule cannot be written in nft's syntax.

    Several rules of the model that have the same number come from one nft rule."""
    chain = next(each for each in table.chains if each.name == command.found.get("chain"))
    rules = [each for each in chain.rules if each.number == command.number]
    if not rules:
        return ""
    words = rules[0].text if len(rules) > 1 else render_rule(rules[0].body, table, counter="counter")
    return f"add rule {table.family} {table.name} {chain.name} {words}\n"


def _part_text(kind: str, found: Object, table: Table) -> str:
    """Return the text of a table that has only this set, map or object; empty if the model does not have the set, map
    or object.  Raises ChangeError if it cannot be written in nft's syntax."""
    name = found.get("name")
    sets = tuple(each for each in table.sets if kind == "set" and each.name == name)
    maps = tuple(each for each in table.maps if kind == "map" and each.name == name)
    objects = tuple(each for each in table.objects if each.startswith(f"{kind} {name} "))
    if not (sets or maps or objects):
        return ""
    return render(msgspec.structs.replace(table, sets=sets, maps=maps, objects=objects, chains=()))
