"""Holds one answer of hairpin's against the truth of its scenario: right, a miss, or a false alarm."""

import re

import msgspec

from hairpin.lab.diagnosis import Answer, agrees, blocking_causes, describes, stop_reason
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.topology import HOSTS
from hairpin.report.document import CauseDocument

EVERYTHING = "(everything)"
_READ_BY = re.compile(r"--host ([0-9.]+|NODE)")
"""flanneld's ``udp`` backend has the far host's address in its memory alone, so NODE stands for it."""


class FlowScore(msgspec.Struct, frozen=True):
    """One question put to hairpin, and whether its answer was right.

    ``truth``: the outcome of the real connection. ``expected``: the causes that had to be named. ``named``: the
    blocking causes that were named, in the report's order. A cause is ``ID@HOST`` if there are several hosts.
    ``wrong``: what is wrong with the answer; empty if it is right.
    """

    scenario: str
    flow: str
    truth: str
    verdict: str
    expected: tuple[tuple[str, ...], ...]
    named: tuple[str, ...]
    seconds: float
    agrees: bool
    cause_right: bool
    false_alarm: bool
    wrong: str


def judge(scenario: Scenario, flow: Flow, answer: Answer) -> FlowScore:
    """Hold one answer against the truth of one flow."""
    failing = flow.after is not Outcome.DELIVERED
    expected = scenario.causes if failing else ()
    if answer.report is None or not answer.report.flows:
        return _unanswered(scenario, flow, expected, answer)
    asked = answer.report.flows[0]
    causes = _names(scenario, blocking_causes(answer.report, asked))
    told = describes(asked.verdict, stop_reason(asked), flow.after, across_hosts=scenario.several_hosts)
    wrong = ""
    if not told:
        wrong = f"the connection was {flow.after.value}"
    elif failing and not names_all(expected, causes):
        wrong = (
            f"named {', '.join(causes) or 'nothing'}, the cause is {' and '.join('/'.join(one) for one in expected)}"
        )
    elif causes and not failing:
        wrong = f"false alarm: {', '.join(causes)}"
    elif answer.status != int(failing):
        wrong = f"exit status {answer.status}, should be {int(failing)}"
    row = _row(scenario, flow, asked.verdict, expected, causes, answer, wrong)
    return msgspec.structs.replace(row, agrees=told)


def judge_everything(scenario: Scenario, answer: Answer, alone: str = "") -> FlowScore:
    """Judge the answer to ``hairpin check`` without a target on a healthy host: no cause, no failing flow, status 0.

    ``alone``: the only one of several hosts that was read.
    """
    flow = Flow(target=EVERYTHING, start=f"{EVERYTHING}{_alone(alone)}", to="")
    if answer.report is None:
        return _unanswered(scenario, flow, (), answer)
    causes = _names(scenario, blocking_causes(answer.report))
    failing = [one for one in answer.report.flows if not agrees(Outcome.DELIVERED, one.verdict)]
    lost = tuple(f"{one.origin} → {one.to} {one.verdict}" for one in failing)
    wrong = ""
    if causes or lost:
        wrong = "false alarm: " + ", ".join(causes + lost)
    elif answer.status:
        wrong = f"exit status {answer.status}, should be 0"
    return _row(scenario, flow, lost[0].rpartition(" ")[2] if lost else "delivered", (), causes, answer, wrong)


def judge_alone(scenario: Scenario, flow: Flow, answer: Answer, host: str) -> FlowScore:
    """Judge the answer of one host, read without the others, about a healthy flow that starts on it.

    A flow to another host ``leaves``. The answer then names that host by its underlay address, with the option that
    reads it.
    """
    row = judge(scenario, flow, answer)
    row = msgspec.structs.replace(row, flow=row.flow + _alone(host))
    if row.wrong or answer.report is None or row.verdict != "leaves" or not _goes_to_a_host(flow):
        return row
    said = "; ".join((*answer.report.flows[0].assumed, *(each.option for each in answer.report.questions)))
    if set(_READ_BY.findall(said)).intersection((*HOSTS, "NODE")):
        return row
    return msgspec.structs.replace(row, wrong=f"the far host is not named with what reads it: {said or 'nothing said'}")


def _goes_to_a_host(flow: Flow) -> bool:
    """Return whether the flow goes to a lab host or to a container of one."""
    return flow.to.startswith(("10.", "198.51.100.1"))


def _alone(host: str) -> str:
    return f" asked of {host} alone" if host else ""


def _names(scenario: Scenario, causes: tuple[CauseDocument, ...]) -> tuple[str, ...]:
    return tuple(f"{cause.id}@{cause.host}" if scenario.several_hosts else cause.id for cause in causes)


def names_all(expected: tuple[tuple[str, ...], ...], causes: tuple[str, ...]) -> bool:
    """Return whether the best-ranked causes are the expected ones: one of the first N meets each of the N entries."""
    best = frozenset(causes[: len(expected)])
    return all(best.intersection(alternatives) for alternatives in expected)


def _unanswered(scenario: Scenario, flow: Flow, expected: tuple[tuple[str, ...], ...], answer: Answer) -> FlowScore:
    said = answer.complaint.splitlines()[-1] if answer.complaint else "it printed nothing"
    return _row(scenario, flow, "none", expected, (), answer, f"status {answer.status}, no report: {said}")


def _row(
    scenario: Scenario,
    flow: Flow,
    verdict: str,
    expected: tuple[tuple[str, ...], ...],
    causes: tuple[str, ...],
    answer: Answer,
    wrong: str,
) -> FlowScore:
    return FlowScore(
        scenario=scenario.name,
        flow=flow.start if flow.start.startswith(EVERYTHING) else f"{flow.start} → {flow.to}",
        truth=flow.after.value,
        verdict=verdict,
        expected=expected,
        named=causes,
        seconds=answer.seconds,
        agrees=agrees(flow.after, verdict),
        cause_right=bool(expected) and names_all(expected, causes),
        false_alarm=not expected and bool(causes or (scenario.healthy and wrong)),
        wrong=wrong,
    )
