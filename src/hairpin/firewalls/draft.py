"""Builds a table: puts each rule at the place at which firewalld puts it, and adds equal rules only once.  A rule that
is not yet in a table names its place in the chains of its zone or policy.

Source: firewall/core/nftables.py set_rules(), _set_rule_replace_priority(); fw_policy.py policy_base_chain_name()
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.firewalls.chain_owner import TABLE
from hairpin.netfilter.ir import ChainType, Hook, Table
from hairpin.netfilter.nft import listing
from hairpin.netfilter.nft.syntax import Json, Object

FirewalldTable = Literal["filter", "nat", "mangle"]


class RuleLine(msgspec.Struct, frozen=True):
    """A rule that is added at the end of a chain.  A rule with a priority is added directly after the rules with the
    same or a lower priority instead.  ``rich``: whether the rule comes from a rich rule.  firewalld does not treat such
    a rule as a duplicate of a service's or port's rule.  ``first``: whether the rule is put at the beginning of the
    chain."""

    chain: str
    statements: tuple[Object, ...]
    priority: int = 0
    rich: bool = False
    first: bool = False


class OwnChains(msgspec.Struct, frozen=True):
    """The chains of a zone or a policy for one direction.  ``filter``: the part of the names of the filter chains
    (``IN``, ``FWD``, ``OUT``).  ``nat``: the part of the names of the nat chains (``PRE``, ``OUT``).  ``policy``:
    firewalld's name for these chains, which its log messages contain."""

    policy: str
    suffix: str
    filter: str = ""
    nat: str = "PRE"

    def base(self, table: FirewalldTable, *, leaving: bool = False) -> str:
        """Return the first of these chains in the table.

        If ``leaving`` is true, return the chain for source translation."""
        match table:
            case "filter":
                return f"filter_{self.filter}_{self.suffix}"
            case "nat":
                return f"nat_{'POST' if leaving else self.nat}_{self.suffix}"
            case "mangle":
                return f"mangle_PRE_{self.suffix}"


_SOURCE = "firewalld"


class ChainDraft:
    """The chains of the table ``inet firewalld`` that were built so far."""

    def __init__(self, *, counters: bool = False) -> None:
        self._chains: dict[str, Object] = {}
        self._rules: dict[str, list[tuple[tuple[Object, ...], int]]] = {}
        self._known: set[bytes] = set()
        self._objects: list[Object] = []
        self._counters = counters

    def base_chain(self, name: str, kind: ChainType, hook: Hook, priority: int) -> None:
        """Add a chain that a hook calls."""
        self.chain(name)
        self._chains[name] |= {"type": kind, "hook": hook, "prio": priority, "policy": "accept"}

    def chain(self, *names: str) -> None:
        """Add chains."""
        for each in names:
            self._chains[each] = {"family": "inet", "table": TABLE, "name": each}
            self._rules[each] = []

    def has(self, name: str) -> bool:
        """Return whether the table has the chain."""
        return name in self._chains

    def declare(self, kind: str, said: Object) -> None:
        """Add a set or another object of the table that rules name."""
        self._objects.append({kind: {"family": "inet", "table": TABLE, **said}})

    def add(self, chain: str, *statements: Object) -> None:
        """Add a rule at the end of the chain."""
        self.add_lines([RuleLine(chain, statements)])

    def add_lines(self, lines: Iterable[RuleLine]) -> None:
        """Add the rules at the end of their chains.  A rule with a priority is put directly after the rules with the
        same or a lower priority instead."""
        for line in lines:
            if self._is_new(line) and line.chain in self._rules:
                rules = self._rules[line.chain]
                before = sum(1 for _, priority in rules if priority and priority <= line.priority)
                place = 0 if line.first else before if line.priority else len(rules)
                rules.insert(place, (line.statements, line.priority))

    def insert(self, chain: str, place: int, *statements: Object) -> None:
        """Add a rule at the given place of the chain, counted from 0."""
        if self._is_new(RuleLine(chain, statements)):
            self._rules[chain].insert(place, (statements, 0))

    def helpers(self) -> tuple[str, ...]:
        """Return the names of the conntrack helpers that rules assign."""
        statements = (each for rules in self._rules.values() for line, _ in rules for each in line)
        named = (each["ct helper"] for each in statements if "ct helper" in each)
        return tuple(dict.fromkeys(each for each in named if isinstance(each, str)))

    def _is_new(self, line: RuleLine) -> bool:
        """Return whether the rule is new, and remember it.  firewalld counts duplicates and does not add them."""
        key = msgspec.json.encode((line.chain, line.statements, line.priority, line.rich))
        if key in self._known:
            return False
        self._known.add(key)
        return True

    def table(self) -> Table:
        """Return the table in the form in which a reading of nft has it."""
        listed: list[Json] = [{"table": {"family": "inet", "name": TABLE}}]
        listed.extend(self._objects)
        listed.extend({"chain": each} for each in self._chains.values())
        for chain, rules in self._rules.items():
            for statements, _ in rules:
                expression: list[Json] = [*statements]
                if self._counters:
                    expression.insert(len(expression) - 1, {"counter": {"packets": 0, "bytes": 0}})
                listed.append({"rule": {"family": "inet", "table": TABLE, "chain": chain, "expr": expression}})
        return listing.parse(msgspec.json.encode({"nftables": listed}).decode(), source=_SOURCE)[0]
