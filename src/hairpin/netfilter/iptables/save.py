"""Reads ``iptables-save`` and ``ip6tables-save``, with or without ``-c``, of iptables 1.4 to 1.8.

    file   := (comment | table)*
    table  := "*" NAME chain* rule* "COMMIT"
    chain  := ":" NAME (POLICY | "-") counters?
    rule   := counters? "-A" CHAIN (match | target)*
    match  := "!"? ("-s" | "-d" | "-i" | "-o" | "-p") VALUE | "!"? "-f" | "-m" MODULE option*
    target := ("-j" | "-g") NAME option*
    counters := "[" PACKETS ":" BYTES "]"

This file reads the options of iptables itself (core options); matches.py and targets.py read modules and targets.  A
core option and all words up to the next core option are a group.  Equal groups give equal nodes, so each group is read
once: 50,000 rules have few different groups.

Source: iptables/iptables-save.c, iptables/xshared.c, libxtables/xtables.c; include/uapi/linux/netfilter_ipv4.h
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.address import ipv4_of
from hairpin.netfilter.collection import no_collection
from hairpin.netfilter.iptables.demands import MAX_INTERFACE_NAME, lacks_protocol
from hairpin.netfilter.iptables.matches import OPTION_READERS, read_match
from hairpin.netfilter.iptables.merged_ports import NATIVE, merges, with_merged_ports
from hairpin.netfilter.iptables.targets import VERDICTS, read_target
from hairpin.netfilter.iptables.words import (
    CORE,
    Option,
    gather_options,
    is_plain,
    read_group,
    split_groups,
    split_plain_groups,
    split_words,
)
from hairpin.netfilter.protocols import BUILT_IN, protocol_number
from hairpin.netfilter.rule_address import IpFamily

IptablesDialect = Literal["iptables-nft", "iptables-legacy"]

_FILTER: dict[str, tuple[ir.Hook, int, ir.ChainType]] = {
    "INPUT": ("input", 0, "filter"), "FORWARD": ("forward", 0, "filter"), "OUTPUT": ("output", 0, "filter"),
}  # fmt: skip
BASE_CHAINS: dict[str, dict[str, tuple[ir.Hook, int, ir.ChainType]]] = {
    "raw": {"PREROUTING": ("prerouting", -300, "filter"), "OUTPUT": ("output", -300, "filter")},
    "mangle": {
        "PREROUTING": ("prerouting", -150, "filter"), "INPUT": ("input", -150, "filter"),
        "FORWARD": ("forward", -150, "filter"), "OUTPUT": ("output", -150, "route"),
        "POSTROUTING": ("postrouting", -150, "filter"),
    },
    "nat": {
        "PREROUTING": ("prerouting", -100, "nat"), "INPUT": ("input", 100, "nat"), "OUTPUT": ("output", -100, "nat"),
        "POSTROUTING": ("postrouting", 100, "nat"),
    },
    "filter": _FILTER,
    "security": {name: (hook, 50, kind) for name, (hook, _, kind) in _FILTER.items()},
}  # fmt: skip
"""The hook, the priority and the type of each built-in chain, by table (enum nf_ip_hook_priorities)."""

_APPEND = ("-A", "--append")
_ADDRESSES = ("-s", "-d")
_INTERFACES = ("-i", "-o")
_TARGET = ("-j ", "-g ")
_HOSTS: dict[str, ir.Field] = {"-s ": "saddr4", "-d ": "daddr4"}
_PORTS: dict[str, ir.Field] = {
    f"-m {name} --{field} ": field for name in ("tcp", "udp") for field in ("sport", "dport")
}
_DNAT = "-j DNAT --to-destination "
_CORE_READERS = OPTION_READERS[""]
_COMMENT = re.compile(r'-m comment --comment "([^"\\]*)"')


def parse(
    text: str,
    *,
    family: IpFamily,
    dialect: IptablesDialect,
    source: str,
    evidence: str = "",
    ipsets: tuple[ir.Set, ...] = (),
    known: tuple[ir.Table, ...] = (),
) -> tuple[ir.Table, ...]:
    """Return the tables in file order; raise ParseError with source, line and the line's text.

    The types of the ``ipsets`` decide which fields ``--match-set`` compares; a match with an unknown set is opaque.
    ``known`` has tables from an earlier text of the same tool and family, with the same sets; the lines of these tables
    are not parsed again.
    """
    with no_collection():
        reader = _Reader(family, dialect, source, evidence, {each.name: each for each in ipsets}, known)
        return tuple(reader.tables(text.split("\n")))


def _bodies(table: ir.Table | None) -> dict[str, tuple[ir.Expression, ...]]:
    """Return the bodies of the table's rules by the rules' texts.  NETMAP rules are omitted: they depend on other rules
    (netmap.py)."""
    rules = (rule for chain in table.chains for rule in chain.rules) if table is not None else ()
    return {rule.text: rule.body for rule in rules if "NETMAP" not in rule.text}


class _OpenTable:
    """A table between ``*NAME`` and ``COMMIT``: its chains in order, and the rules that have been read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policies: dict[str, tuple[str, int | None]] = {}
        self.rules: dict[str, list[ir.Rule]] = {}
        self.groups: dict[str, tuple[ir.Expression, ...]] = {}
        self.bodies: dict[str, tuple[ir.Expression, ...]] = {}
        self.netmap = False


