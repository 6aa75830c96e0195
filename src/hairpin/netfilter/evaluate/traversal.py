"""Runs one base chain over one packet, as nf_hook_slow() and nft_do_chain()/ipt_do_table() do.

A match that cannot be decided (a ``statistic``, an unknown module) splits the evaluation; each branch has the condition
under which it is taken.  Branches with equal results are joined again, so a rate-limited LOG costs nothing.

Source: net/ipv4/netfilter/ip_tables.c ipt_do_table(); net/netfilter/nf_tables_core.c nft_do_chain()
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import assert_never

import msgspec

from hairpin.door import CLOSED, Door, Observer
from hairpin.message import message, verbatim
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Condition, Decision, Ending, Place, named_sets, place_of, policy_place
from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.index import CompiledChain, compiled
from hairpin.netfilter.evaluate.match import Question, Surroundings, field_satisfies, fits_key, satisfies, values_of
from hairpin.netfilter.evaluate.observation import ChainDecided, MatchAnswered, VerdictMapped
from hairpin.netfilter.evaluate.truth import Truth, truth_of
from hairpin.netfilter.limit import ConnectionLimit, Queue
from hairpin.netfilter.packet import Seen

_GIVE_BACK = frozenset({"NFQUEUE", "queue"})
"""Targets that give the packet to a program, which returns it.  The packet then continues after the base chain.  The
packet also continues after the base chain if no program listens and the rule has ``bypass``: nf_queue()."""
_NAMELESS = frozenset({"jump", "goto"})
"""Statements that jump to a chain without a name.  nft lists this chain's rules as text, so hairpin cannot know whether
the chain accepts, drops or returns the packet."""
_MOST_EXACT = 8  # a listing without interfaces doubts each rule, and each packet would multiply the branches


class _Cursor(msgspec.Struct):
    """The position of one branch of the evaluation."""

    chain: CompiledChain
    rule: int
    part: int
    stack: tuple[tuple[CompiledChain, int], ...]
    seen: Seen
    question: Question
    notrack: bool = False
    zone: int | None = None
    entered: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    trail: tuple[Place, ...] = ()
    depth: int = 0


def decide(
    table: ir.Table,
    chain: ir.Chain,
    seen: Seen,
    surroundings: Surroundings,
    ipsets: tuple[ir.Set, ...],
    door: Door = CLOSED,
    supposed: tuple[Condition, ...] = (),
) -> tuple[Decision, ...]:
    """Return the base chain's decisions, one for each branch (usual branches first).  ``supposed``: the conditions of
    the flow's earlier packets.  An undecidable match has the same result for each later packet of the same direction,
    unless it is a match of load."""
    question = Question(seen, header_of(seen), named_sets(table, ipsets), surroundings)
    start = _Cursor(compiled(chain), 0, 0, (), seen, question)
    pending: list[_Cursor | Decision] = [start]
    decisions: list[Decision] = []
    observer, most = door.observer, door.limits.branches
    while pending:
        if len(decisions) + len(pending) > most:
            said = message(
                "more than {count} undecidable branches in {family} {table} {chain}", count=most, family=table.family,
                table=table.name, chain=chain.name,
            )  # fmt: skip
            decisions.append(Decision("outside", seen, conditions=(Condition(said, holds=True),)))
            break
        each = pending.pop()
        decisions.append(
            each if isinstance(each, Decision) else _Run(table, chain, pending, supposed, observer).run(each)
        )
    if observer is not None:
        observer.observe(ChainDecided(table, chain, tuple(decisions)))
    return _join(tuple(decisions))


def _join(decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """Return the decisions.  If all have the same effect on the packet, they are joined.  Of more than ``_MOST_EXACT``,
    only the first decision of each effect is kept."""
    if len(decisions) == 1:
        return decisions
    first = decisions[0]
    if all(_effect(each) == _effect(first) for each in decisions):
        return (msgspec.structs.replace(first, conditions=(), joined=tuple(each.trail for each in decisions)),)
    if len(decisions) <= _MOST_EXACT:
        return decisions
    return tuple({_effect(each): each for each in reversed(decisions)}.values())[::-1]


def _effect(decision: Decision) -> tuple[object, ...]:
    terminal = decision.place if decision.verdict != "accept" else None
    return (decision.verdict, decision.seen, terminal, decision.reject, decision.nat, decision.notrack, decision.zone)


_Pending = list[_Cursor | Decision]
_Supposed = tuple[Condition, ...]


class _Run:
    """Evaluates one branch to its end, and puts the branches that split off into ``pending``."""

    def __init__(
        self, table: ir.Table, base: ir.Chain, pending: _Pending, supposed: _Supposed, observer: Observer | None
    ) -> None:
        self.table = table
        self.base = base
        self.pending = pending
        self.supposed = supposed
        self.observer = observer
        self.satisfies: Callable[[Question, ir.Match], Truth]
        self.satisfies = satisfies if observer is None else partial(_reported, observer)

    def run(self, cursor: _Cursor) -> Decision:
        while True:
            rule_index = cursor.chain.next_candidate(cursor.rule, cursor.question.header, cursor.seen)
            if rule_index != cursor.rule:
                cursor.rule, cursor.part = rule_index, 0
            if cursor.rule >= len(cursor.chain.rules):
                decision = self._end_of_chain(cursor)
                if decision is not None:
                    return decision
                continue
            decision = self._rule(cursor)
            if decision is not None:
                return decision

    def _rule(self, cursor: _Cursor) -> Decision | None:
        """Evaluate the rule at the cursor and return the decision, or None after moving the cursor to the next rule."""
        rule = cursor.chain.rules[cursor.rule]
        body = rule.body
        while cursor.part < len(body):
            part = body[cursor.part]
            cursor.part += 1
            match part:
                case (
                    ir.FieldMatch()
                    | ir.NameMatch()
                    | ir.SetMatch()
                    | ir.InlineSetMatch()
                    | ir.FibMatch()
                    | ir.ReversePathMatch()
                    | ir.SocketMatch()
                    | ir.AnyOfMatch()
                    | ir.StatefulMatch()
                    | ir.OpaqueMatch()
                ):
                    truth = self.satisfies(cursor.question, part)
                    if truth is Truth.UNKNOWN:
                        known = self._exceeded(cursor, rule, part)
                        truth = known if known is not None else self._split(cursor, rule, part)
                    if truth is Truth.NO:
                        cursor.rule, cursor.part = cursor.rule + 1, 0
                        return None
                case ir.SetField() | ir.Notrack() | ir.SetZone() | ir.NoEffect():
                    if not self._set(cursor, part):
                        cursor.rule, cursor.part = cursor.rule + 1, 0
                        return None
                case ir.Verdict() | ir.Jump() | ir.VerdictMap():
                    return self._verdict(cursor, rule, part)
                case ir.Reject() | ir.Nat() | ir.NatMap() | ir.Outside():
                    number = cursor.rule
                    decision = self._terminal(cursor, rule, part)
                    if decision is not None or cursor.rule != number:
                        return decision
                case _:
                    assert_never(part)
        cursor.trail = (*cursor.trail, place_of(self.table, cursor.chain.name, rule))
        cursor.rule, cursor.part = cursor.rule + 1, 0
        return None

    def _exceeded(self, cursor: _Cursor, rule: ir.Rule, part: ir.Match) -> Truth | None:
        """Return whether a packet that exceeds the match's limit satisfies the match; None if this packet is not known
        to exceed the limit."""
        if not isinstance(part, ir.StatefulMatch) or part.limit is None:
            return None
        sets, around = cursor.question.sets, cursor.question.surroundings
        others = [each for each in rule.body if isinstance(each, ir.Match) and not isinstance(each, ir.StatefulMatch)]

        def passes(seen: Seen) -> bool:
            question = Question(seen, header_of(seen), sets, around)
            return all(satisfies(question, each) is Truth.YES for each in others)

        if not around.exceeds(cursor.seen, part.limit, cursor.entered, passes):
            return None
        place = place_of(self.table, cursor.chain.name, rule)
        above = Condition(verbatim(part.text), holds=part.limit.over, place=place, load=True, listed=True)
        if isinstance(part.limit, ConnectionLimit):
            # The kernel counts a connection when one of its packets reaches the rule, but no reading shows whether a
            # packet of the connection has reached the rule.
            below = msgspec.structs.replace(above, holds=not part.limit.over, usual=False)
            self._queue(cursor, below)
        cursor.conditions = (*cursor.conditions, above)
        return truth_of(part.limit.over)

    def _queue(self, cursor: _Cursor, condition: Condition) -> None:
        """Queue a branch with this condition; the match at the cursor is satisfied on the branch if the condition
        holds."""
        branch = msgspec.structs.replace(cursor, conditions=(*cursor.conditions, condition))
        if not condition.holds:
            branch.rule, branch.part = branch.rule + 1, 0
        self.pending.append(branch)

    def _split(self, cursor: _Cursor, rule: ir.Rule, part: ir.Expression) -> Truth:
        """Queue the unusual branch, and return whether the match is satisfied on the usual branch."""
        if all(isinstance(rest, ir.NoEffect) and rest.name != "flow" for rest in _statements(rule)):
            return Truth.NO
        from hairpin.netfilter.evaluate.bound import bound_of
        from hairpin.netfilter.evaluate.load import is_of_load

        place = place_of(self.table, cursor.chain.name, rule)
        usual = part.usual if isinstance(part, ir.StatefulMatch) else False
        said = verbatim(part.text if isinstance(part, (ir.StatefulMatch, ir.OpaqueMatch)) else rule.text)
        load, reply = is_of_load(rule, part), cursor.seen.ct_direction == 1
        bound = bound_of(rule, part) if load else None
        taken = Condition(said, holds=usual, place=place, usual=True, load=load, reply=reply, bound=bound)
        other = msgspec.structs.replace(taken, holds=not usual, usual=False)
        for each in self.supposed if not load else ():
            if (each.place, each.said, each.reply) == (place, said, reply):
                return truth_of(each.holds)
        self._queue(cursor, other)
        cursor.conditions = (*cursor.conditions, taken)
        return Truth.YES if usual else Truth.NO

    def _set(self, cursor: _Cursor, part: ir.SetField | ir.Notrack | ir.SetZone | ir.NoEffect) -> bool:
        """Carry out the statement and return whether the rule continues.  nft ends the rule if the packet lacks the
        field to copy, or if ``flow add`` does not put the connection into a flowtable."""
        match part:
            case ir.Notrack():
                cursor.notrack = cursor.zone is None
            case ir.SetZone(zone=zone):
                # NOTRACK and a zone exclude each other: the statement that the packet reaches first takes effect.  Only
                # nft can set a zone after NOTRACK (nft_ct_set_zone_eval()).
                if cursor.zone is None and (self.table.dialect == "nft" or not cursor.notrack):
                    cursor.zone, cursor.notrack = zone, False
            case ir.SetField() | ir.NoEffect(name="flow"):
                from hairpin.netfilter.evaluate.set_field import assign, offloaded

                changed = assign(cursor.seen, part) if isinstance(part, ir.SetField) else offloaded(cursor.question)
                if changed is None:
                    return self.table.dialect != "nft"
                cursor.seen = changed
                old = cursor.question
                cursor.question = Question(cursor.seen, header_of(cursor.seen), old.sets, old.surroundings)
            case ir.NoEffect(name=name, enters=enters):
                cursor.entered |= {enters} if enters else set()
                if name == "CT" and cursor.zone is None and not cursor.notrack:
                    cursor.zone = 0  # later CT targets have no effect: xt_ct_target()
            case _:
                assert_never(part)
        return True

    def _verdict(self, cursor: _Cursor, rule: ir.Rule, part: ir.Verdict | ir.Jump | ir.VerdictMap) -> Decision | None:
        verdict: ir.Verdict | ir.Jump | None
        verdict = self._mapped(cursor, part) if isinstance(part, ir.VerdictMap) else part
        if self.observer is not None and isinstance(part, ir.VerdictMap) and verdict is not None:
            self.observer.observe(VerdictMapped(verdict))
        if verdict is None:
            cursor.rule, cursor.part = cursor.rule + 1, 0
            return None
        place = place_of(self.table, cursor.chain.name, rule)
        cursor.trail = (*cursor.trail, place)
        if isinstance(verdict, ir.Jump):
            self._jump(cursor, verdict)
            return None
        match verdict.verdict:
            case "accept" | "drop":
                return self._decision(cursor, verdict.verdict, place)
            case "return":
                return self._return(cursor)
            case "continue":
                cursor.rule, cursor.part = cursor.rule + 1, 0
                return None
            case _:
                assert_never(verdict.verdict)

    def _jump(self, cursor: _Cursor, jump: ir.Jump) -> None:
        target = self.table.chain(jump.chain)
        behind = (cursor.chain, cursor.rule + 1)
        cursor.depth += 1
        if target is None or cursor.depth > 10000:
            # The kernel refuses such rulesets; a damaged snapshot must not hang the walk.
            cursor.rule, cursor.part = cursor.rule + 1, 0
            return
        if not jump.goto:
            cursor.stack = (*cursor.stack, behind)
        cursor.chain, cursor.rule, cursor.part = compiled(target), 0, 0

    def _return(self, cursor: _Cursor) -> Decision | None:
        cursor.rule = len(cursor.chain.rules)
        return self._end_of_chain(cursor)

    def _end_of_chain(self, cursor: _Cursor) -> Decision | None:
        """Return to the calling chain, and return None.  At the end of the base chain, return the decision of its
        policy."""
        if cursor.stack:
            chain, rule = cursor.stack[-1]
            cursor.stack = cursor.stack[:-1]
            cursor.chain, cursor.rule, cursor.part = chain, rule, 0
            return None
        place = policy_place(self.table, self.base)
        return self._decision(cursor, "drop" if self.base.policy == "drop" else "accept", place)

    def _mapped(self, cursor: _Cursor, part: ir.VerdictMap) -> ir.Verdict | ir.Jump | None:
        values = values_of(cursor.question.header, part.fields)
        if values is None:
            return None
        for element in _map_elements(self.table, part.map, part.elements):
            if isinstance(element, ir.VerdictElement) and fits_key(element.key, values):
                return element.verdict
        return None

    def _terminal(
        self, cursor: _Cursor, rule: ir.Rule, part: ir.Reject | ir.Nat | ir.NatMap | ir.Outside
    ) -> Decision | None:
        if isinstance(part, ir.Outside) and (not part.ends or _leaves_as_is(cursor, part)):
            return None
        place = place_of(self.table, cursor.chain.name, rule)
        cursor.trail = (*cursor.trail, place)
        match part:
            case ir.Reject(answer=answer):
                return self._decision(cursor, "reject", place, reject=answer)
            case ir.Nat():
                return self._decision(cursor, "accept", place, nat=part)
            case ir.NatMap():
                nat = self._nat_mapped(cursor, part)
                if nat is not None:
                    return self._decision(cursor, "accept", place, nat=nat)
                cursor.rule, cursor.part = cursor.rule + 1, 0
                return None
            case ir.Outside(queue=Queue() as queue) if cursor.question.surroundings.is_read(queue) is False:
                return self._decision(cursor, "accept" if queue.bypass else "drop", place)
            case ir.Outside(text=text, name=name):
                taking = message("{name} takes the packet: {text}", name=name, text=text)
                other = Condition(taking, holds=False, place=place, usual=False)
                branch = msgspec.structs.replace(cursor, conditions=(*cursor.conditions, other))
                # At the end of the target chain of ``goto``, the evaluation returns as at the end of the rule's chain.
                branch.rule, branch.part = len(cursor.chain.rules) if name == "goto" else branch.rule + 1, 0
                if name in _NAMELESS:
                    self.pending.append(self._decision(branch, "accept", place))
                self.pending.append(self._decision(branch, "accept", place) if name in _GIVE_BACK else branch)
                taken = msgspec.structs.replace(other, holds=True)
                cursor.conditions = (*cursor.conditions, taken)
                return self._decision(cursor, "outside", place)
            case _:
                assert_never(part)

    def _nat_mapped(self, cursor: _Cursor, part: ir.NatMap) -> ir.Nat | None:
        values = values_of(cursor.question.header, part.fields)
        if values is None:
            return None
        for element in _map_elements(self.table, part.map, part.elements):
            if isinstance(element, ir.NatElement) and fits_key(element.key, values):
                return ir.Nat(nat=part.nat, addresses=element.addresses, ports=element.ports)
        return None

    def _decision(
        self, cursor: _Cursor, verdict: Ending, place: Place, *, reject: str | None = None, nat: ir.Nat | None = None
    ) -> Decision:
        return Decision(
            verdict, cursor.seen, place, reject=reject, nat=nat, notrack=cursor.notrack, zone=cursor.zone,
            conditions=cursor.conditions, trail=cursor.trail,
        )  # fmt: skip


def _leaves_as_is(cursor: _Cursor, part: ir.Outside) -> bool:
    return part.unless is not None and field_satisfies(cursor.question.header, part.unless) is Truth.YES


def _reported(observer: Observer, question: Question, match: ir.Match) -> Truth:
    """Return the result of satisfies(), and report it to the observer."""
    truth = satisfies(question, match)
    observer.observe(MatchAnswered(question, match, truth))
    return truth


def _statements(rule: ir.Rule) -> Iterator[ir.Expression]:
    for part in rule.body:
        if not isinstance(part, ir.Match):
            yield part


def _map_elements(
    table: ir.Table, name: str | None, inline: tuple[ir.VerdictElement, ...] | tuple[ir.NatElement, ...]
) -> tuple[ir.VerdictElement | ir.NatElement, ...]:
    if name is None:
        return inline
    for each in table.maps:
        if each.name == name:
            return each.elements
    return ()
