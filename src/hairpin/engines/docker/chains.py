"""Builds an engine's chains: the rules that the engine appends and inserts, in its order, as iptables-save prints them.

Rules are written in iptables-save's format and parsed by the same reader as a host's rules.  An expected rule and a
found rule are equal exactly if their bodies are equal.
"""

from functools import lru_cache

import msgspec

from hairpin.engines.expected import FAMILIES, ExpectedChain, ExpectedRule, Position, Purpose
from hairpin.host.docker import PortBinding
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import Rule, Table
from hairpin.netfilter.rule_address import IpFamily
from hairpin.programs import DOCKER

BUILT_IN: dict[str, tuple[str, ...]] = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The base chains of each iptables table, in iptables-save's order."""
(NATIVE_TABLE,) = DOCKER.tables
"""The name of the only table that dockerd's nftables back end makes in each family."""


class Draft(msgspec.Struct, frozen=True):
    """A rule as text without ``-A CHAIN``, and its purpose."""

    text: str
    purpose: Purpose
    network: str | None = None
    container: str | None = None
    binding: PortBinding | None = None


class Place(msgspec.Struct, frozen=True):
    """The family, table and name of a chain."""

    family: IpFamily
    table: str
    chain: str


class Chains:
    """The chains that are being built.  Like the engine, ``Chains`` does not add a rule that its chain already has."""

    def __init__(self) -> None:
        self._made: list[Place] = []
        self._drafts: dict[Place, list[tuple[Draft, Position]]] = {}
        self._texts: set[tuple[Place, str]] = set()

    def make(self, place: Place) -> None:
        """Add a chain that belongs to the engine."""
        self._made.append(place)

    def append(self, place: Place, draft: Draft) -> None:
        """Append the rule to its chain.  If the chain already has the rule, nothing changes."""
        if self._is_new(place, draft):
            self._drafts.setdefault(place, []).append((draft, "last"))

    def insert(self, place: Place, draft: Draft) -> None:
        """Insert the rule at the head of its chain.  If the chain already has the rule, nothing changes."""
        if self._is_new(place, draft):
            self._drafts.setdefault(place, []).insert(0, (draft, "first"))

    def put_first(self, place: Place, draft: Draft) -> None:
        """Insert the rule at the head of its chain.  If the chain already has the rule, move the rule to the head."""
        self._drafts[place] = [known for known in self._drafts.get(place, []) if known[0].text != draft.text]
        self._texts.discard((place, draft.text))
        self.insert(place, draft)

    def _is_new(self, place: Place, draft: Draft) -> bool:
        known = (place, draft.text) in self._texts
        self._texts.add((place, draft.text))
        return not known

    def chains(self) -> tuple[ExpectedChain, ...]:
        """Return the engine's chains, as expectations."""
        return tuple(ExpectedChain(place.family, place.table, place.chain) for place in self._made)

    def rules(self) -> tuple[ExpectedRule, ...]:
        """Return the rules, chain by chain, in the order of each chain."""
        parsed = self._parsed()
        return tuple(
            ExpectedRule(
                family=place.family,
                table=place.table,
                chain=place.chain,
                rule=rule,
                purpose=draft.purpose,
                position=position,
                network=draft.network,
                container=draft.container,
                binding=draft.binding,
            )
            for place, drafts in self._drafts.items()
            for rule, (draft, position) in zip(parsed[place], drafts, strict=True)
        )

    def _parsed(self) -> dict[Place, tuple[Rule, ...]]:
        rules: dict[Place, tuple[Rule, ...]] = {}
        for family in FAMILIES:
            for table in _tables(family, self.text(family)):
                for chain in table.chains:
                    rules[Place(family, table.name, chain.name)] = chain.rules
        return rules

    def text(self, family: IpFamily) -> str:
        """Return the family's tables as iptables-save prints them, but without policies.  Other programs also set
        policies."""
        lines: list[str] = []
        for table, built_in in BUILT_IN.items():
            places = [place for place in self._drafts if place.family == family and place.table == table]
            made = sorted(place.chain for place in self._made if place.family == family and place.table == table)
            if not places and not made:
                continue
            lines.append(f"*{table}")
            lines.extend(f":{chain} ACCEPT [0:0]" for chain in built_in)
            lines.extend(f":{chain} - [0:0]" for chain in made)
            order = {chain: number for number, chain in enumerate((*built_in, *made))}
            for place in sorted(places, key=lambda place: order[place.chain]):
                lines.extend(f"-A {place.chain} {draft.text}" for draft, _position in self._drafts[place])
            lines.append("COMMIT")
        return "\n".join(lines) + "\n"


@lru_cache(maxsize=1024)
def _tables(family: IpFamily, text: str) -> tuple[Table, ...]:
    """Return the tables that are parsed from the text.  The tables are cached, because each event needs the same rules
    again.  An event of a host with many containers needs a text for each of them."""
    return iptables_save.parse(text, family=family, dialect="iptables-nft", source=f"expected {family} rules")