class _Reader:
    def __init__(
        self,
        family: IpFamily,
        dialect: IptablesDialect,
        source: str,
        evidence: str,
        ipsets: dict[str, ir.Set],
        known: tuple[ir.Table, ...],
    ) -> None:
        self._family: IpFamily = family
        self._dialect: IptablesDialect = dialect
        self._source = source
        self._evidence = evidence
        self._ipsets = ipsets
        self._merges = False
        self._known = {each.name: each for each in known}

    def tables(self, lines: Iterable[str]) -> Iterator[ir.Table]:
        table: _OpenTable | None = None
        number = 0
        for number, line in enumerate(lines, 1):
            first = line[:1]
            try:
                if first in ("[", "-"):
                    self._rule(table, line, number)
                elif first == ":":
                    _declare(table, line)
                elif first == "*":
                    table = _opened(table, line[1:].strip())
                    table.bodies = _bodies(self._known.get(table.name))
                elif line.startswith("COMMIT"):
                    yield self._finished(_inside(table))
                    table = None
                elif first == "#":
                    self._written_by(line)
                else:
                    _check_noise(line)
            except (ValueError, IndexError) as error:
                raise ParseError(
                    message("{reason}; read the rules again", reason=reason_of(error)),
                    source=self._source,
                    line=number,
                    text=line,
                ) from None
        if table is not None:
            said = message(
                "table {table} is not finished, the reading was cut off; read the rules again", table=table.name
            )
            raise ParseError(said, source=self._source, line=number)

    def _written_by(self, line: str) -> None:
        """Read the tool's version from a comment such as ``# Generated by iptables-nft-save v1.8.9 (nf_tables) on
        …``."""
        words = line.split()
        if self._dialect == "iptables-nft" and words[1:3] == ["Generated", "by"] and len(words) > 4:
            self._merges = merges(words[4])

    def _rule(self, table: _OpenTable | None, line: str, number: int) -> None:
        if table is None:
            raise MalformedError(message("this line is outside of a table"))
        packets = octets = None
        text = line
        if line[0] == "[":
            counters, bracket, text = line.partition("] ")
            count, colon, size = counters[1:].partition(":")
            if not (bracket and colon):
                raise MalformedError(message("the counters are damaged"))
            packets, octets = int(count), int(size)
        command, _, rest = text.partition(" ")
        if command not in _APPEND:
            raise MalformedError(message("{word} is not -A", word=command))
        chain, _, words = rest.partition(" ")
        rules = table.rules.get(chain)
        if rules is None:
            raise MalformedError(message("chain {chain!r} is not declared", chain=chain))
        body = table.bodies.get(text)
        if body is None:
            body = self._body(words, table) if words else ()
        rules.append(ir.Rule(body, text, len(rules) + 1, number, None, packets, octets))

    def _body(self, words: str, table: _OpenTable) -> tuple[ir.Expression, ...]:
        """Read a rule's words after the chain.  Statements come last, even if ``-j`` precedes matches."""
        if "-p " not in words and (refused := lacks_protocol(words, self._family)) is not None:
            # iptables would refuse this rule, so no kernel has it.
            return (ir.OpaqueMatch(refused), *self._unusual_body(words, table))
        known = table.groups
        body: list[ir.Expression] = []
        groups = split_plain_groups(words) if "\\" not in words else split_groups(words)
        for group in groups:
            nodes = known.get(group)
            if nodes is None:
                nodes = _frequent(group)
                if nodes is None:
                    if not is_plain(group):
                        return self._unusual_body(words, table)
                    nodes = self._group(split_words(group), table)
                if self._merges and "! --sport " in group and group.startswith(NATIVE):
                    nodes = with_merged_ports(nodes)
                known[group] = nodes
            body += nodes
        return tuple(body) if groups[-1][:3] in _TARGET else _statements_last(body)

    def _unusual_body(self, words: str, table: _OpenTable) -> tuple[ir.Expression, ...]:
        """Read words that iptables-save never prints but iptables-restore accepts: long names of options,
        ``--comment -j``, or a port after an address."""
        body: list[ir.Expression] = []
        for raw in gather_options([split_words(group) for group in split_groups(words)]):
            body += self._group(raw, table)
        return _statements_last(body)

    def _group(self, raw: list[str], table: _OpenTable) -> tuple[ir.Expression, ...]:
        """Read one core option with all words up to the next core option."""
        negated = raw[0] == "!"
        option = CORE[raw[negated]]
        rest = raw[negated + 1 :]
        if option == "-f":
            return (ir.FieldMatch("fragment", ((1, 1),), negated), *self._implied("", rest))
        if rest[0] == "!":
            # iptables before 1.4.3 wrote ``-s ! ADDRESS``.
            negated, rest = True, rest[1:]
        if option == "-m":
            return read_match(read_group(raw, rest[0], self._family), self._ipsets)
        if option == "-j":
            return self._target(raw, table)
        if option == "-g":
            return (ir.Jump(rest[0], goto=True),)
        return (*self._core_match(option, rest[0], negated), *self._implied(rest[0], rest[1:]))

    def _core_match(self, option: str, value: str, negated: bool) -> tuple[ir.Expression, ...]:
        """Return the match of an option of iptables itself; none for an option that every packet satisfies."""
        if option == "-p":
            number = 0 if value == "all" else protocol_number(value)
            if number is None or (number == 0 and negated and value != "all"):
                # No packet satisfies ``! -p 0``, so iptables refuses it.
                return (ir.OpaqueMatch(f"{'! ' if negated else ''}-p {value}"),)
            if number == 0:
                return ()
        if option in _INTERFACES and len(value) > MAX_INTERFACE_NAME:
            raise MalformedError(message("{name} is longer than an interface's name can be", name=value))
        matches = _CORE_READERS[option](Option(option, negated, (value,), ""), self._family)
        everything = value.endswith("/0") if option in _ADDRESSES else option in _INTERFACES and value == "+"
        return () if everything and not negated else matches

    def _implied(self, protocol: str, words: list[str]) -> tuple[ir.Expression, ...]:
        """Read options after ``-p PROTOCOL`` whose ``-m PROTOCOL`` is omitted, as in rules that people write."""
        if not words:
            return ()
        number = protocol_number(protocol)
        name = BUILT_IN.get(number) if number is not None else None
        if name is None or not words[0].startswith(("-", "!")):
            raise MalformedError(message("unknown option {option!r}", option=words[0]))
        return read_match(read_group(words, name, self._family), self._ipsets)

    def _target(self, words: list[str], table: _OpenTable) -> tuple[ir.Expression, ...]:
        name = words[1]
        verdict = VERDICTS.get(name)
        if verdict is not None:
            return (verdict,)
        if name in table.rules:
            return (ir.Jump(name),)
        table.netmap = table.netmap or name == "NETMAP"
        return read_target(read_group(words, name, self._family))

    def _finished(self, table: _OpenTable) -> ir.Table:
        hooks = BASE_CHAINS[table.name]
        chains: list[ir.Chain] = []
        for name, (policy, packets) in table.policies.items():
            rules = tuple(table.rules[name])
            if policy == "-":
                chains.append(ir.Chain(name, rules))
                continue
            hook, priority, kind = hooks[name]
            if table.name == "security" and self._dialect == "iptables-nft":
                priority = 150  # not NF_IP_PRI_SECURITY, although a comment in iptables/nft.c says so
            chains.append(
                ir.Chain(name, rules, hook, kind, priority, "drop" if policy == "DROP" else "accept", (), packets)
            )
        finished = tuple(chains)
        if table.netmap:
            from hairpin.netfilter.iptables.netmap import resolved  # noqa: PLC0415 - few tables have NETMAP

            finished = resolved(finished)
        return ir.Table(self._family, table.name, self._dialect, finished, evidence=self._evidence)


