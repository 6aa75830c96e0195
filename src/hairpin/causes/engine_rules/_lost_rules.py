"""Rules of the container engine that this host lacks, as candidates: put back exactly these, where they belong.

Several causes look at the same list with different eyes; which of them names it depends on what is gone (a whole chain,
the jump into it, one rule) and on where the packet stopped.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, View, where
from hairpin.change.change import Change
from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.engines.missing import Missing, missing
from hairpin.engines.restore import put_back
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.message import Message, message

OWNED_BY_ENGINE = message(
    "dockerd makes these rules itself at its next start: do not save them, find out who removed them"
)


class Lost(msgspec.Struct, frozen=True):
    """What one engine has lost in the tables of the flow's family."""

    engine: Engine
    missing: Missing
    chains: tuple[ExpectedChain, ...]
    rules: tuple[ExpectedRule, ...]

    def in_table(self, table: str) -> "Lost":
        """Return the part that belongs to the table."""
        return msgspec.structs.replace(
            self,
            chains=tuple(each for each in self.chains if each.table == table),
            rules=tuple(each for each in self.rules if each.table == table),
        )

    def of(self, *purposes: str) -> tuple[ExpectedRule, ...]:
        """Return the rules of these purposes."""
        return tuple(each for each in self.rules if each.purpose in purposes)


def lost(view: View) -> Iterator[Lost]:
    """Yield what each Docker engine of the host lacks, in the flow's address family."""
    family = "ip" if view.flow.version == 4 else "ip6"
    for engine in view.host.engines:
        if engine.kind != "docker":
            continue
        found_missing = _missing(engine, view.host_namespace, view.host.version("iptables"))
        chains = tuple(each for each in found_missing.chains if each.family == family)
        rules = tuple(each for each in found_missing.rules if each.family == family)
        if chains or rules:
            yield Lost(engine, found_missing, chains, rules)


_KEPT: list[tuple[Engine, Namespace, Missing]] = []
_KEPT_AT_MOST = 8


def _missing(engine: Engine, namespace: Namespace, iptables_version: str | None) -> Missing:
    """Return what the engine lacks there.

    Every cause of this kind asks it of the same (immutable) host, one after another, and on a host of 50,000 rules each
    answer costs a tenth of a second.
    """
    for known_engine, known_namespace, answer in _KEPT:
        if known_engine is engine and known_namespace is namespace:
            return answer
    answer = missing(engine, namespace, iptables_version)
    _KEPT.append((engine, namespace, answer))
    del _KEPT[:-_KEPT_AT_MOST]
    return answer


def jumps_from(part: Lost, chain: str) -> tuple[ExpectedRule, ...]:
    """Return the lost jumps out of a built-in chain."""
    return tuple(each for each in part.of("jump") if each.chain == chain)


def restoring(view: View, part: Lost) -> Change:
    """Return the change that puts the lost chains and rules back at their places."""
    return Change(tuple(put_back(part.missing, part.chains, part.rules, view.host_netns, view.host_namespace)))


def candidate(view: View, part: Lost, title: Message, detail: Message, *, rank: int) -> Candidate:
    """Return the candidate that restores this part."""
    names = [f"{each.table} {each.chain}" for each in part.chains]
    texts = [f"-t {each.table} {each.rule.text}" for each in part.rules]
    tables = _tables(part)
    return Candidate(
        title=title,
        detail=detail,
        change=restoring(view, part),
        where=where(
            table=", ".join(tables),
            chains=", ".join(names) or None,
            rules="; ".join(texts) or None,
        ),
        rank=rank,
        evidence=_evidence(view, part),
        side_effects=(OWNED_BY_ENGINE,),
    )


def _evidence(view: View, part: Lost) -> tuple[str, ...]:
    dialect = part.missing.dialect
    tables = _tables(part)
    read = [
        table.evidence
        for table in view.host_namespace.ruleset.tables
        if table.dialect == dialect and table.name in tables
    ]
    return tuple(dict.fromkeys(each for each in (*read, part.engine.evidence) if each))


def _tables(part: Lost) -> tuple[str, ...]:
    named = [each.table for each in part.chains] + [each.table for each in part.rules]
    return tuple(dict.fromkeys(named))
