"""Scores hairpin against the truth: every scenario broken for real, asked, and judged."""

import os
import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Literal

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import CHECK, Answer, agrees, ask
from hairpin.lab.probe import Outcome
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario, settled

# A lab and a diagnosis keep a processor busy; more at once only makes each slower.
PARALLEL = min(2, os.cpu_count() or 1)
EVERYTHING = "(everything)"


class FlowScore(msgspec.Struct, frozen=True):
    """One question put to hairpin, and whether its answer was right.

    ``truth`` is what the real connection did; ``expected`` the causes that had to be named, ``named`` the blocking ones
    that were, in the report's order. ``repair`` is ``works`` or ``fails`` where the printed commands were carried out
    and the connection made again. ``wrong`` says what is off, empty where all is right.
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
    repair: Literal["", "works", "fails"] = ""


class ScoreReport(msgspec.Struct, frozen=True):
    """All answers, and the totals. ``broken`` are scenarios that could not be carried through: a defect of the lab, not
    of hairpin.
    """

    rows: tuple[FlowScore, ...]
    broken: tuple[str, ...]
    top1_right: int
    top1_asked: int
    healthy_asked: int
    false_alarms: int
    agreeing: int
    asked: int
    repairs_tried: int
    repairs_working: int
    median_seconds: float
    schema: str = "hairpin.lab-score/1"

    @property
    def perfect(self) -> bool:
        return not self.broken and self.asked > 0 and not any(row.wrong for row in self.rows)


def score(
    names: Iterable[str] = (),
    out: Callable[[str], object] = say,
    *,
    parallel: int = PARALLEL,
    command: tuple[str, ...] = CHECK,
) -> ScoreReport:
    """Carry the named scenarios through (all, when none is named) and return how hairpin did; ``out`` gets a line for
    each answer.

    ``command`` is what is run in the lab host instead of this hairpin's own ``check``. Raises LabError when the machine
    cannot have a lab.
    """
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    rows: dict[str, tuple[FlowScore, ...]] = {}
    broken: list[str] = []
    out(HEAD)
    pool = ThreadPoolExecutor(parallel)
    try:
        pending = {pool.submit(score_scenario, scenario, command): scenario for scenario in scenarios}
        for done in as_completed(pending):
            scenario = pending[done]
            try:
                rows[scenario.name] = done.result()
            except LabError as error:
                broken.append(f"{scenario.name}: {error}")
                out(f"{scenario.name}\n    could not be carried through: {error}")
                continue
            for row in rows[scenario.name]:
                out(line(row))
    finally:
        pool.shutdown(cancel_futures=True)
    report = _total(tuple(row for scenario in scenarios for row in rows.get(scenario.name, ())), tuple(broken))
    out(summary(report))
    return report


def score_scenario(scenario: Scenario, command: tuple[str, ...] = CHECK) -> tuple[FlowScore, ...]:
    """Build, break and ask; raise LabError where the real connections do not do what the scenario says."""
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))
        answers = [ask(lab, flow.arguments(), command) for flow in scenario.flows]
        rows = [judge(scenario, flow, answer) for flow, answer in zip(scenario.flows, answers, strict=True)]
        for place, flow in enumerate(scenario.flows):
            if flow.after != "delivered":
                rows[place] = try_repair(lab, flow, answers[place], rows[place])
                break  # one repair: it changes the host that the others were asked about
        if scenario.healthy and scenario.everything:
            rows.append(_judge_everything(lab, scenario, command))
    return tuple(rows)


def judge(scenario: Scenario, flow: Flow, answer: Answer) -> FlowScore:
    """Hold one answer against the truth of one flow."""
    failing = flow.after != "delivered"
    expected = scenario.causes if failing else ()
    if answer.report is None or not answer.report.flows:
        return _row(
            scenario,
            flow,
            "none",
            expected,
            (),
            answer,
            f"status {answer.status}, no report: {_last_line(answer.complaint)}",
        )
    asked = answer.report.flows[0]
    causes = tuple(cause.id for cause in answer.report.blocking(asked))
    wrong = ""
    if not agrees(flow.after, asked.verdict):
        wrong = f"the connection was {flow.after.value}"
    elif failing and not names_all(expected, causes):
        wrong = (
            f"named {', '.join(causes) or 'nothing'}, the cause is {' and '.join('/'.join(one) for one in expected)}"
        )
    elif causes and not failing:
        wrong = f"false alarm: {', '.join(causes)}"
    elif answer.status != int(failing):
        wrong = f"exit status {answer.status}, should be {int(failing)}"
    return _row(scenario, flow, asked.verdict, expected, causes, answer, wrong)


def try_repair(lab: Lab, flow: Flow, answer: Answer, row: FlowScore) -> FlowScore:
    """Carry out what was printed, as the reader would, and make the connection again; return the row with what came of
    it.
    """
    commands = answer.report.repair(answer.report.flows[0]) if answer.report and answer.report.flows else ()
    if not commands:
        return row
    try:
        for one in commands:
            lab.host.run(one)
        outcome = settled(lab, flow, flow.before).value
    except LabError as error:
        outcome = str(error)
    if outcome == flow.before.value:
        return msgspec.structs.replace(row, repair="works")
    wrong = row.wrong or f"the printed repair does not repair: {outcome}"
    return msgspec.structs.replace(row, repair="fails", wrong=wrong)


def names_all(expected: tuple[tuple[str, ...], ...], causes: tuple[str, ...]) -> bool:
    """Tell whether the best-ranked causes are the expected ones: each entry is met by one of the first as many."""
    best = frozenset(causes[: len(expected)])
    return all(best.intersection(alternatives) for alternatives in expected)


def _judge_everything(lab: Lab, scenario: Scenario, command: tuple[str, ...]) -> FlowScore:
    """Ask a healthy host without a target, as people do first: nothing may be wrong."""
    answer = ask(lab, (), command)
    flow = Flow(target=EVERYTHING, start=EVERYTHING, to="")
    if answer.report is None:
        return _row(
            scenario, flow, "none", (), (), answer, f"status {answer.status}, no report: {_last_line(answer.complaint)}"
        )
    causes = tuple(cause.id for cause in answer.report.blocking())
    failing = [one for one in answer.report.flows if not agrees(Outcome.DELIVERED, one.verdict)]
    lost = tuple(f"{one.origin} → {one.to} {one.verdict}" for one in failing)
    wrong = ""
    if causes or lost:
        wrong = "false alarm: " + ", ".join(causes + lost)
    elif answer.status:
        wrong = f"exit status {answer.status}, should be 0"
    return _row(scenario, flow, lost[0].rpartition(" ")[2] if lost else "delivered", (), causes, answer, wrong)


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
        flow=flow.start if flow.start == EVERYTHING else f"{flow.start} → {flow.to}",
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


def _total(rows: tuple[FlowScore, ...], broken: tuple[str, ...]) -> ScoreReport:
    faulty = {row.scenario for row in rows if row.expected}
    missed = {row.scenario for row in rows if row.expected and not row.cause_right}
    return ScoreReport(
        rows=rows,
        broken=broken,
        top1_right=len(faulty - missed),
        top1_asked=len(faulty),
        healthy_asked=sum(not row.expected for row in rows),
        false_alarms=sum(row.false_alarm for row in rows),
        agreeing=sum(row.agrees for row in rows),
        asked=len(rows),
        repairs_tried=sum(bool(row.repair) for row in rows),
        repairs_working=sum(row.repair == "works" for row in rows),
        median_seconds=statistics.median(row.seconds for row in rows) if rows else 0.0,
    )


HEAD = (
    f"{'scenario':<43} {'connection':<12} {'hairpin':<11} {'cause named first':<36} {'right':<5} {'repair':<6} {'s':>5}"
)


def line(row: FlowScore) -> str:
    """Return one answer as a line of the table, with a second line where something is off."""
    text = (
        f"{row.scenario:<43} {row.truth:<12} {row.verdict:<11} {(row.named or ('-',))[0]:<36}"
        f" {'no' if row.wrong else 'yes':<5} {row.repair or '-':<6} {row.seconds:5.2f}"
    )
    return f"{text}\n    {row.flow}: {row.wrong}" if row.wrong else text


def summary(report: ScoreReport) -> str:
    """Return the totals in words."""
    lines = [
        "",
        f"top-1                {report.top1_right}/{report.top1_asked} faults have their cause named first",
        f"false alarms         {report.false_alarms} in {report.healthy_asked} questions about what works",
        f"verdict = reality    {report.agreeing}/{report.asked}",
        f"repairs              {report.repairs_working}/{report.repairs_tried} bring the connection back as printed",
        f"median time          {report.median_seconds:.2f} s",
    ]
    if report.broken:
        lines.append(f"not carried through  {len(report.broken)} scenarios")
    return "\n".join(lines)


def _last_line(text: str) -> str:
    return text.splitlines()[-1] if text else "it printed nothing"
