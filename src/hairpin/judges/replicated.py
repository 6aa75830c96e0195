"""The second judge's word on an answer: every flow and every proof, repeated on replicas on the running kernel."""

from collections.abc import Mapping

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulate import simulate
from hairpin.diagnose.check import Answer
from hairpin.diagnose.diagnose import Diagnosis
from hairpin.errors import ChangeError
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Unread
from hairpin.judges.agreement import Agreement, agreement
from hairpin.judges.disagreement import folders, keep
from hairpin.judges.this_kernel import as_judged_here
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.replica.judge import carry_all, orders_of
from hairpin.replica.run.worker import Judgement, Order, Outcome
from hairpin.walk.walk import Trace, walk_flow

MANY_RULES = 20_000
"""Up to so many a host is rebuilt without being asked for it: the answer is due in about a second."""


class _Group(msgspec.Struct, frozen=True):
    """Flows (by index) that the same change repairs (None: none is known or needed), and the replicas that are
    asked."""

    numbers: tuple[int, ...]
    change: Change | None
    orders: tuple[Order, ...]


def replicated(answer: Answer, evidence: Evidence, environment: Mapping[str, str]) -> Answer:
    """Return the answer with what the kernel has confirmed; what it has not, and why, is among what is missing."""
    count = sum(
        len(chain.rules)
        for _, namespace in answer.network.namespaces()
        for table in namespace.ruleset.tables
        for chain in table.chains
    )
    if count > MANY_RULES:
        said = message(
            "{count} rules take seconds to load: `hairpin prove` repeats a flow in throw-away namespaces", count=count
        )
        return msgspec.structs.replace(answer, missing=(*answer.missing, Unread("replica", "", "replica", said, "")))
    groups = _groups(answer, evidence)
    outcomes = list(carry_all(order for group in groups for order in group.orders))
    told = _Told(answer, evidence, environment)
    for group in groups:
        mine = tuple(outcomes[: len(group.orders)])
        del outcomes[: len(group.orders)]
        told.take(group, mine)
    causes = frozenset(
        cause.ref for cause in answer.causes if all(number in told.proven for number in cause.flows) and cause.flows
    )
    return msgspec.structs.replace(
        answer,
        replicated_flows=frozenset(told.flows),
        replicated_causes=causes,
        missing=(
            *answer.missing,
            *(Unread("replica", "", "replica", said, "") for said in dict.fromkeys(told.missing)),
        ),
    )


def _groups(answer: Answer, evidence: Evidence) -> tuple[_Group, ...]:
    found: dict[tuple[tuple[str, tuple[tuple[str, str], ...]], ...], list[int]] = {}
    for number, diagnosis in enumerate(answer.diagnoses):
        key = tuple((each.cause, each.candidate.where) for each in diagnosis.causes)
        found.setdefault(key, []).append(number)
    groups: list[_Group] = []
    for key, numbers in found.items():
        flows = tuple(answer.diagnoses[number].trace.flow for number in numbers)
        change = _change(answer.diagnoses[numbers[0]]) if key else None
        orders: tuple[Order, ...] = (Order(answer.network, flows, (evidence,)),)
        if change is not None:
            orders = orders_of(answer.network, flows, change, (evidence,))
        groups.append(_Group(tuple(numbers), change, orders))
    return tuple(groups)


def _change(diagnosis: Diagnosis) -> Change:
    return Change(tuple(part for each in diagnosis.causes for part in each.candidate.change.parts))


def _in_one_line(error: Message) -> Message | str:
    """Return the error, or the last line of a traceback."""
    lines = str(error).strip().splitlines()
    return error if len(lines) == 1 else lines[-1]


class _Told:
    """What the replicas have said so far."""

    def __init__(self, answer: Answer, evidence: Evidence, environment: Mapping[str, str]) -> None:
        self._answer = answer
        self._evidence = evidence
        self._environment = environment
        self.flows: set[int] = set()
        self.proven: set[int] = set()
        self.missing: list[Message | str] = []

    def take(self, group: _Group, outcomes: tuple[Outcome, ...]) -> None:
        """Note what a group's replicas have said."""
        failed = [_in_one_line(each.error) for each in outcomes if each.error is not None]
        if failed:
            self.missing += failed
            return
        network = self._answer.network
        for number, judgement in zip(group.numbers, outcomes[0].before, strict=True):
            if self._same(network, self._answer.diagnoses[number].trace, judgement, ""):
                self.flows.add(number)
        changed = self._after(group.change) if group.change is not None else None
        if changed is None:
            return
        for number, judgement in zip(group.numbers, outcomes[-1].after, strict=True):
            trace = walk_flow(changed, self._answer.diagnoses[number].trace.flow)
            if self._same(changed, trace, judgement, "with the change, ") and number in self.flows:
                self.proven.add(number)

    def _after(self, change: Change) -> Network | None:
        try:
            return simulate(change, self._answer.network)
        except ChangeError:
            return None

    def _same(self, network: Network, trace: Trace, judgement: Judgement, when: str) -> bool:
        judgement = as_judged_here(network, trace, judgement)
        found = agreement(trace, judgement)
        start, target = trace.flow.start_text(), trace.flow.target_text()
        if found.judge == "replicated":
            return True
        if found.agrees is False:
            kept = self._kept(trace, judgement, found)
            self.missing.append(f"{start} to {target}: {when}{found.reason}; this is a bug in hairpin{kept}")
        else:
            self.missing += (
                message(
                    "not rebuilt, so {start} to {target} stays simulated: {said}", start=start, target=target, said=said
                )
                for said in judgement.left_out
            )
        return False

    def _kept(self, trace: Trace, judgement: Judgement, found: Agreement) -> str:
        where = folders(self._environment)
        path = keep(self._evidence, self._answer.network.world, trace, judgement, found, where)
        return f", please report it with {path}" if path is not None else ""
