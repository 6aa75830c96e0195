"""Reads a whole nft script as a sequence of commands.

    script  := (define | include | command)*
    command := VERB? KIND FAMILY? TABLE NAME …         VERB := "add" | "create" | "insert" | "delete" | "flush" …

A block such as ``table inet filter { … }`` becomes commands in nft's order: the table, its chains, objects, sets and
flowtables, and then the rules.  So a rule may name a chain or a set that the block declares after the rule.

Source: nft(8); nftables src/rule.c nft_cmd_expand(), src/parser_bison.y
"""

from typing import Literal, cast, get_args

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft.script.cursor import Cursor, Files, UnreadError
from hairpin.netfilter.nft.script.declarations import OBJECTS, chain, declared_object, flowtable, named_set
from hairpin.netfilter.nft.script.expressions import elements
from hairpin.netfilter.nft.script.statements import rule
from hairpin.netfilter.nft.syntax import Json, Object

Verb = Literal["add", "create", "insert", "replace", "delete", "destroy", "flush", "rename", "none"]
_FAMILIES = get_args(Family)
_VERBS = ("add", "create", "insert", "replace", "delete", "destroy", "flush", "rename")
_READING = ("list", "reset", "monitor", "export", "describe", "get")
_KINDS = ("table", "chain", "rule", "set", "map", "element", "flowtable", "ruleset", "meter")


class Command(msgspec.Struct, frozen=True):
    """A command of a script.  ``kind``: table, chain, rule, set, map, element, flowtable, ruleset, or a kind of object
    (``ct helper``).  ``name``: the name of the chain, set or object; for a rule, the name of its chain.  ``body``: the
    declaration or rule as JSON.  ``family`` is None for all families, in ``flush ruleset``.  ``place``: where a rule
    is, by its ``index``, ``handle`` or ``position``."""

    verb: Verb
    kind: str
    family: Family | None
    table: str
    name: str
    body: Object
    source: str
    line: int
    place: tuple[str, int] | None = None


def commands(text: str, *, source: str, files: Files | None = None) -> tuple[Command, ...]:
    """Return the commands of a script.  ``files`` has the texts of the files that the script may include, by path.
    Raises ParseError for a script that nft refuses, UnreadError (a ParseError) for syntax that hairpin does not know,
    and MissingFileError for an included file that is not in ``files``."""
    at = Cursor(text, source, files or {})
    found: list[Command] = []
    at.skip_ends()
    while at.peek().kind != "end":
        try:
            if not at.common():
                found += _command(at)
        except MalformedError as error:
            here = at.peek()
            raise UnreadError(error.said, source=here.source, line=here.line) from None
        if not at.at_end() or at.at("}"):
            raise at.unread()
        at.skip_ends()
    return tuple(found)


def _command(at: Cursor) -> list[Command]:
    start = at.peek()
    if at.at(*_READING) and at.peek(1).kind == "word":
        while not at.at_end():
            at.take()
        return []
    verb = cast("Verb", at.take().text) if at.at(*_VERBS) else "add"
    kind = _kind(at)
    made = _Made(at, verb, start.source, start.line)
    match kind:
        case "ruleset":
            return [made.command(kind, _family(at, None))]
        case "table":
            return made.table()
        case "rule":
            return [made.rule()]
        case "element":
            return [made.element()]
        case _:
            return made.named(kind)


def _kind(at: Cursor) -> str:
    """Take and return the kind of object that a command is about.  A command without a kind is about a rule."""
    if at.at("ct") and at.peek(1).means("helper", "timeout", "expectation"):
        at.take()
        return f"ct {at.take().text}"
    if at.at(*_KINDS, *OBJECTS):
        kind = at.take().text
        return "set" if kind == "meter" else kind
    if at.peek().kind not in ("word", "quoted"):
        raise at.unread()
    return "rule"


def _family(at: Cursor, default: Family | None) -> Family | None:
    return cast("Family", at.take().text) if at.at(*_FAMILIES) else default


