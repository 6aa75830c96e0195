"""Scores hairpin against the truth: breaks every scenario's host, asks hairpin, and judges its answers."""

import os
import statistics
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import CHECK, Answer, ask
from hairpin.lab.judging import FlowScore, judge, judge_alone, judge_everything
from hairpin.lab.logins import whole_network
from hairpin.lab.node import Node
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario, settled

# One lab with its diagnosis keeps a processor busy.
PARALLEL = min(2, os.cpu_count() or 1)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures over the answers to some scenarios."""

    top1_right: int
    top1_asked: int
    healthy_asked: int
    false_alarms: int
    agreeing: int
    asked: int
    repairs_tried: int
    repairs_working: int
    median_seconds: float


class ScoreReport(Totals, frozen=True, kw_only=True):
    """All answers, and the totals: of all scenarios, of those with one host, and of those with several.

    ``broken``: scenarios that could not be carried through, which is a defect of the lab, not of hairpin.
    """

    rows: tuple[FlowScore, ...]
    broken: tuple[str, ...]
    one_host: Totals
    several_hosts: Totals
    schema: str = "hairpin.lab-score/1"

    @property
    def perfect(self) -> bool:
        return not self.broken and self.asked > 0 and not any(row.wrong for row in self.rows)


def score(
    names: Iterable[str] = (),
    out: Callable[[str], object] = say,
    *,
    command: tuple[str, ...] = CHECK,
) -> ScoreReport:
    """Run the named scenarios (all if none is named) and return hairpin's score; ``out`` gets a line for each answer.

    ``command`` runs in the lab host instead of this hairpin's own ``check``. Raises LabError if the machine lacks
    something that a lab needs.
    """
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    hosts = tuple(host for scenario in scenarios for host in (scenario.lab, *scenario.lab.hosts))
    logins, podman = any(each.several_hosts for each in scenarios), any(each.podman for each in hosts)
    for firewall in {host.firewall for host in hosts}:
        require(firewall, logins=logins, podman=podman)
    rows: dict[str, tuple[FlowScore, ...]] = {}
    broken: list[str] = []
    out(HEAD)
    pool = ThreadPoolExecutor(PARALLEL)
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
    report = _report(scenarios, rows, tuple(broken))
    out(summary(report))
    return report


def score_scenario(scenario: Scenario, command: tuple[str, ...] = CHECK) -> tuple[FlowScore, ...]:
    """Build, break and ask; raise LabError if a real connection has another outcome than the scenario says."""
    with running_scenario(scenario) as lab, ExitStack() as stack:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))
        whole = stack.enter_context(whole_network(lab, scenario))
        answers = [ask(lab.host, (*flow.arguments(), *whole), command) for flow in scenario.flows]
        rows = [judge(scenario, flow, answer) for flow, answer in zip(scenario.flows, answers, strict=True)]
        alone = tuple(_asked_alone(lab, scenario, command)) if scenario.several_hosts else ()
        for place, flow in enumerate(scenario.flows):
            if flow.after is not Outcome.DELIVERED:
                rows[place] = try_repair(lab, flow, answers[place], rows[place])
                break  # one repair only: it changes the hosts that the other answers are about
        if scenario.healthy and scenario.everything:
            rows.append(judge_everything(scenario, ask(lab.host, whole, command)))
    return (*rows, *alone)


def _asked_alone(lab: Lab, scenario: Scenario, command: tuple[str, ...]) -> Iterator[FlowScore]:
    """Ask each host that has no cause, without reading the others: its answer may name no cause."""
    for host in lab.hosts:
        if host.name in scenario.accused:
            continue
        yield judge_everything(scenario, ask(host, (), command), alone=host.name)
        if not scenario.healthy:
            continue
        for flow in scenario.flows:
            if _starts_on(lab, flow, host):
                question = flow.arguments(target=flow.to)  # the flow's own target may name a host that is not read here
                yield judge_alone(scenario, flow, ask(host, question, command), host.name)


def _starts_on(lab: Lab, flow: Flow, host: Node) -> bool:
    what, _, name = flow.start.partition("@")
    return what.partition(":")[0] in ("host", "container") and host.name == (name or lab.host.name)


def try_repair(lab: Lab, flow: Flow, answer: Answer, row: FlowScore) -> FlowScore:
    """Run the printed commands, as a user would, and make the connection again; return the row with the result."""
    commands = answer.report.repair(answer.report.flows[0]) if answer.report and answer.report.flows else ()
    if not commands:
        return row
    try:
        for label, one in commands:
            next((host for host in lab.hosts if host.name == label), lab.host).run(one)
        outcome = settled(lab, flow, flow.before).value
    except LabError as error:
        outcome = str(error)
    if outcome == flow.before.value:
        return msgspec.structs.replace(row, repair="works")
    wrong = row.wrong or f"the printed repair does not repair: {outcome}"
    return msgspec.structs.replace(row, repair="fails", wrong=wrong)


def _report(
    scenarios: tuple[Scenario, ...], found: dict[str, tuple[FlowScore, ...]], broken: tuple[str, ...]
) -> ScoreReport:
    def rows(*, several: bool) -> tuple[FlowScore, ...]:
        return tuple(row for each in scenarios if each.several_hosts is several for row in found.get(each.name, ()))

    one, several = rows(several=False), rows(several=True)
    return ScoreReport(
        rows=(*one, *several),
        broken=broken,
        one_host=_totals(one),
        several_hosts=_totals(several),
        **msgspec.structs.asdict(_totals((*one, *several))),
    )


def _totals(rows: tuple[FlowScore, ...]) -> Totals:
    faulty = {row.scenario for row in rows if row.expected}
    missed = {row.scenario for row in rows if row.expected and not row.cause_right}
    return Totals(
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
    f"{'scenario':<43} {'connection':<12} {'hairpin':<11} {'cause named first':<43} {'right':<5} {'repair':<6} {'s':>5}"
)


def line(row: FlowScore) -> str:
    """Return one answer as a line of the table, with a second line where something is off."""
    text = (
        f"{row.scenario:<43} {row.truth:<12} {row.verdict:<11} {(row.named or ('-',))[0]:<43}"
        f" {'no' if row.wrong else 'yes':<5} {row.repair or '-':<6} {row.seconds:5.2f}"
    )
    return f"{text}\n    {row.flow}: {row.wrong}" if row.wrong else text


def summary(report: ScoreReport) -> str:
    """Return the totals in words."""
    parts = [("one host", report.one_host), ("several hosts", report.several_hosts)]
    asked = [(title, totals) for title, totals in parts if totals.asked]
    lines = [line for title, totals in asked for line in ("", *_told(totals, title if len(asked) > 1 else ""))]
    if report.broken:
        lines.append(f"not carried through  {len(report.broken)} scenarios")
    return "\n".join(lines)


def _told(totals: Totals, title: str) -> tuple[str, ...]:
    return (
        *((f"{title}:",) if title else ()),
        f"top-1                {totals.top1_right}/{totals.top1_asked} faults have their cause named first",
        f"false alarms         {totals.false_alarms} in {totals.healthy_asked} questions about what works",
        f"verdict = reality    {totals.agreeing}/{totals.asked}",
        f"repairs              {totals.repairs_working}/{totals.repairs_tried} bring the connection back as printed",
        f"median time          {totals.median_seconds:.2f} s",
    )