def _frequent(group: str) -> tuple[ir.Expression, ...] | None:
    """Read a group that differs in nearly every rule of a container engine; None for any other group.  This function is
    quicker than the tables of options."""
    field = _HOSTS.get(group[:3])
    if field is not None:
        address = ipv4_of(group[3:-3]) if group.endswith("/32") else None
        return None if address is None else (ir.FieldMatch(field, ((address, address),)),)
    field = _PORTS.get(group[:15])
    if field is not None:
        port = _port(group[15:])
        return None if port is None else (ir.FieldMatch(field, ((port, port),)),)
    if group.startswith(_DNAT):
        host, _, number = group.removeprefix(_DNAT).partition(":")
        address, port = ipv4_of(host), _port(number)
        return (
            None if address is None or port is None else (ir.Nat("dnat", (address, address), (port, port), version=4),)
        )
    found = _COMMENT.fullmatch(group)
    return (ir.NoEffect("comment", found[1]),) if found is not None else None


def _port(text: str) -> int | None:
    """Return the port that the digits give; None for other words, which the tables of options read."""
    port = int(text) if text.isdigit() else -1
    return port if 0 <= port <= 0xFFFF else None


def _statements_last(body: list[ir.Expression]) -> tuple[ir.Expression, ...]:
    """Return the rule's body with its statements after its matches.  A comment stays among the matches."""
    return tuple(sorted(body, key=lambda each: isinstance(each, ir.Statement) and not isinstance(each, ir.NoEffect)))