class _Made:
    """Reads one statement of a script and makes its commands."""

    def __init__(self, at: Cursor, verb: Verb, source: str, line: int) -> None:
        self._at = at
        self._verb: Verb = verb
        self._source = source
        self._line = line

    def command(self, kind: str, family: Family | None, table: str = "", name: str = "", **more: object) -> Command:
        """Return the command about the object of that kind, table and name."""
        body = cast("Object", more.get("body", {}))
        place = cast("tuple[str, int] | None", more.get("place"))
        return Command(self._verb, kind, family, table, name, body, self._source, self._line, place)

    def _whose(self) -> tuple[Family, str]:
        family = _family(self._at, "ip") or "ip"
        return family, self._at.name()

    def _by_handle(self) -> None:
        if self._at.at("handle"):
            raise self._at.unread()

    def table(self) -> list[Command]:
        """Return the commands of ``table FAMILY NAME { … }``."""
        at = self._at
        family = _family(at, "ip") or "ip"
        self._by_handle()
        name = at.name()
        if not at.at("{"):
            return [self.command("table", family, name)]
        inside = _Block(self, family, name)
        inside.read(at)
        return inside.commands()

    def rule(self) -> Command:
        """Read the rest of a command about a rule and return the command."""
        at = self._at
        family, table = self._whose()
        name = at.name()
        place = None
        if at.at("handle", "position", "index"):
            place = (at.take().text, at.number())
        if self._verb in ("delete", "destroy"):
            return self.command("rule", family, table, name, place=place)
        statements, comment = rule(at)
        body: Object = {"expr": statements, **({"comment": comment} if comment is not None else {})}
        return self.command("rule", family, table, name, body=body, place=place)

    def element(self) -> Command:
        """Read the rest of a command about a set's or map's elements and return the command."""
        family, table = self._whose()
        name = self._at.name()
        return self.command("element", family, table, name, body={"elem": elements(self._at)})

    def named(self, kind: str) -> list[Command]:
        """Read the rest of a command about a chain, a set, a flowtable or an object, and return the commands that it
        becomes."""
        at = self._at
        family, table = self._whose()
        if self._verb == "flush" and kind == "table":
            return [self.command(kind, family, table)]
        self._by_handle()
        name = at.name()
        if self._verb == "rename":
            return [self.command(kind, family, table, name, body={"newname": at.name()})]
        if self._verb in ("delete", "destroy", "flush"):
            if at.at("{"):
                raise at.unread()
            return [self.command(kind, family, table, name)]
        if kind == "chain":
            body, rules = chain(at) if at.at("{") else ({}, [])
            return [self.command(kind, family, table, name, body=body), *self.rules(family, table, name, rules)]
        return [self.command(kind, family, table, name, body=declaration(at, kind, family))]

    def rules(self, family: Family, table: str, name: str, rules: list[Object]) -> list[Command]:
        """Return the commands that add the rules to the chain."""
        return [
            Command("add", "rule", family, table, name, body, str(body["source"]), int(str(body["line"])))
            for body in rules
        ]


def declaration_of(text: str, family: Family) -> tuple[str, Object]:
    """Return the kind and the JSON body of an object, which ``text`` declares as the IR does."""
    at = Cursor(text, "", {})
    kind, name = _kind(at), at.name()
    return kind, {**declaration(at, kind, family), "name": name}


def declaration(at: Cursor, kind: str, family: Family) -> Object:
    """Read and return the parameters of a set, a map, a flowtable or an object."""
    match kind:
        case "set" | "map":
            return named_set(at, family, is_map=kind == "map") if at.at("{") else {}
        case "flowtable":
            return flowtable(at) if at.at("{") else {}
        case _:
            return declared_object(at, kind)


class _Block:
    """The block of a table in a script: ``table FAMILY NAME { … }``."""

    def __init__(self, made: _Made, family: Family, name: str) -> None:
        self._made = made
        self._family: Family = family
        self._name = name
        self._options: Object = {}
        self._found: dict[str, list[Command]] = {}
        self._rules: list[Command] = []

    def read(self, at: Cursor) -> None:
        """Read the whole block."""
        at.open_block()
        at.skip_ends()
        while not at.at("}"):
            if not (at.common() or self._option(at)):
                self._declared(at)
            at.end_line()
        at.close_block()

    def commands(self) -> list[Command]:
        """Return the commands of the block, in the order in which nft carries them out."""
        order = ("chain", *OBJECTS, "set", "map", "flowtable")
        table = self._made.command("table", self._family, self._name, body=self._options)
        return [table, *(each for kind in order for each in self._found.get(kind, [])), *self._rules]

    def _option(self, at: Cursor) -> bool:
        if at.accept("flags"):
            flags: list[Json] = [at.name()]
            while at.accept(","):
                flags.append(at.name())
            self._options["flags"] = flags
        elif at.at("comment"):
            at.take()
            self._options["comment"] = at.name()
        else:
            return False
        return True

    def _declared(self, at: Cursor) -> None:
        kind = _kind(at)
        if kind not in ("chain", "set", "map", "flowtable", *OBJECTS):
            raise UnreadError(
                message("{words!r} is not understood here", words=kind), source=at.peek().source, line=at.peek().line
            )
        here, name = at.peek(), at.name()
        rules: list[Object] = []
        if kind == "chain":
            body, rules = chain(at)
        else:
            body = declaration(at, kind, self._family)
        command = self._made.command(kind, self._family, self._name, name, body=body)
        self._found.setdefault(kind, []).append(msgspec.structs.replace(command, source=here.source, line=here.line))
        self._rules += self._made.rules(self._family, self._name, name, rules)
