"""Reads ``iptables-save`` and ``ip6tables-save``, with or without ``-c``, of iptables 1.4 to 1.8.

    file   := (comment | table)*
    table  := "*" NAME chain* rule* "COMMIT"
    chain  := ":" NAME (POLICY | "-") counters?
    rule   := counters? "-A" CHAIN (match | target)*
    match  := "!"? ("-s" | "-d" | "-i" | "-o" | "-p") VALUE | "!"? "-f" | "-m" MODULE option*
    target := ("-j" | "-g") NAME option*
    counters := "[" PACKETS ":" BYTES "]"

The words of core options are read here, those of modules and targets in iptables_matches.py and iptables_targets.py.
Equal words mean equal nodes, so each group of words is read once and remembered: that is what makes 50,000 rules quick.

Source: iptables/iptables-save.c, iptables/xshared.c, libxtables/xtables.c; include/uapi/linux/netfilter_ipv4.h
"""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from hairpin.errors import ParseError
from hairpin.netfilter.ir import (
    Chain,
    ChainType,
    Expression,
    FieldMatch,
    Hook,
    Jump,
    NameMatch,
    OpaqueMatch,
    Rule,
    Set,
    Table,
    Verdict,
)
from hairpin.netfilter.iptables_fields import field_of, interface_pattern, prefix_match
from hairpin.netfilter.iptables_matches import read_match
from hairpin.netfilter.iptables_targets import read_target
from hairpin.netfilter.iptables_words import FREE_TEXT, read_group, split_words
from hairpin.netfilter.netmap import settled
from hairpin.netfilter.prefix import IpFamily
from hairpin.netfilter.protocols import BUILT_IN, protocol_number

IptablesDialect = Literal["iptables-nft", "iptables-legacy"]

_LONG = {
    "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--protocol": "-p", "--fragment": "-f", "--fragments": "-f", "--match": "-m",
    "--jump": "-j", "--goto": "-g",
}  # fmt: skip
_CORE = {**{short: short for short in ("-s", "-d", "-i", "-o", "-p", "-f", "-m", "-j", "-g")}, **_LONG}
_VERDICTS: dict[str, Verdict] = {"ACCEPT": Verdict("accept"), "DROP": Verdict("drop"), "RETURN": Verdict("return")}