def _inside(table: _OpenTable | None) -> _OpenTable:
    if table is None:
        raise MalformedError(message("this line is outside of a table"))
    return table


def _opened(before: _OpenTable | None, name: str) -> _OpenTable:
    if before is not None:
        raise MalformedError(message("table {table} is not finished: no COMMIT before this line", table=before.name))
    if name not in BASE_CHAINS:
        raise MalformedError(message("iptables has no table {table!r}", table=name))
    return _OpenTable(name)


def _check_noise(line: str) -> None:
    if line.strip() and not line.startswith("Warning:"):
        raise MalformedError(message("not a line of iptables-save"))


def _declare(table: _OpenTable | None, line: str) -> None:
    table = _inside(table)
    words = line[1:].split()
    if len(words) < 2 or words[1] not in ("ACCEPT", "DROP", "-"):
        raise MalformedError(message("the declaration of the chain is damaged"))
    name, policy = words[:2]
    if policy != "-" and name not in BASE_CHAINS[table.name]:
        raise MalformedError(message("table {table} has no built-in chain {chain!r}", table=table.name, chain=name))
    packets = int(words[2].strip("[]").partition(":")[0]) if len(words) > 2 and policy != "-" else None
    table.policies[name] = (policy, packets)
    table.rules.setdefault(name, [])
