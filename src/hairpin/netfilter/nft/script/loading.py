"""Loads a script into existing tables, as ``nft -f`` does.

A script is one transaction: if the kernel refuses one command, nothing changes.  An existing table, chain, set or
object stays, and rules are always added, so after a script is loaded twice, the tables have its rules twice.  For nft,
the tables of iptables-nft are ordinary tables, but nft does not see the tables of iptables-legacy.  Only its owner
changes a table with the flag ``owner``: ``flush ruleset`` leaves the table, and every other command about it fails.  A
table that the script itself gives this flag loses its owner when nft ends.

Source: nft(8); net/netfilter/nf_tables_api.c nf_tables_newchain(), nf_tables_delchain(), nf_tables_newrule(),
nft_table_lookup(), nft_flush(), nft_rcv_nl_event()
"""

from collections.abc import Iterable

import msgspec

from hairpin.errors import MalformedError, ParseError
from hairpin.message import message
from hairpin.netfilter.ir import Family, Table
from hairpin.netfilter.nft.script.commands import Command, commands
from hairpin.netfilter.nft.script.cursor import Files, UnreadError
from hairpin.netfilter.nft.script.implied import with_implied
from hairpin.netfilter.nft.script.live_table import LiveTable, LoadingHost
from hairpin.netfilter.nft.syntax import Json, Object, content, list_of, named
from hairpin.netfilter.tool_version import is_older

_DESTROYS = (1, 0, 7)
_OWN = frozenset({"nft", "iptables-nft"})


def tables_after(
    text: str, held: Iterable[Table], target: LoadingHost, *, source: str, files: Files | None = None
) -> tuple[Table, ...]:
    """Return all tables as they are after ``nft -f``.  ``held`` are the existing tables.  Raises ParseError if nft or
    the kernel refuses the script.  A refused script changes nothing.  The function ``commands`` lists the kinds of
    ParseError."""
    state = _State(held, target)
    for command in commands(text, source=source, files=files):
        try:
            state.carry_out(command)
        except MalformedError as error:
            raise ParseError(error.said, source=command.source, line=command.line) from None
    return state.tables(source)


class _State:
    """All tables while a script is being carried out on them."""

    def __init__(self, held: Iterable[Table], target: LoadingHost) -> None:
        self._target = target
        self._others: list[Table] = []
        self._tables: dict[tuple[Family, str], LiveTable] = {}
        self._order: list[Table | tuple[Family, str]] = []
        self._unnamed = 0
        for each in held:
            if each.dialect in _OWN:
                self._tables[each.family, each.name] = LiveTable(each)
                self._order.append((each.family, each.name))
            else:
                self._order.append(each)

    def tables(self, source: str) -> tuple[Table, ...]:
        """Return the tables as they are after the commands so far."""
        places = dict.fromkeys((*self._order, *self._tables))
        found = (
            each if isinstance(each, Table) else self._tables[each].left(self._target, source)
            for each in places
            if isinstance(each, Table) or each in self._tables
        )
        return tuple(each for each in found if each is not None)

    def carry_out(self, command: Command) -> None:
        """Carry out the command; raises MalformedError if nft or the kernel refuses it."""
        if command.verb == "destroy" and is_older(self._target.version, _DESTROYS):
            raise MalformedError(
                message("nft {version} does not know the command destroy", version=self._target.version)
            )
        if command.kind == "ruleset":
            self._flush(command)
        elif command.kind == "table":
            self._table(command)
        else:
            self._in_table(command)

    def _flush(self, command: Command) -> None:
        if command.verb != "flush":
            raise UnreadError(message("for a ruleset, only flush exists"), source=command.source, line=command.line)
        gone = [each for each in self._tables if command.family in (None, each[0])]
        for each in gone:
            if not self._tables[each].owned:
                del self._tables[each]

    def _table(self, command: Command) -> None:
        key = _key(command)
        known = self._tables.get(key)
        _check_owner(known, command)
        match command.verb:
            case "add" | "create":
                if known is None:
                    known = self._tables[key] = LiveTable(Table(*key, "nft", (), evidence=self._target.evidence))
                elif command.verb == "create":
                    raise MalformedError(message("table {name} exists already", name=key[1]))
                known.with_flags(command.body)
            case "destroy" if known is None:
                pass
            case _ if known is None:
                raise MalformedError(message("there is no table {family} {name}", family=key[0], name=key[1]))
            case "delete" | "destroy":
                del self._tables[key]
            case "flush":
                for chain in known.chains:
                    known.flush(chain)
            case _:
                raise UnreadError(
                    message("{verb} does not exist for a table", verb=command.verb),
                    source=command.source,
                    line=command.line,
                )

    def _in_table(self, command: Command) -> None:
        table = self._tables.get(_key(command))
        if table is None:
            if command.verb == "destroy":
                return
            raise MalformedError(
                message("there is no table {family} {name}", family=command.family, name=command.table)
            )
        _check_owner(table, command)
        table.touched = True
        match command.kind:
            case "chain":
                table.carry_out_chain(command, self._target)
            case "rule":
                self._rule(table, command)
            case "element":
                table.carry_out_elements(command)
            case _:
                table.carry_out_declaration(command, self._target)

    def _rule(self, table: "LiveTable", command: Command) -> None:
        statements = with_implied(list_of(command.body.get("expr")), command.family or "ip")
        command = msgspec.structs.replace(command, body={**command.body, "expr": statements})
        if any(isinstance(content(each).get("rules"), list) for each in statements):
            statements = [self._with_name(table, each, command) for each in statements]
            command = msgspec.structs.replace(command, body={**command.body, "expr": statements})
        table.carry_out_rule(command, self._target)

    def _with_name(self, table: "LiveTable", statement: Json, command: Command) -> Json:
        """Return the jump to an unnamed chain with the name that the kernel gives to this chain."""
        rules = content(statement).get("rules")
        if not isinstance(rules, list):
            return statement
        self._unnamed += 1
        name = f"__chain{self._unnamed}"
        table.chains[name] = {"name": name}
        table.rules[name] = []
        for each in rules:
            body: Object = each if isinstance(each, dict) else {}
            self._rule(table, msgspec.structs.replace(command, verb="add", name=name, body=body, place=None))
        return {named(statement) or "jump": {"target": name}}


def _check_owner(table: LiveTable | None, command: Command) -> None:
    """Raise MalformedError if the table has an owner, which is never the nft that loads the script."""
    if table is not None and table.owned:
        raise MalformedError(
            message(
                "table {family} {name} belongs to a process that lets no other program change it (flags owner)",
                family=command.family or "ip",
                name=command.table,
            )
        )


def _key(command: Command) -> tuple[Family, str]:
    return command.family or "ip", command.table
