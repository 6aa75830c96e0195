"""Rules are flushed, and loaded from files, as the host's own tools do it."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.change.change import Primitive, ReplaceTable
from hairpin.change.loading import default_dialect
from hairpin.change.rules import BUILT_IN
from hairpin.errors import ParseError
from hairpin.events.course import Course
from hairpin.host.managers import ConfigFile
from hairpin.message import message
from hairpin.netfilter.iptables.restore import Loading, restored_tables
from hairpin.netfilter.iptables.save import IptablesDialect, parse
from hairpin.netfilter.ir import Chain, Table
from hairpin.netfilter.rule_address import IpFamily


def dialect_of(course: Course) -> IptablesDialect:
    """Return the back end of the host's ``iptables``."""
    known = default_dialect(course.host.version("iptables"))
    if known is not None:
        return known
    used = {table.dialect for table in course.namespace.ruleset.tables}
    return "iptables-legacy" if "iptables-legacy" in used and "iptables-nft" not in used else "iptables-nft"


def flushing(course: Course, family: IpFamily, tables: Iterable[str]) -> Iterator[Primitive]:
    """Yield the parts that empty every chain of these tables: ``iptables -F``.  Chains and policies stay."""
    dialect = dialect_of(course)
    for name in tables:
        table = course.namespace.ruleset.table(family, name, dialect)
        if table is not None and any(chain.rules for chain in table.chains):
            chains = tuple(msgspec.structs.replace(chain, rules=()) for chain in table.chains)
            emptied = msgspec.structs.replace(table, chains=chains)
            yield ReplaceTable(course.host.netns, dialect, family, name, emptied)


def with_saved_rules(course: Course, file: ConfigFile, family: IpFamily) -> Course:
    """Return the course after ``iptables-restore`` has loaded the file: each table that it names is replaced.

    A built-in chain that the file does not name keeps its policy.  Source: iptables-restore(8)"""
    dialect = dialect_of(course)
    try:
        tables = parse(file.text, family=family, dialect=dialect, source=file.path, evidence=file.evidence)
    except ParseError as error:
        return course.failing(message("{file} is not loaded: {reason}", file=file.path, reason=str(error)))
    for table in tables:
        held = course.namespace.ruleset.table(family, table.name, dialect)
        course = course.made(ReplaceTable(course.host.netns, dialect, family, table.name, _whole(table, held)))
    return course


def with_rules_added(course: Course, text: str, family: IpFamily, source: str) -> Course:
    """Return the course after ``iptables-restore --noflush`` has loaded the text, which is that of the file
    ``source``."""
    ruleset = course.namespace.ruleset
    loading = Loading(family, dialect_of(course), source, ruleset.ipsets)
    try:
        for table in restored_tables(text, ruleset.tables, loading):
            course = course.made(ReplaceTable(course.host.netns, loading.dialect, family, table.name, table))
    except ParseError as error:
        return course.failing(message("{file} is not loaded: {reason}", file=source, reason=str(error)))
    return course


def _whole(table: Table, held: Table | None) -> Table:
    """Return the table with the built-in chains that the file does not name: empty, with the policy that they had."""
    lacking = tuple(
        Chain(name, (), hook, type_, priority, _policy(held, name))
        for name, hook, type_, priority in BUILT_IN.get(table.name, ())
        if table.chain(name) is None
    )
    return msgspec.structs.replace(table, chains=(*lacking, *table.chains))


def _policy(held: Table | None, chain: str) -> Literal["accept", "drop"]:
    known = held.chain(chain) if held is not None else None
    return known.policy or "accept" if known is not None else "accept"
