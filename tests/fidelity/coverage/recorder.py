"""Observes which elements of the model a walk uses while the hunt compares cases.

The result is kept for the cases in which kernel and walk agree.
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.door import Observation
from hairpin.host.host import Host, Namespace, SysctlRead
from hairpin.host.route import PolicyRule, Route
from hairpin.netfilter.evaluate.match import Question, satisfies
from hairpin.netfilter.evaluate.observation import ChainDecided, MatchAnswered, VerdictMapped
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import AnyOfMatch, Chain, Match, Rule, SetMatch, Table
from hairpin.network.prefix import Version
from hairpin.network.routing import RuleAsked, TableAsked
from hairpin.network.tables import by_precedence
from hairpin.walk.sockets import SocketScored
from hairpin.walk.state import End
from tests.fidelity.coverage.element import (
    DONE,
    FORKED,
    NOT_SATISFIED,
    READ,
    SATISFIED,
    SET,
    UNSET,
    Element,
    is_set,
    names_of,
)
from tests.fidelity.coverage.modelled import facts, selectors
from tests.fidelity.testbed.netns import SetupError

RuleKey = tuple[str, str, str, str, str, int]
"""namespace, dialect, family, table, chain, number"""

_HOW = {Truth.YES: SATISFIED, Truth.NO: NOT_SATISFIED, Truth.UNKNOWN: FORKED}


class Recorder:
    """The elements that the walk of one case has used."""

    def __init__(self) -> None:
        # By id: what is recorded lives as long as the case's host does.
        self._matches: dict[int, tuple[Match, Question, set[Truth]]] = {}
        self._chains: dict[int, tuple[Table, Chain]] = {}
        self._rules: dict[int, tuple[PolicyRule, set[bool]]] = {}
        self._led: dict[int, tuple[PolicyRule, set[bool]]] = {}
        self._routes: set[tuple[str, Version]] = set()
        self._throwing: dict[int, tuple[tuple[Route, ...], frozenset[int]]] = {}
        self._chosen: set[str] = set()  # statements that a verdict map has named
        self._sysctls: set[tuple[tuple[str, ...], int | None]] = set()
        self._sockets: set[tuple[str, bool]] = set()
        self.ends: list[End] = []

    def observe(self, observation: Observation) -> None:
        """See door.Observer."""
        match observation:
            case MatchAnswered():
                self._match(observation.question, observation.match, observation.truth)
            case VerdictMapped(verdict=verdict):
                self._chosen.update(names_of(verdict))
            case ChainDecided():
                self._chain(observation)
            case RuleAsked(rule=rule, applies=applies):
                self._rules.setdefault(id(rule), (rule, set()))[1].add(applies)
            case TableAsked():
                self._table(observation)
            case SysctlRead(path=path, value=value):
                self._sysctls.add((path, value))
            case SocketScored(socket=socket, score=score):
                self._sockets.add((socket.protocol, score is not None))
            case _:
                return

    def _match(self, question: Question, match: Match, truth: Truth) -> None:
        found = self._matches.get(id(match))
        if found is None:
            self._matches[id(match)] = found = (match, question, set[Truth]())
        found[2].add(truth)
        if isinstance(match, AnyOfMatch):
            for each in match.alternatives:
                self._match(question, each, satisfies(question, each))

    def _chain(self, decided: ChainDecided) -> None:
        last = decided.decisions[-1]
        if last.verdict == "outside" and last.place is None:
            raise SetupError(f"too open: {last.conditions[-1].said}")
        self._chains[id(decided.chain)] = (decided.table, decided.chain)

    def _table(self, asked: TableAsked) -> None:
        rule, query, found = asked.rule, asked.query, asked.found
        if found is not None and found.route is not None:
            self._routes.add((found.route.type, query.version))
        elif found is None and rule.table is not None and self._has_throw(asked.namespace, rule.table):
            route = next(by_precedence(asked.namespace, query, rule.table), None)
            self._routes.update({("throw", query.version)} if route is not None and route.type == "throw" else ())
        if rule.suppress_prefix_length is not None or rule.l3mdev:
            self._led.setdefault(id(rule), (rule, set()))[1].add(found is None)

    def _has_throw(self, namespace: Namespace, table: int) -> bool:
        routes = namespace.routes
        known = self._throwing.get(id(routes))
        if known is None:
            tables = frozenset(each.table for each in routes if each.type == "throw")
            self._throwing[id(routes)] = known = (routes, tables)
        return table in known[1]

    # --- what it comes to --------------------------------------------------------------------------------------------

    def exercised(self, host: Host, satisfied: Iterable[RuleKey]) -> frozenset[Element]:
        """Return what the case has exercised, given the rules that packets have satisfied."""
        return frozenset(
            (
                *self._of_matches(), *_of_statements(host, frozenset(satisfied)), *self._of_chains(),
                *(Element("statement", name, DONE) for name in self._chosen),
                *self._of_routing(), *self._of_sysctls(), *self._of_sockets(), *self._of_ends(), *_of_facts(host),
            )
        )  # fmt: skip

    def _of_matches(self) -> Iterator[Element]:
        for match, question, truths in self._matches.values():
            for name in names_of(match):
                yield from (Element("match", name, _HOW[truth]) for truth in truths)
            named = question.sets.get(match.set) if isinstance(match, SetMatch) else None
            if named is not None and ":" in named.type:
                yield from (Element("ipset", named.type.split()[0], _HOW[truth]) for truth in truths)

    def _of_chains(self) -> Iterator[Element]:
        for table, chain in self._chains.values():
            yield Element("chain", f"{table.family} {chain.hook} {chain.type}", DONE)
            yield Element("dialect", table.dialect, DONE)

    def _of_routing(self) -> Iterator[Element]:
        yield from (Element("route", f"{kind} IPv{version}", DONE) for kind, version in self._routes)
        for rule, results in self._rules.values():
            if True in results:
                yield Element("policy rule", f"{rule.action} IPv{rule.version}", DONE)
            for selector in selectors() - {"l3mdev", "suppress_prefix_length"}:
                if is_set(getattr(rule, selector)):
                    for applies in results:
                        how = SATISFIED if applies is not rule.inverted else NOT_SATISFIED
                        yield Element("policy rule", f"{selector} IPv{rule.version}", how)
        for rule, results in self._led.values():
            for name in ("l3mdev", "suppress_prefix_length"):
                if is_set(getattr(rule, name)):
                    for nothing in results:
                        how = SATISFIED if nothing is (name != "l3mdev") else NOT_SATISFIED
                        yield Element("policy rule", f"{name} IPv{rule.version}", how)

    def _of_sysctls(self) -> Iterator[Element]:
        values: dict[str, set[int]] = {}
        for path, value in self._sysctls:
            if value is not None:
                parts = (*path[:3], "*", *path[4:]) if path[2:3] == ("conf",) else path
                values.setdefault(".".join(parts), set()).add(value)
        for name, found in values.items():
            yield Element("sysctl", name, READ)
            yield from (Element("sysctl", name, f"{value}") for value in found)

    def _of_sockets(self) -> Iterator[Element]:
        for protocol, takes in self._sockets:
            yield Element("socket", protocol, SATISFIED if takes else NOT_SATISFIED)

    def _of_ends(self) -> Iterator[Element]:
        for end in self.ends:
            yield Element("end", end.kind, DONE)
            if end.stop is not None:
                yield Element("reason", end.stop.reason, DONE)
                if end.stop.reject is not None:
                    yield Element("answer", end.stop.reject, DONE)
                yield Element("decided by", type(end.stop.decided_by).__name__, DONE)
            yield from (Element("decided by", kind, DONE) for kind in _kinds(end))


def _kinds(end: End) -> set[str]:
    return {type(step.decided_by).__name__ for step in end.state.history.steps}


def _of_statements(host: Host, satisfied: frozenset[RuleKey]) -> Iterator[Element]:
    for namespace in host.namespaces:
        for table in namespace.ruleset.tables:
            for chain in table.chains:
                for rule in chain.rules:
                    key = (namespace.name, table.dialect, table.family, table.name, chain.name, rule.number)
                    if key in satisfied:
                        yield from _of_rule(rule)


def _of_rule(rule: Rule) -> Iterator[Element]:
    for part in rule.body:
        if not isinstance(part, Match):
            yield from (Element("statement", name, DONE) for name in names_of(part))


def _of_facts(host: Host) -> Iterator[Element]:
    for namespace in host.namespaces:
        links = namespace.links
        parts: tuple[msgspec.Struct | None, ...] = (
            *links, *(link.port for link in links), *(link.bridge for link in links), *namespace.addresses,
            *namespace.routes, *(hop for route in namespace.routes for hop in route.next_hops), *namespace.neighbours,
        )  # fmt: skip
        for part in parts:
            if part is not None:
                yield from _of_fact(part)


def _of_fact(part: msgspec.Struct) -> Iterator[Element]:
    kind = type(part)
    for field, values in facts(kind):
        value = getattr(part, field)
        if SET in values:
            yield Element("fact", f"{kind.__name__}.{field}", SET if is_set(value) else UNSET)
        else:
            yield Element("fact", f"{kind.__name__}.{field}", value or "physical")
