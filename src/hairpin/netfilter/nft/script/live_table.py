"""The state of a table while a script is being carried out on the table.

Source: nft(8); net/netfilter/nf_tables_api.c nf_tables_newchain(), nf_tables_delchain(), nf_tables_newrule()
"""

from collections.abc import Iterator

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import Jump, Rule, Set, Table, VerdictMap
from hairpin.netfilter.nft import listing
from hairpin.netfilter.nft.script.commands import Command, declaration_of
from hairpin.netfilter.nft.script.cursor import UnreadError
from hairpin.netfilter.nft.script.declarations import types_of, with_port_numbers
from hairpin.netfilter.nft.script.held import chain_of, declared_map, declared_set
from hairpin.netfilter.nft.script.named import indexed_links, jump_targets, set_references
from hairpin.netfilter.nft.sets import keys
from hairpin.netfilter.nft.syntax import Json, Object, list_of, named, pair, words

_OBJECT_STATEMENTS = ("counter", "quota", "limit", "synproxy", "ct helper", "ct timeout", "ct expectation", "secmark")


class LoadingHost(msgspec.Struct, frozen=True):
    """The host on which a script is loaded: its links (None if they are not known), nft's version, and the reading's
    id.

    ``late_devices`` is true if a chain or a flowtable may name a link that does not exist yet (since Linux 6.16)."""

    links: frozenset[str] | None = None
    version: str = ""
    evidence: str = ""
    late_devices: bool = False