_FILTER: dict[str, tuple[Hook, int, ChainType]] = {
    "INPUT": ("input", 0, "filter"), "FORWARD": ("forward", 0, "filter"), "OUTPUT": ("output", 0, "filter"),
}  # fmt: skip
BASE_CHAINS: dict[str, dict[str, tuple[Hook, int, ChainType]]] = {
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
"""Hook, priority and type of each built-in chain (enum nf_ip_hook_priorities)."""

_INCOMPATIBLE = re.compile(r"^# Table `(\S+)' is incompatible", re.MULTILINE)


def parse(
    text: str,
    *,
    family: IpFamily,
    dialect: IptablesDialect,
    source: str,
    evidence: str = "",
    ipsets: tuple[Set, ...] = (),
) -> tuple[Table, ...]:
    """Return the tables in file order; raise ParseError with source, line and the line's text.

    ``ipsets`` tell what the flags of ``--match-set`` look at; a set that is not among them makes the match opaque.
    """
    with _no_collection():
        reader = _Reader(family, dialect, source, evidence, {each.name: each for each in ipsets})
        return tuple(reader.tables(text.splitlines()))


def incompatible_tables(text: str) -> tuple[str, ...]:
    """Return the tables that iptables-nft-save refused to print, because somebody put native nft rules into them."""
    return tuple(_INCOMPATIBLE.findall(text))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector out while tens of thousands of rules are made: none of them is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _OpenTable:
    """A table between ``*NAME`` and ``COMMIT``: chains in order, and their rules so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policies: dict[str, tuple[str, int | None]] = {}
        self.rules: dict[str, list[Rule]] = {}
        self.targets: dict[str, tuple[Expression, ...]] = {}
        self.bodies: dict[str, tuple[Expression, ...]] = {}
        self.netmap = False


class _Reader:
    def __init__(
        self, family: IpFamily, dialect: IptablesDialect, source: str, evidence: str, ipsets: dict[str, Set]
    ) -> None:
        self._family: IpFamily = family
        self._dialect: IptablesDialect = dialect
        self._source = source
        self._evidence = evidence
        self._ipsets = ipsets
        self._core: dict[tuple[str, str, bool], tuple[Expression, ...]] = {}
        self._modules: dict[str, tuple[Expression, ...]] = {}

    def tables(self, lines: Iterable[str]) -> Iterator[Table]:
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
                    if table is not None:
                        raise ValueError(f"table {table.name} is not finished: no COMMIT before this line")
                    table = _OpenTable(_known_table(line[1:].strip()))
                elif line.startswith("COMMIT"):
                    yield self._finished(_inside(table))
                    table = None
                elif line.strip() and first != "#" and not line.startswith("Warning:"):
                    raise ValueError("not a line of iptables-save")
            except (ValueError, IndexError) as reason:
                raise ParseError(f"{reason}; read the rules again", source=self._source, line=number, text=line) from None
        if table is not None:
            message = f"table {table.name} is not finished, the reading was cut off; read the rules again"
            raise ParseError(message, source=self._source, line=number)

    def _rule(self, table: _OpenTable | None, line: str, number: int) -> None:
        table = _inside(table)
        packets = octets = None
        if line[0] == "[":
            counters, bracket, text = line.partition("] ")
            count, colon, size = counters[1:].partition(":")
            if not (bracket and colon):
                raise ValueError("the counters are damaged")
            packets, octets = int(count), int(size)
        else:
            text = line
        command, _, rest = text.partition(" ")
        chain, _, words = rest.partition(" ")
        if command not in ("-A", "--append"):
            raise ValueError(f"{command} is not -A")
        rules = table.rules.get(chain)
        if rules is None:
            raise ValueError(f"chain {chain!r} is not declared")
        body = table.bodies.get(words)
        if body is None:
            body = table.bodies[words] = self._body(split_words(words), table)
        rules.append(Rule(body, text, len(rules) + 1, number, None, packets, octets))

    def _body(self, raw: list[str], table: _OpenTable) -> tuple[Expression, ...]:
        """Read a rule's words after the chain; statements come last wherever ``-j`` stands."""
        matches: list[Expression] = []
        statements: tuple[Expression, ...] = ()
        core, modules, targets = self._core, self._modules, table.targets
        index, count = 0, len(raw)
        while index < count:
            word = raw[index]
            negated = word == "!"
            if negated:
                index += 1
                word = raw[index]
            option = _CORE.get(word)
            if option is None:
                start, index = index - negated, _end_of_group(raw, index, count)
                matches += self._implied(raw[start:index], raw[:start])
            elif option == "-m" or option == "-j":
                end = _end_of_group(raw, index + 2, count)
                words = raw[index:end]
                key = " ".join(words)
                known = (modules if option == "-m" else targets).get(key)
                if option == "-m":
                    matches += modules.setdefault(key, self._match(words)) if known is None else known
                else:
                    statements = targets.setdefault(key, self._target(words, table)) if known is None else known
                index = end
            elif option == "-g":
                statements = (Jump(raw[index + 1], goto=True),)
                index += 2
            elif option == "-f":
                matches.append(FieldMatch("fragment", ((1, 1),), negated))
                index += 1
            else:
                value = raw[index + 1]
                if value == "!":
                    negated, index, value = True, index + 1, raw[index + 2]
                nodes = core.get((option, value, negated))
                if nodes is None:
                    nodes = core[option, value, negated] = self._core_match(option, value, negated)
                matches += nodes
                index += 2
        return (*matches, *statements)

    def _core_match(self, option: str, value: str, negated: bool) -> tuple[Expression, ...]:
        if option == "-s" or option == "-d":
            match = prefix_match(field_of("saddr" if option == "-s" else "daddr", self._family), value, negated, self._family)
            everything = value.endswith("/0") and not negated
            return () if everything else (match,)
        if option == "-i" or option == "-o":
            name = interface_pattern(value)
            return () if name == "*" and not negated else (NameMatch("iif" if option == "-i" else "oif", (name,), negated),)
        if value == "all":
            return ()
        protocol = protocol_number(value)
        if protocol is None:
            return (OpaqueMatch(f"{'! ' if negated else ''}-p {value}"),)
        return () if protocol == 0 else (FieldMatch("protocol", ((protocol, protocol),), negated),)

    def _match(self, words: list[str]) -> tuple[Expression, ...]:
        return read_match(read_group(words, words[1], self._family), self._ipsets)

    def _implied(self, words: list[str], before: list[str]) -> tuple[Expression, ...]:
        """Read options without ``-m``: hand-written rules leave the protocol's own module out."""
        protocols = [before[at + 1] for at, word in enumerate(before[:-1]) if _CORE.get(word) == "-p"]
        number = protocol_number(protocols[-1]) if protocols else None
        name = BUILT_IN.get(number) if number is not None else None
        if name is None:
            raise ValueError(f"unknown option {words[0]!r}")
        return read_match(read_group(words, name, self._family), self._ipsets)

    def _target(self, words: list[str], table: _OpenTable) -> tuple[Expression, ...]:
        name = words[1]
        verdict = _VERDICTS.get(name)
        if verdict is not None:
            return (verdict,)
        if name in table.rules:
            return (Jump(name),)
        table.netmap = table.netmap or name == "NETMAP"
        return read_target(read_group(words, name, self._family))

    def _finished(self, table: _OpenTable) -> Table:
        hooks = BASE_CHAINS[table.name]
        chains: list[Chain] = []
        for name, (policy, packets) in table.policies.items():
            rules = tuple(table.rules[name])
            if policy == "-":
                chains.append(Chain(name, rules))
                continue
            hook, priority, kind = hooks[name]
            chains.append(Chain(name, rules, hook, kind, priority, "drop" if policy == "DROP" else "accept", (), packets))
        finished = settled(tuple(chains)) if table.netmap else tuple(chains)
        return Table(self._family, table.name, self._dialect, finished, evidence=self._evidence)


def _end_of_group(raw: list[str], index: int, count: int) -> int:
    """Return where the options of a module or target end: at the next core option, or the ``!`` before it."""
    while index < count:
        word = raw[index]
        if word in _CORE or (word == "!" and index + 1 < count and raw[index + 1] in _CORE):
            return index
        index += 2 if word in FREE_TEXT else 1
    return min(index, count)


def _inside(table: _OpenTable | None) -> _OpenTable:
    if table is None:
        raise ValueError("this line stands outside of a table")
    return table


def _known_table(name: str) -> str:
    if name not in BASE_CHAINS:
        raise ValueError(f"iptables has no table {name!r}")
    return name


def _declare(table: _OpenTable | None, line: str) -> None:
    table = _inside(table)
    words = line[1:].split()
    if len(words) < 2 or words[1] not in ("ACCEPT", "DROP", "-"):
        raise ValueError("the chain's declaration is damaged")
    name, policy = words[:2]
    if policy != "-" and name not in BASE_CHAINS[table.name]:
        raise ValueError(f"table {table.name} has no built-in chain {name!r}")
    packets = int(words[2].strip("[]").partition(":")[0]) if len(words) > 2 and policy != "-" else None
    table.policies[name] = (policy, packets)
    table.rules.setdefault(name, [])
