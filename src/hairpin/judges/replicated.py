"""Asks the second judge about an examination: replicas repeat every flow and every proof on a kernel."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import msgspec

from hairpin.causes.cause import Finding
from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import change_in_turn
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.examination import Examination
from hairpin.errors import ChangeError
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Unread
from hairpin.judges.disagreement import Disagreement, disagreement
from hairpin.judges.judged import Judged, judged
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Judgement, Kernel, Outcome
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

MANY_RULES = 20_000
"""The greatest number of rules with which ``check`` builds a replica.  ``check`` has to answer in about a second."""


class Replication(msgspec.Struct, frozen=True):
    """A kernel's verdicts.

    ``flows``: both verdicts on each flow; None for a flow whose replica could not be built.  ``causes``: the references
    of the causes whose proof the kernel confirmed, both without and with the change.  ``unread``: the reasons why the
    kernel did not confirm the other proofs."""

    flows: tuple[Judged | None, ...]
    causes: frozenset[str] = frozenset()
    unread: tuple[Unread, ...] = ()
    disagreements: tuple[tuple[int, Disagreement], ...] = ()
    """The disagreements, each with the index of its flow."""


class _Group(msgspec.Struct, frozen=True):
    """A group of flows that the same change repairs.  ``numbers``: the indexes of the flows.  ``change`` None: no
    change is known or needed."""

    numbers: tuple[int, ...]
    change: Change | None


def rule_count(network: Network) -> int:
    """Return how many rules the network has."""
    return sum(
        len(chain.rules)
        for _, namespace in network.namespaces()
        for table in namespace.ruleset.tables
        for chain in table.chains
    )


@contextmanager
def replicating(
    examination: Examination, evidence: tuple[Evidence, ...], kernel: Kernel, *, once_a_kind: bool = False
) -> Generator[Callable[[Mapping[int, Change]], Replication]]:
    """Begin to ask the kernel, and yield the function that waits for its verdicts on the flows and the proofs.

    ``once_a_kind``: of flows that are alike, the kernel judges only the flow that was walked.

    The argument of this function contains the printed repairs that differ from the changes of the proof, by the indexes
    of the repaired flows.  The kernel then judges these repairs, too."""
    count = rule_count(examination.network)
    if count > MANY_RULES:
        said = message(
            "{count} rules take seconds to load; `hairpin prove` loads them and repeats a flow in throw-away "
            "namespaces",
            count=count,
        )
        yield lambda _: Replication((None,) * len(examination.diagnoses), unread=_unread([said]))
        return
    groups = _groups(examination, once_a_kind=once_a_kind)
    with kernel.judging(_cases(groups, examination, evidence)) as outcomes:

        def word(printed: Mapping[int, Change]) -> Replication:
            heard = _heard(groups, outcomes(), examination, kernel)
            # An overloaded machine may lose a replica's packet, so only a repeated disagreement counts.
            doubtful = [each.group for each in heard if each.disagreements]
            judged_again = kernel.judge(_cases(doubtful, examination, evidence)) if doubtful else ()
            again = iter(_heard(doubtful, judged_again, examination, kernel))
            said = [next(again) if each.disagreements else each for each in heard]
            proven = {number for each in said for number in each.proven if number not in printed}
            otherwise = _alike(printed)
            judged_further = kernel.judge(_cases(otherwise, examination, evidence)) if otherwise else ()
            further = _heard(otherwise, judged_further, examination, kernel)
            return _replication(said, proven.union(*(each.proven for each in further)), examination)

        yield word


def _replication(heard: list["_Heard"], proven: set[int], examination: Examination) -> Replication:
    flows = {number: both for each in heard for number, both in each.flows.items()}
    return Replication(
        tuple(flows.get(number) for number in range(len(examination.diagnoses))),
        frozenset(
            cause.ref for cause in examination.causes if all(number in proven for number in cause.flows) and cause.flows
        ),
        _unread([said for each in heard for said in each.open]),
        tuple(found for each in heard for found in each.disagreements),
    )


def _unread(reasons: list[Message | str]) -> tuple[Unread, ...]:
    return tuple(Unread("replica", "", "replica", said, "") for said in dict.fromkeys(reasons))


def _groups(examination: Examination, *, once_a_kind: bool) -> list[_Group]:
    found: dict[tuple[str, ...], list[int]] = {}
    for number, diagnosis in enumerate(examination.diagnoses):
        if diagnosis.trace.flow.asked_name:
            continue  # a packet does not show which names a server knows
        if once_a_kind and diagnosis.trace.like is not diagnosis.trace:
            continue
        refs = tuple(each.ref for each in examination.causes_of(number))
        found.setdefault(refs, []).append(number)
    return [
        _Group(tuple(numbers), _change_of(examination.causes_of(numbers[0]), examination.network) if refs else None)
        for refs, numbers in found.items()
    ]


def _alike(printed: Mapping[int, Change]) -> list[_Group]:
    """Return the flows in groups.  The flows of a group have the same printed repair."""
    groups: list[_Group] = []
    for number, change in printed.items():
        if all(number not in each.numbers for each in groups):
            groups.append(_Group(tuple(other for other, each in printed.items() if each == change), change))
    return groups


def _change_of(causes: tuple[Finding, ...], network: Network) -> Change:
    """Return the change that removes the causes, made of the changes that the causes have for all their flows."""
    changes = tuple(each.candidate.change for each in causes)
    try:
        return change_in_turn(changes, network)
    except ChangeError:
        return Change(tuple(part for each in changes for part in each.parts))


def _cases(groups: list[_Group], examination: Examination, evidence: tuple[Evidence, ...]) -> tuple[Case, ...]:
    return tuple(
        Case(
            examination.network,
            tuple(examination.diagnoses[number].trace.flow for number in group.numbers),
            evidence,
            group.change,
        )
        for group in groups
    )


class _Heard:
    """The kernel's verdicts on the flows of a group."""

    def __init__(self, group: _Group, examination: Examination, release: str) -> None:
        self.group = group
        self._examination = examination
        self._release = release
        self.flows: dict[int, Judged] = {}
        self.proven: set[int] = set()
        self.open: list[Message | str] = []
        self.disagreements: list[tuple[int, Disagreement]] = []

    def take(self, outcome: Outcome) -> None:
        """Record the outcome of the replicas."""
        group = self.group
        if outcome.error is not None:
            self.open.append(outcome.error)
            return
        network = self._examination.network
        agreeing: set[int] = set()
        for number, judgement in zip(group.numbers, outcome.before, strict=True):
            both = self._both(number, network, self._examination.diagnoses[number].trace, judgement)
            self.flows[number] = both
            if both.agreement.judge == "replicated":
                agreeing.add(number)
        changed = self._after(group.change) if group.change is not None else None
        if changed is None:
            return
        for number, judgement in zip(group.numbers, outcome.after, strict=True):
            trace = walk_flow(changed, self._examination.diagnoses[number].trace.flow)
            both = self._both(number, changed, trace, judgement, changed=True)
            if both.agreement.judge == "replicated" and number in agreeing and trace.succeeds:
                self.proven.add(number)

    def _after(self, change: Change) -> Network | None:
        try:
            return simulate(change, self._examination.network)
        except ChangeError:
            return None

    def _both(
        self, number: int, network: Network, trace: Trace, judgement: Judgement, *, changed: bool = False
    ) -> Judged:
        """Return both verdicts, and record why the kernel did not confirm the walk's verdict."""
        both = judged(network, trace, judgement, self._release)
        if both.agreement.judge == "replicated":
            return both
        found = disagreement(both, self._examination.network.world, self._release, changed=changed)
        if found is not None:
            self.disagreements.append((number, found))
            return both
        if changed and self.flows[number].agreement.judge != "replicated":
            return both  # the reason is told of the flow as it is
        told = (
            message("the test copy of the network lacks a part, so {start} to {target} is only simulated: {said}")
            if not changed
            else message(
                "the test copy of the network lacks a part, so {start} to {target} with the repair is only simulated: "
                "{said}"
            )
        )
        self.open += (
            told.filled(
                start=trace.flow.start_text(with_host=len(network.hosts) > 1),
                target=trace.flow.target_text(),
                said=said,
            )
            for said in both.judgement.left_out
        )
        return both


def _heard(
    groups: list[_Group], outcomes: tuple[Outcome, ...], examination: Examination, kernel: Kernel
) -> list[_Heard]:
    """Return the kernel's verdicts on each group."""
    heard = [_Heard(group, examination, kernel.release) for group in groups]
    for each, outcome in zip(heard, outcomes, strict=True):
        each.take(outcome)
    return heard
