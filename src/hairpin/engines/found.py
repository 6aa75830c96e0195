"""An engine's rules, looked up among the host's rules."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from hairpin.engines.expected import FAMILIES, Backend, ExpectedRule
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import BUILT_IN_TABLES, Chain, Dialect, NameMatch, NoEffect, Rule, Table
from hairpin.netfilter.meaning import Meaning, meaning, names_an_extension
from hairpin.netfilter.rule_address import IpFamily

Key = tuple[str, str, str]
"""The key of a chain: family, table and chain name."""


_NATIVE = frozenset({"nft-tables", "nft-table"})
_KEYS: dict[tuple[Dialect, IpFamily], frozenset[str]] = {
    ("iptables-nft", "ip"): frozenset({"iptables-nft-save4"}),
    ("iptables-nft", "ip6"): frozenset({"iptables-nft-save6"}),
    ("iptables-legacy", "ip"): frozenset({"iptables-legacy-save4"}),
    ("iptables-legacy", "ip6"): frozenset({"iptables-legacy-save6"}),
    ("nft", "ip"): _NATIVE,
    ("nft", "ip6"): _NATIVE,
}
"""The keys of the readings that contain the rules of a dialect and family."""


BASE_CHAINS = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


class Found(msgspec.Struct, frozen=True):
    """The tables of one dialect, in which an engine keeps its rules or would keep them."""

    dialect: Dialect
    tables: tuple[Table, ...]
    unread: tuple[IpFamily, ...] = ()
    """The families whose rules could not be read."""

    def table(self, family: IpFamily, name: str) -> Table | None:
        """Return the family's table of this name, or None."""
        return next((table for table in self.tables if (table.family, table.name) == (family, name)), None)

    def chain(self, family: IpFamily, table: str, chain: str) -> Chain | None:
        """Return the chain of this family and table, or None."""
        owner = self.table(family, table)
        return None if owner is None else owner.chain(chain)

    def unreadable(self, rules: Iterable[ExpectedRule]) -> tuple[Key, ...]:
        """Return the chains of the given rules in which a rule of the host could not be recognised: nft prints only the
        name of an iptables extension, so a rule with an extension may be any rule."""
        chains = {(one.family, one.table, one.chain): one for one in rules}
        return tuple(key for key, one in chains.items() if self._names_an_extension(one))

    def _names_an_extension(self, rule: ExpectedRule) -> bool:
        owner = self.table(rule.family, rule.table)
        if owner is None or owner.dialect != "nft":  # iptables itself shows its extensions
            return False
        chain = owner.chain(rule.chain)
        return chain is not None and any(map(names_an_extension, chain.rules))

    def places(self, rules: Sequence[ExpectedRule]) -> dict[Key, dict[Meaning, int]]:
        """Return for each chain the position of each of the rules: the number of the first rule with the same meaning,
        counted from 0."""
        wanted: dict[Key, set[Meaning]] = {}
        for one in rules:
            wanted.setdefault((one.family, one.table, one.chain), set()).add(meaning(one.rule))
        return {
            (table.family, table.name, chain.name): positions(chain.rules, wanted[table.family, table.name, chain.name])
            for table in self.tables
            for chain in table.chains
            if (table.family, table.name, chain.name) in wanted
        }


def positions(rules: Sequence[Rule], wanted: AbstractSet[Meaning]) -> dict[Meaning, int]:
    """Return for each wanted meaning the number of the first rule that has this meaning, counted from 0."""
    first: dict[Meaning, int] = {}
    for number, _, what in rules_with_meaning(rules, wanted):
        first.setdefault(what, number)
    return first


def rules_with_meaning(rules: Sequence[Rule], wanted: AbstractSet[Meaning]) -> Iterator[tuple[int, Rule, Meaning]]:
    """Yield each rule that has one of the wanted meanings, with its number, counted from 0, and its meaning.

    A chain may have tens of thousands of foreign rules.  Rules whose first match differs from all wanted rules' first
    matches are skipped.
    """
    beginnings = {what[:1] for what in wanted}
    for number, rule in enumerate(rules):
        beginning = rule.body[:1]
        if beginning in beginnings or not beginning or isinstance(beginning[0], NoEffect | NameMatch):
            what = meaning(rule)
            if what in wanted:
                yield number, rule, what


def tables_of_backend(
    backend: Backend, rules: Sequence[ExpectedRule], namespace: Namespace, iptables_version: str | None = None
) -> Found:
    """Return the host's tables in which to look for the rules.

    Of iptables' two back ends, the tables of the back end that has more of the rules are returned.  If both back ends
    have equally many of the rules, the back end that ``iptables -V`` names is used.  If ``iptables -V`` was not read,
    legacy is used if only legacy has tables, and otherwise nf_tables, today's default.
    """
    if backend == "nftables":
        return of_dialect("nft", namespace)
    modern, legacy = of_dialect("iptables-nft", namespace), of_dialect("iptables-legacy", namespace)
    if not legacy.tables and "legacy" not in (iptables_version or ""):
        return modern  # legacy has no table, so it cannot have more of the rules
    held_modern, held_legacy = count_of_rules(modern, rules), count_of_rules(legacy, rules)
    if held_modern != held_legacy:
        return modern if held_modern > held_legacy else legacy
    if iptables_version is None:
        return legacy if legacy.tables and not modern.tables else modern
    return legacy if "legacy" in iptables_version else modern


def count_of_rules(where: Found, rules: Sequence[ExpectedRule]) -> int:
    """Return how many of the given rules are in the found tables."""
    if not where.tables:
        return 0
    places = where.places(rules)
    return sum(meaning(one.rule) in places.get((one.family, one.table, one.chain), {}) for one in rules)


def of_dialect(dialect: Dialect, namespace: Namespace) -> Found:
    """Return the host's tables of one dialect.  A table of iptables that also has rules of nft was read from nft,
    because only nft prints the whole table.  Such a table counts as a table of ``iptables-nft``, too."""
    tables = tuple(table for table in namespace.ruleset.tables if table.dialect == dialect)
    if dialect == "iptables-nft":
        ruleset = namespace.ruleset
        every = (ruleset.table(family, name, dialect) for family in FAMILIES for name in sorted(BUILT_IN_TABLES))
        tables += tuple(each for each in every if each is not None and each.dialect == "nft")
    unread: tuple[IpFamily, ...] = tuple(
        family for family in FAMILIES if not _KEYS[dialect, family].isdisjoint(namespace.unread)
    )
    return Found(dialect, tables, unread)


def shown_runs(
    backend: Backend, rules: Sequence[ExpectedRule], namespace: Namespace
) -> Iterator[tuple[ExpectedRule, ...]]:
    """Yield for each chain and purpose the rules that the host has, in the order in which the engine made them.

    The engine's own chains come first, because the engine rewrites them at its start.  Base chains keep rules that an
    earlier run of the engine made.
    """
    places = tables_of_backend(backend, rules, namespace).places(rules)
    groups: dict[tuple[Key, str], list[tuple[int, ExpectedRule]]] = {}
    for one in rules:
        key = (one.family, one.table, one.chain)
        place = places.get(key, {}).get(meaning(one.rule))
        if one.network is not None and place is not None:
            groups.setdefault((key, f"{one.purpose} {one.position}"), []).append((place, one))
    by_weight = sorted(groups.items(), key=lambda item: (item[0][0][2] in BASE_CHAINS, -len(item[1])))
    for _key, group in by_weight:
        newest_first = group[0][1].position == "first"
        group.sort(key=lambda entry: entry[0], reverse=newest_first)
        yield tuple(one for _place, one in group)
