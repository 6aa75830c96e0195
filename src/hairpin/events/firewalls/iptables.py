"""iptables rules are flushed and loaded from files, as the host's own tools do it.

Also flushes the conntrack table."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import msgspec

from hairpin.change.change import DeleteRule, Forget, Primitive, ReplaceTable
from hairpin.change.commands.tool import default_dialect
from hairpin.engines.expected import ExpectedRule, ExpectedRules
from hairpin.engines.found import rules_with_meaning, tables_of_backend
from hairpin.errors import ParseError
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.rule_keeper import saved_files
from hairpin.host.managers import ConfigFile
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.iptables.save import IptablesDialect
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.netfilter.rule_address import IpFamily
from hairpin.programs import IPTABLES_SERVICES, NETFILTER_PERSISTENT

RuleKey = tuple[str, str, str, Meaning]
"""The family, table, chain and meaning of a rule, which identify it."""
_KEEPERS = (*NETFILTER_PERSISTENT.units, *IPTABLES_SERVICES.units)
"""The units that load saved rules, of Debian and of RHEL."""


def dialect_of(course: Course) -> IptablesDialect:
    """Return the back end of the host's ``iptables``: nft or legacy."""
    known = default_dialect(course.host.version("iptables"))
    if known is not None:
        return known
    used = {table.dialect for table in course.namespace.ruleset.tables}
    return "iptables-legacy" if "iptables-legacy" in used and "iptables-nft" not in used else "iptables-nft"


def flushing(course: Course, family: IpFamily, tables: Iterable[str]) -> Iterator[Primitive]:
    """Yield the primitives that delete all rules of these tables, as ``iptables -F`` does.  Chains and policies
    stay."""
    dialect = dialect_of(course)
    for name in tables:
        table = course.namespace.ruleset.table(family, name, dialect)
        if table is not None and any(chain.rules for chain in table.chains):
            chains = tuple(msgspec.structs.replace(chain, rules=()) for chain in table.chains)
            emptied = msgspec.structs.replace(table, chains=chains)
            yield ReplaceTable(course.host.netns, dialect, family, name, emptied)


def with_saved_rules(course: Course, file: ConfigFile, family: IpFamily) -> Course:
    """Return the course after ``iptables-restore`` has loaded the file: each table in the file is replaced.

    A built-in chain that the file does not name keeps its policy.  Source: iptables-restore(8)"""
    from hairpin.netfilter.iptables.restore import Loading, loaded_tables, with_built_in

    ruleset = course.namespace.ruleset
    loading = Loading(family, dialect_of(course), file.path, ruleset.ipsets)
    loaded = loaded_tables(file.text, loading, file.evidence)
    for table in loaded.tables:
        held = course.namespace.ruleset.table(family, table.name, loading.dialect)
        filled = with_built_in(table, held)
        course = course.made(ReplaceTable(course.host.netns, loading.dialect, family, table.name, filled))
    return _as_loaded(course, loaded.fault)


def _as_loaded(course: Course, fault: ParseError | None) -> Course:
    """Return the course with the fault at which ``iptables-restore`` ended, or with what hairpin cannot read."""
    from hairpin.netfilter.iptables.restore import MissingNameError

    if fault is None:
        return course
    if not isinstance(fault, MissingNameError):
        return course.failing(message("{file} is not loaded: {reason}", file=fault.source, reason=str(fault)))
    return course.failing(
        message(
            "`iptables-restore` ends at line {line} of {file}: {why}. It loads neither this table nor the tables after "
            "it",
            line=fault.line,
            file=fault.source,
            why=fault.why,
        )
    )


def with_rules_added(course: Course, text: str, family: IpFamily, source: str) -> Course:
    """Return the course after ``iptables-restore --noflush`` has loaded the text of the file ``source``."""
    from hairpin.netfilter.iptables.restore import Loading, restored_tables

    ruleset = course.namespace.ruleset
    loading = Loading(family, dialect_of(course), source, ruleset.ipsets)
    try:
        for table in restored_tables(text, ruleset.tables, loading):
            course = course.made(ReplaceTable(course.host.netns, loading.dialect, family, table.name, table))
    except ParseError as error:
        return _as_loaded(course, error)
    return course


def deleting(course: Course, wanted: ExpectedRules, gone: AbstractSet[RuleKey]) -> Iterator[Primitive]:
    """Yield the deletions of the engine's rules in ``gone``, beginning with the last rule of each chain.  ``wanted``:
    all rules of the engine, from which the tables that contain them are found."""
    version = course.host.version("iptables")
    gone_of: dict[tuple[str, str, str], set[Meaning]] = {}
    for family, name, chain_name, what in gone:
        gone_of.setdefault((family, name, chain_name), set()).add(what)
    for table in tables_of_backend(wanted.backend, wanted.rules, course.namespace, version).tables if gone else ():
        for chain in table.chains:
            of_chain = gone_of.get((table.family, table.name, chain.name))
            found = tuple(rules_with_meaning(chain.rules, of_chain)) if of_chain is not None else ()
            for _, rule, _ in reversed(found):
                yield DeleteRule(course.host.netns, place_of(table, chain.name, rule))


def key_of(one: ExpectedRule) -> RuleKey:
    """Return the rule's table and chain, and its meaning."""
    return one.family, one.table, one.chain, meaning(one.rule)


# ---- the events ---------------------------------------------------------------------------------------------------


def _flushed(course: Course) -> Course | None:
    """Return the course in which every chain of the IPv4 tables filter and nat is empty; None if the host has no table
    of iptables."""
    dialect = dialect_of(course)
    if all(table.dialect != dialect for table in course.namespace.ruleset.tables):
        return None
    return course.made(*flushing(course, "ip", ("filter", "nat")))


def _restored(course: Course) -> Course | None:
    """Return the course after saved rules were loaded from their files; None if the host lacks the unit or the files.

    Every table that a file names is replaced as a whole, including the engines' rules in it."""
    files = tuple(saved_files(course.host))
    for file, family in files:
        course = with_saved_rules(course, file, family)
    return course if files else None


def _forgotten(course: Course) -> Course:
    """Return the course in which the conntrack table is empty.

    An open connection continues if the rules accept its next packet as a new connection and translate it as before."""
    return course.made(Forget(course.host.netns, "connections"))


IPTABLES_FLUSH = Event(
    id="iptables-flush",
    title=message("somebody flushes the rules (`iptables -F; iptables -t nat -F`)"),
    source="iptables(8) -F",
    happens=_flushed,
    units=("iptables",),
    verbs=("stop",),
    command="iptables -F; iptables -t nat -F",
)
SAVED_RULES_RESTORE = Event(
    id="saved-rules-restore",
    title=message("the saved rules are loaded again (netfilter-persistent or iptables-services)"),
    source="netfilter-persistent(8), iptables-restore(8); iptables-persistent plugins.d/15-ip4tables",
    happens=_restored,
    units=_KEEPERS,
    verbs=("start", "restart", "reload"),
    command="systemctl restart netfilter-persistent",
)
CONNTRACK_FLUSH = Event(
    id="conntrack-flush",
    title=message("the connection table is emptied (`conntrack -F`)"),
    source="conntrack(8) -F",
    happens=_forgotten,
    command="conntrack -F",
)
