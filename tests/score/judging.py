"""Holds one answer of hairpin's against the real connection and the causes of its failure: right, a miss, or a false
alarm."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Causes, Flow
from hairpin.lab.topology import HOSTS
from hairpin.report.documents.document import CauseDocument
from tests.score.diagnosis import Answer, agrees, blocking_causes, describes, dispute_in, stop_reason

EVERYTHING = "(everything)"
_READ_BY = re.compile(r"--host ([0-9.]+)")


class FlowScore(msgspec.Struct, frozen=True):
    """One question put to hairpin, and whether its answer was right.

    ``truth``: the outcome of the real connection. ``expected``: the causes that had to be named; None if the connection
    was delivered. ``named``: the blocking causes that were named, in the report's order. A cause is ``ID@HOST`` if
    there are several hosts. ``wrong``: what is wrong with the answer, a sentence for each.
    """

    flow: str
    truth: str
    verdict: str
    expected: Causes | None
    named: tuple[str, ...]
    seconds: float
    agrees: bool
    wrong: tuple[str, ...] = ()

    @property
    def is_cause_right(self) -> bool:
        """Whether the causes that had to be named stand before all others."""
        return self.expected is not None and names_all(self.expected, self.named)


def judge(flow: Flow, outcome: Outcome, truth: Causes, answer: Answer, *, several_hosts: bool = False) -> FlowScore:
    """Hold one answer against the outcome of its flow's real connection, and the causes that make it fail."""
    expected = truth if outcome is not Outcome.DELIVERED else None
    if answer.report is None or not answer.report.flows:
        return _unanswered(str(flow), outcome, expected, answer)
    asked = answer.report.flows[0]
    row = FlowScore(
        str(flow),
        outcome.value,
        asked.verdict,
        expected,
        named=_names(blocking_causes(answer.report, asked), several_hosts=several_hosts),
        seconds=answer.seconds,
        agrees=describes(asked.verdict, stop_reason(asked), outcome, across_hosts=several_hosts),
    )
    # A flow that passes is no all-clear while the engine does not run.
    is_unknown = expected is None and any(cause.id == "docker-daemon-not-running" for cause in answer.report.causes)
    wrong = tuple(_wrong(row)) or _wrong_status(answer, 3 if is_unknown else int(expected is not None))
    return msgspec.structs.replace(row, wrong=wrong)


def _wrong(row: FlowScore) -> Iterator[str]:
    if not row.agrees:
        yield f"the connection was {row.truth}, hairpin says {row.verdict}"
    if row.expected is None:
        if row.named:
            yield f"false alarm: {', '.join(row.named)}"
    elif not row.is_cause_right:
        causes = " and ".join("/".join(one) for one in row.expected)
        yield f"named {', '.join(row.named) or 'nothing'}, the cause is {causes}"


def _wrong_status(answer: Answer, right: int) -> tuple[str, ...]:
    """Return what is wrong about an answer that is right otherwise: the exit status, a replica that disagrees."""
    if answer.status != right:
        return (f"exit status {answer.status}, should be {right}",)
    dispute = dispute_in(answer.report) if answer.report is not None else ""
    return (f"the judges disagree: {dispute}",) if dispute else ()


def judge_everything(answer: Answer, *, several_hosts: bool = False, alone: str = "") -> FlowScore:
    """Judge the answer to ``hairpin check`` without a target on a healthy host: no cause, no failing flow, status 0.

    ``alone``: the only one of several hosts that was read.
    """
    flow = f"{EVERYTHING}{_alone(alone)}"
    if answer.report is None:
        return _unanswered(flow, Outcome.DELIVERED, None, answer)
    causes = _names(blocking_causes(answer.report), several_hosts=several_hosts)
    failing = [one for one in answer.report.flows if not agrees(Outcome.DELIVERED, one.verdict)]
    lost = tuple(f"{one.origin} → {one.to} {one.verdict}" for one in failing)
    wrong = (f"false alarm: {', '.join(causes + lost)}",) if causes or lost else _wrong_status(answer, 0)
    verdict = failing[0].verdict if failing else "delivered"
    return FlowScore(flow, Outcome.DELIVERED.value, verdict, None, causes, answer.seconds, not failing, wrong)


def judge_alone(flow: Flow, answer: Answer, host: str) -> FlowScore:
    """Judge the answer of one of several hosts, read without the others, about a healthy flow that starts on it.

    A flow to another host ``leaves``. The answer then names that host by its underlay address, with the option that
    reads it.
    """
    row = judge(flow, flow.after, (), answer, several_hosts=True)
    row = msgspec.structs.replace(row, flow=row.flow + _alone(host))
    if row.wrong or answer.report is None or row.verdict != "leaves" or not _goes_to_a_host(flow):
        return row
    said = "; ".join((*answer.report.flows[0].assumed, *(each.option for each in answer.report.questions)))
    if set(_READ_BY.findall(said)).intersection(HOSTS):
        return row
    wrong = f"the far host is not named with what reads it: {said or 'nothing said'}"
    return msgspec.structs.replace(row, wrong=(wrong,))


def _goes_to_a_host(flow: Flow) -> bool:
    """Return whether the flow goes to a lab host or to a container of one."""
    return flow.to.startswith(("10.", "198.51.100.1"))


def _alone(host: str) -> str:
    return f" asked of {host} alone" if host else ""


def _names(causes: Iterable[CauseDocument], *, several_hosts: bool) -> tuple[str, ...]:
    return tuple(f"{cause.id}@{cause.host}" if several_hosts else cause.id for cause in causes)


def names_all(expected: Causes, causes: tuple[str, ...]) -> bool:
    """Return whether the best-ranked causes are the expected ones: one of the first N meets each of the N entries."""
    best = frozenset(causes[: len(expected)])
    return all(best.intersection(alternatives) for alternatives in expected)


def _unanswered(flow: str, outcome: Outcome, expected: Causes | None, answer: Answer) -> FlowScore:
    said = answer.complaint.splitlines()[-1] if answer.complaint else "it printed nothing"
    wrong = f"status {answer.status}, no report: {said}"
    return FlowScore(flow, outcome.value, "none", expected, (), answer.seconds, agrees=False, wrong=(wrong,))
