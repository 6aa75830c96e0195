"""Records what a walk uses of the model while the cases of the hunt are compared; what comes of it is kept for those
cases in which kernel and walk agree."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import msgspec

from hairpin.host.host import Host, Namespace
from hairpin.host.route import PolicyRule, Route
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.evaluate import chain as evaluate
from hairpin.netfilter.evaluate import match as satisfies
from hairpin.netfilter.evaluate.chain import Decision
from hairpin.netfilter.evaluate.match import Question, Surroundings
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import Chain, Jump, Match, Rule, Set, SetMatch, Table, Verdict, VerdictMap
from hairpin.netfilter.packet import Seen
from hairpin.network import routing
from hairpin.network.prefix import Version
from hairpin.network.routing import Found, Query
from hairpin.walk.hooks import hooks
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
from tests.fidelity.coverage.wanted import facts, selectors

RuleKey = tuple[str, str, str, str, str, int]
"""namespace, dialect, family, table, chain, number"""

_HOW = {Truth.YES: SATISFIED, Truth.NO: NOT_SATISFIED, Truth.UNKNOWN: FORKED}


class Recorder:
    """What the walk of one case has used."""

    def __init__(self) -> None:
        # By id: what is recorded lives as long as the case's host does.
        self._matches: dict[int, tuple[Match, Question, set[Truth]]] = {}
        self._chains: dict[int, tuple[Table, Chain]] = {}
        self._rules: dict[int, tuple[PolicyRule, set[bool]]] = {}
        self._led: dict[int, tuple[PolicyRule, set[bool]]] = {}
        self._routes: set[tuple[str, Version]] = set()
        self._chosen: set[str] = set()  # statements that a verdict map has named
        self._sysctls: set[tuple[tuple[str, ...], int | None]] = set()
        self.ends: list[End] = []

    @contextmanager
    def recording(self) -> Generator[None]:
        """Record what is walked meanwhile."""
        match = self._matching()
        with (
            patch.object(evaluate, "satisfies", match), patch.object(satisfies, "satisfies", match),
            patch.object(hooks, "decide", self._deciding()), patch.object(routing, "_applies", self._applying()),
            patch.object(routing, "_in_table", self._looking()), patch.object(Sysctls, "number", self._reading()),
            patch.object(vars(evaluate)["_Run"], "_mapped", self._choosing()),
        ):  # fmt: skip
            yield

    def _matching(self) -> Callable[[Question, Match], Truth]:
        right, held = satisfies.satisfies, self._matches

        def noting(question: Question, match: Match) -> Truth:
            truth = right(question, match)
            found = held.get(id(match))
            if found is None:
                held[id(match)] = found = (match, question, set[Truth]())
            found[2].add(truth)
            return truth

        return noting

    def _choosing(self) -> Callable[..., Verdict | Jump | None]:
        run: type[object] = vars(evaluate)["_Run"]
        right: Callable[..., Verdict | Jump | None] = vars(run)["_mapped"]
        held = self._chosen

        def noting(run: object, cursor: object, part: VerdictMap) -> Verdict | Jump | None:
            verdict = right(run, cursor, part)
            held.update(names_of(verdict) if verdict is not None else ())
            return verdict

        return noting

    def _deciding(self) -> Callable[..., tuple[Decision, ...]]:
        right: Callable[..., tuple[Decision, ...]] = vars(hooks)["decide"]
        held = self._chains

        def noting(
            table: Table, chain: Chain, seen: Seen, surroundings: Surroundings, ipsets: tuple[Set, ...]
        ) -> tuple[Decision, ...]:
            held[id(chain)] = (table, chain)
            return right(table, chain, seen, surroundings, ipsets)

        return noting

    def _applying(self) -> Callable[[PolicyRule, Query], bool]:
        right: Callable[[PolicyRule, Query], bool] = vars(routing)["_applies"]
        held = self._rules

        def noting(rule: PolicyRule, query: Query) -> bool:
            applies = right(rule, query)
            found = held.get(id(rule))
            if found is None:
                held[id(rule)] = found = (rule, set[bool]())
            found[1].add(applies)
            return applies

        return noting

    def _looking(self) -> Callable[[Namespace, Query, PolicyRule], Found | None]:
        right: Callable[[Namespace, Query, PolicyRule], Found | None] = vars(routing)["_in_table"]
        in_order: Callable[[Namespace, Query, int], Iterator[Route]] = vars(routing)["_by_precedence"]
        held, routes = self._led, self._routes
        throwing: dict[int, tuple[Namespace, frozenset[int]]] = {}

        def noting(namespace: Namespace, query: Query, rule: PolicyRule) -> Found | None:
            found = right(namespace, query, rule)
            if found is not None and found.route is not None:
                routes.add((found.route.type, query.version))
            elif found is None and rule.table is not None:
                known = throwing.get(id(namespace))
                if known is None or known[0] is not namespace:
                    tables = frozenset(each.table for each in namespace.routes if each.type == "throw")
                    throwing[id(namespace)] = known = (namespace, tables)
                if rule.table in known[1]:
                    route = next(in_order(namespace, query, rule.table), None)
                    routes.update({("throw", query.version)} if route is not None and route.type == "throw" else ())
            if rule.suppress_prefix_length is not None or rule.l3mdev:
                held.setdefault(id(rule), (rule, set()))[1].add(found is None)
            return found

        return noting

    def _reading(self) -> Callable[..., int | None]:
        right, held = Sysctls.number, self._sysctls

        def noting(sysctls: Sysctls, *path: str) -> int | None:
            value = right(sysctls, *path)
            held.add((path, value))
            return value

        return noting

    # --- what it comes to --------------------------------------------------------------------------------------------

    def exercised(self, host: Host, satisfied: Iterable[RuleKey]) -> frozenset[Element]:
        """Return what the case has exercised, given the rules that packets have satisfied."""
        return frozenset(
            (
                *self._of_matches(), *_of_statements(host, frozenset(satisfied)), *self._of_chains(),
                *(Element("statement", name, DONE) for name in self._chosen),
                *self._of_routing(), *self._of_sysctls(), *self._of_ends(), *_of_facts(host),
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
    return {type(step.decided_by).__name__ for step in end.state.steps}


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