class LiveTable:
    """A table while a script is being carried out on it.  The rules from before the script are IR, and new rules are
    JSON."""

    def __init__(self, held: Table) -> None:
        self.touched = False
        self.owned = held.owned
        """Whether the table had an owner before the script."""
        self._held = held
        self._flags: Json = None
        family = held.family
        self.chains: dict[str, Object] = {each.name: chain_of(each) for each in held.chains}
        self.rules: dict[str, list[Rule | Object]] = {each.name: [*each.rules] for each in held.chains}
        self._sets: dict[str, Object] = {each.name: declared_set(each) for each in held.sets}
        self._maps: dict[str, Object] = {each.name: declared_map(each) for each in held.maps}
        self._kept: dict[str, Set] = {each.name: each for each in held.sets}
        self._objects = {
            (kind, str(body["name"])): body for kind, body in (declaration_of(t, family) for t in held.objects)
        }

    def with_flags(self, body: Object) -> None:
        """Give the table the flags that a command about the table has."""
        self.touched = True
        self._flags = body.get("flags", self._flags)

    def left(self, target: LoadingHost, source: str) -> Table | None:
        """Return the table after nft has ended; None if nft owned the table, and nothing made the table persist."""
        table = self.table(target, source)
        if not table.owned or self.owned:
            return table
        return msgspec.structs.replace(table, owned=False) if "persist" in words(self._flags) else None

    def table(self, target: LoadingHost, source: str) -> Table:
        """Return the table as it is after the commands so far."""
        if not self.touched:
            return self._held
        family, name = self._held.family, self._held.name
        where: Object = {"family": family, "table": name}
        objects: list[Json] = [{"metainfo": {"version": target.version}}, {"table": {"family": family, "name": name}}]
        if self._flags is not None:
            objects[1] = {"table": {"family": family, "name": name, "flags": self._flags}}
        objects += [_entry("chain", each, where) for each in self.chains.values()]
        objects += [_entry("set", each, where) for each in self._sets.values()]
        objects += [_entry("map", each, where) for each in self._maps.values()]
        objects += [_entry(kind, each, where) for (kind, _), each in self._objects.items()]
        objects += [
            _entry("rule", each, {**where, "chain": chain})
            for chain, rules in self.rules.items()
            for each in rules
            if not isinstance(each, Rule)
        ]
        text = msgspec.json.encode({"nftables": objects}).decode()
        (read,) = listing.parse(text, source=source, evidence=self._held.evidence)
        return self._joined(read)

    def _joined(self, read: Table) -> Table:
        """Return the table ``read`` with the rules from before the script at their places among the new rules."""
        chains = tuple(
            msgspec.structs.replace(chain, rules=tuple(_merged(self.rules[chain.name], chain.rules)))
            for chain in read.chains
        )
        sets = tuple(self._kept.get(each.name, each) for each in read.sets)
        return msgspec.structs.replace(read, dialect=self._held.dialect, chains=chains, sets=sets)

    # --- chains ------------------------------------------------------------------------------------------------------

    def carry_out_chain(self, command: Command, target: LoadingHost) -> None:
        """Carry out a command about a chain."""
        known, name = self.chains.get(command.name), command.name
        if command.verb in ("add", "create") and known is None:
            if "policy" in command.body and "hook" not in command.body:
                raise MalformedError(message("chain {chain} has no hook, so it has no policy", chain=name))
            self._check_devices(command, target)
            self.chains[name], self.rules[name] = {**command.body, "name": name}, []
            return
        if command.verb == "destroy" and known is None:
            return
        if known is None:
            raise MalformedError(message("there is no chain {chain}", chain=name))
        match command.verb:
            case "add":
                self._redeclare(known, command.body)
            case "create":
                raise MalformedError(message("chain {chain} exists already", chain=name))
            case "delete" | "destroy":
                self._delete_chain(name)
            case "flush":
                self.flush(name)
            case "rename":
                self._rename(name, str(command.body["newname"]))
            case _:
                raise MalformedError(message("chain {chain} cannot be replaced", chain=name))

    def flush(self, chain: str) -> None:
        """Delete the chain's rules."""
        self.touched = True
        self.rules[chain] = []

    def _redeclare(self, known: Object, body: Object) -> None:
        if "hook" in body:
            differs = known.get("hook") != body["hook"] or known.get("type") != body.get("type")
            if differs:
                raise MalformedError(message("chain {chain} has another hook already", chain=known.get("name")))
        if "policy" in body:
            known["policy"] = body["policy"]

    def _delete_chain(self, name: str) -> None:
        rules = self.rules.pop(name)
        if name in self._jumped_to():
            self.rules[name] = rules
            raise MalformedError(message("a rule still leads to chain {chain}", chain=name))
        del self.chains[name]

    def _rename(self, name: str, new: str) -> None:
        self.chains = {new if each == name else each: body for each, body in self.chains.items()}
        self.chains[new]["name"] = new
        self.rules[new] = self.rules.pop(name)

    def _jumped_to(self) -> frozenset[str]:
        found: set[str] = set()
        for rules in self.rules.values():
            for each in rules:
                if isinstance(each, Rule):
                    found.update(part.chain for part in each.body if isinstance(part, Jump))
                    maps = (part for part in each.body if isinstance(part, VerdictMap))
                    found.update(
                        one.verdict.chain for part in maps for one in part.elements if isinstance(one.verdict, Jump)
                    )
                else:
                    found.update(jump_targets(each.get("expr")))
        for body in self._maps.values():
            found.update(jump_targets(body.get("elem")))
        return frozenset(found)

    # --- rules -------------------------------------------------------------------------------------------------------

    def carry_out_rule(self, command: Command, target: LoadingHost) -> None:
        """Carry out a command about a rule."""
        rules = self.rules.get(command.name)
        if rules is None:
            if command.verb == "destroy":
                return
            raise MalformedError(message("there is no chain {chain}", chain=command.name))
        if command.verb in ("add", "create", "insert", "replace"):
            self._check(command.body.get("expr"), target)
        match command.verb:
            case "add" | "create":
                at = self._place(command, rules)
                rules.insert(len(rules) if at is None else at + 1, command.body)
            case "insert":
                rules.insert(self._place(command, rules) or 0, command.body)
            case "replace":
                rules[self._needed_place(command, rules)] = command.body
            case "delete" | "destroy":
                del rules[self._needed_place(command, rules)]
            case _:
                raise MalformedError(message("{verb} does not exist for a rule", verb=command.verb))

    def _needed_place(self, command: Command, rules: list[Rule | Object]) -> int:
        at = self._place(command, rules)
        if at is None:
            raise MalformedError(message("no handle names the rule"))
        return at

    def _place(self, command: Command, rules: list[Rule | Object]) -> int | None:
        if command.place is None:
            return None
        kind, number = command.place
        if kind == "index":
            if not 0 <= number < len(rules):
                raise MalformedError(message("chain {chain} has no place {number}", chain=command.name, number=number))
            return number
        for at, each in enumerate(rules):
            if isinstance(each, Rule) and each.handle == number:
                return at
        if any(isinstance(each, Rule) and each.handle is None for each in rules):
            raise UnreadError(message("the handles of the rules are unknown"), source=command.source, line=command.line)
        raise MalformedError(message("chain {chain} has no such rule", chain=command.name))

    def _check(self, value: Json, target: LoadingHost) -> None:
        """Raise MalformedError if a rule names a chain, a set, an object or a link that does not exist."""
        for chain in jump_targets(value):
            if chain not in self.chains:
                raise MalformedError(message("there is no chain {chain}", chain=chain))
        flowtables = {name for kind, name in self._objects if kind == "flowtable"}
        known = {*self._sets, *self._maps, *flowtables}
        for each in set_references(value):
            if each not in known:
                raise MalformedError(message("there is no set {name}", name=each))
        for statement in list_of(value):
            kind, inner = (
                named(statement),
                statement.get(named(statement) or "") if isinstance(statement, dict) else None,
            )
            if kind in _OBJECT_STATEMENTS and isinstance(inner, str) and (kind, inner) not in self._objects:
                raise MalformedError(message("there is no {kind} {name}", kind=kind, name=inner))
        self._check_links(list(indexed_links(value)), target)

    def _check_devices(self, command: Command, target: LoadingHost) -> None:
        if not target.late_devices:
            self._check_links(command.body.get("dev"), target)

    def _check_links(self, names: Json, target: LoadingHost) -> None:
        if target.links is None:
            return
        for each in names if isinstance(names, list) else [names]:
            if isinstance(each, str) and each not in target.links and not each.endswith("*"):
                raise MalformedError(message("the interface {link} does not exist yet", link=each))

    # --- sets, maps and objects --------------------------------------------------------------------------------------

    def carry_out_declaration(self, command: Command, target: LoadingHost) -> None:
        """Carry out a command about a set, a map, a flowtable or an object."""
        kind, name = command.kind, command.name
        held: dict[str, Object] = self._sets if kind == "set" else self._maps if kind == "map" else {}
        if kind not in ("set", "map"):
            held = {each: body for (of, each), body in self._objects.items() if of == kind}
            self._check_devices(command, target)
        known = held.get(name)
        if command.verb in ("add", "create"):
            if known is not None and command.verb == "create":
                raise MalformedError(message("{kind} {name} exists already", kind=kind, name=name))
            self._declare(command, known)
            return
        if known is None:
            known = self._maps.get(name) if kind == "set" else None
            if known is None and command.verb == "destroy":
                return
            if known is None:
                raise MalformedError(message("there is no {kind} {name}", kind=kind, name=name))
        self._kept.pop(name, None)
        if command.verb == "flush":
            known["elem"] = []
        elif kind in ("set", "map"):
            self._sets.pop(name, None)
            self._maps.pop(name, None)
        else:
            del self._objects[kind, name]

    def _declare(self, command: Command, known: Object | None) -> None:
        kind, name = command.kind, command.name
        body: Object = {**command.body, "name": name}
        if known is not None:
            if "elem" in body:
                self._add_elements(name, known, list_of(body["elem"]))
        elif kind == "set":
            self._sets[name] = body
        elif kind == "map":
            self._check(body.get("elem"), LoadingHost())
            self._maps[name] = body
        else:
            self._objects[kind, name] = body

    def carry_out_elements(self, command: Command) -> None:
        """Carry out a command about the elements of a set or a map."""
        name = command.name
        known = self._sets.get(name) or self._maps.get(name)
        if known is None:
            if command.verb == "destroy":
                return
            raise MalformedError(message("there is no set {name}", name=name))
        elements = list_of(with_port_numbers(known, self._held.family, command.body["elem"]))
        match command.verb:
            case "add" | "create":
                self._add_elements(name, known, elements)
            case "delete" | "destroy":
                self._delete_elements(name, known, elements, strict=command.verb == "delete")
            case _:
                raise MalformedError(message("{verb} does not exist for an element", verb=command.verb))

    def _add_elements(self, name: str, known: Object, elements: list[Json]) -> None:
        self._kept.pop(name, None)
        self._checkjump_targets(elements)
        have = {self._element_key(known, each) for each in list_of(known.get("elem"))}
        new = [each for each in elements if self._element_key(known, each) not in have]
        known["elem"] = [*list_of(known.get("elem")), *new]

    def _checkjump_targets(self, elements: list[Json]) -> None:
        for chain in jump_targets(elements):
            if chain not in self.chains:
                raise MalformedError(message("there is no chain {chain}", chain=chain))

    def _delete_elements(self, name: str, known: Object, elements: list[Json], *, strict: bool) -> None:
        self._kept.pop(name, None)
        gone = {self._element_key(known, each) for each in elements}
        have = {self._element_key(known, each) for each in list_of(known.get("elem"))}
        if strict and gone - have:
            raise MalformedError(message("set {name} has no such element", name=name))
        known["elem"] = [each for each in list_of(known.get("elem")) if self._element_key(known, each) not in gone]

    def _element_key(self, known: Object, element: Json) -> object:
        key = pair(element)[0] if "map" in known and isinstance(element, list) else element
        found = keys(key, types_of(known.get("type"), self._held.family))
        return found if found is not None else msgspec.json.encode(key)


def _entry(kind: str, body: Object, where: Object) -> Json:
    """Return a declaration as an object of nft's JSON listing."""
    return {kind: {**body, **where}}


def _merged(wanted: list[Rule | Object], read: tuple[Rule, ...]) -> Iterator[Rule]:
    """Yield the rules from before the script and the newly read rules in their order, with new numbers."""
    fresh = 0
    for number, each in enumerate(_grouped(wanted), 1):
        if isinstance(each, list):
            yield from (msgspec.structs.replace(one, number=number) for one in each)
        else:
            fresh += 1
            yield from (msgspec.structs.replace(one, number=number) for one in read if one.number == fresh)


def _grouped(rules: list[Rule | Object]) -> Iterator[list[Rule] | Object]:
    """Yield each rule that the script added.  Yield the older rules in lists.  The rules in the same list were one rule
    of nft."""
    group: list[Rule] = []
    for each in rules:
        if group and not (isinstance(each, Rule) and each.number == group[0].number):
            yield group
            group = []
        if isinstance(each, Rule):
            group.append(each)
        else:
            yield each
    if group:
        yield group
