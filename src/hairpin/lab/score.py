"""Scores hairpin against the truth: breaks every scenario's host, asks hairpin, and judges its answers."""

import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import CHECK, Answer, Printed, ask, printed_for
from hairpin.lab.judging import FlowScore, judge, judge_alone, judge_everything
from hairpin.lab.logins import whole_network
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.lab.repairing import Left, RepairScore, Seen, after_boot, carry_out, left_by, look
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario

# One lab with its diagnosis keeps a processor busy.
PARALLEL = min(2, os.cpu_count() or 1)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures over the answers to some scenarios.

    ``repairs_tried`` are those that commands alone carry out; ``repairs_made`` also counts those that need a person.
    """

    top1_right: int
    top1_asked: int
    healthy_asked: int
    false_alarms: int
    agreeing: int
    asked: int
    repairs_tried: int
    repairs_working: int
    repairs_made: int
    repairs_harmless: int
    repairs_repeatable: int
    repairs_lasting: int
    repairs_booted: int
    median_seconds: float


class Scored(msgspec.Struct, frozen=True):
    """The answers about one scenario, and what came of the repairs that they print."""

    rows: tuple[FlowScore, ...]
    repairs: tuple[RepairScore, ...] = ()


class ScoreReport(Totals, frozen=True, kw_only=True):
    """All answers, and the totals: of all scenarios, of those with one host, and of those with several.

    ``broken``: scenarios that could not be carried through, which is a defect of the lab, not of hairpin.
    """

    rows: tuple[FlowScore, ...]
    repairs: tuple[RepairScore, ...]
    broken: tuple[str, ...]
    one_host: Totals
    several_hosts: Totals
    schema: str = "hairpin.lab-score/1"

    @property
    def perfect(self) -> bool:
        return (
            not self.broken
            and self.asked > 0
            and not any(row.wrong for row in self.rows)
            and not any(row.wrong for row in self.repairs)
        )


def score(
    names: Iterable[str] = (),
    out: Callable[[str], object] = say,
    *,
    parallel: int = PARALLEL,
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
    found: dict[str, Scored] = {}
    broken: list[str] = []
    out(HEAD)
    pool = ThreadPoolExecutor(parallel)
    try:
        pending = {pool.submit(score_scenario, scenario, command): scenario for scenario in scenarios}
        for done in as_completed(pending):
            scenario = pending[done]
            try:
                found[scenario.name] = done.result()
            except LabError as error:
                broken.append(f"{scenario.name}: {error}")
                out(f"{scenario.name}\n    could not be carried through: {error}")
                continue
            for text in lines(found[scenario.name]):
                out(text)
    finally:
        pool.shutdown(cancel_futures=True)
    report = _report(scenarios, found, tuple(broken))
    out(summary(report))
    return report


def score_scenario(scenario: Scenario, command: tuple[str, ...] = CHECK) -> Scored:
    """Build, break, ask and repair; raise LabError if a real connection has another outcome than the scenario says."""
    with running_scenario(scenario) as lab, ExitStack() as stack:
        seen = _break_as_stated(lab, scenario)
        whole = stack.enter_context(whole_network(lab, scenario))
        answers = [ask(lab.host, (*flow.arguments(), *whole), command) for flow in scenario.flows]
        rows = [judge(scenario, flow, answer) for flow, answer in zip(scenario.flows, answers, strict=True)]
        alone = tuple(_asked_alone(lab, scenario, command)) if scenario.several_hosts else ()
        if scenario.healthy and scenario.everything:
            rows.append(judge_everything(scenario, ask(lab.host, whole, command)))
        repairs = _printed(scenario, answers)
        tried = [_carried_out(lab, scenario, flow, printed, seen) for flow, printed in repairs[:1]]
    for flow, printed in repairs[1:]:  # a repair changes the hosts that the other answers are about
        with running_scenario(scenario) as lab, whole_network(lab, scenario):
            tried.append(_carried_out(lab, scenario, flow, printed, _break_as_stated(lab, scenario)))
    return Scored((*rows, *alone), tuple(_rebooted(scenario.lab, *one) for one in tried))


def _break_as_stated(lab: Lab, scenario: Scenario) -> Seen:
    require_truth(scenario, "before", probe_before(lab, scenario))
    seen = Seen({}, {}) if scenario.healthy else look(lab, scenario.lab)
    break_host(lab, scenario)
    require_truth(scenario, "after", probe_after(lab, scenario))
    return seen


def _printed(scenario: Scenario, answers: Iterable[Answer]) -> tuple[tuple[Flow, Printed], ...]:
    """Return the different repairs that the answers print, each with the first flow that it is printed for."""
    found: list[tuple[Flow, Printed]] = []
    for flow, answer in zip(scenario.flows, answers, strict=True):
        if answer.report is None or not answer.report.flows or flow.after is Outcome.DELIVERED:
            continue
        printed = printed_for(answer.report, answer.report.flows[0])
        if printed.remedies and all(printed != other for _, other in found):
            found.append((flow, printed))
    return tuple(found)


def _carried_out(
    lab: Lab, scenario: Scenario, flow: Flow, printed: Printed, seen: Seen
) -> tuple[RepairScore, Seen, Left, Left]:
    fault = left_by(lab, seen)
    score = carry_out(lab, scenario.name, flow, printed, seen)
    return score, seen, fault, left_by(lab, seen)


def _rebooted(plan: LabPlan, score: RepairScore, seen: Seen, fault: Left, left: Left) -> RepairScore:
    if not score.lasts:
        return score
    return msgspec.structs.replace(score, boot=after_boot(plan, fault, left, seen))


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


def _report(scenarios: tuple[Scenario, ...], found: Mapping[str, Scored], broken: tuple[str, ...]) -> ScoreReport:
    def scored(*, several: bool) -> Scored:
        these = [found[each.name] for each in scenarios if each.several_hosts is several and each.name in found]
        return Scored(
            tuple(row for each in these for row in each.rows), tuple(row for each in these for row in each.repairs)
        )

    one, several = scored(several=False), scored(several=True)
    both = Scored((*one.rows, *several.rows), (*one.repairs, *several.repairs))
    return ScoreReport(
        rows=both.rows,
        repairs=both.repairs,
        broken=broken,
        one_host=_totals(one),
        several_hosts=_totals(several),
        **msgspec.structs.asdict(_totals(both)),
    )


def _totals(scored: Scored) -> Totals:
    rows = scored.rows
    faulty = {row.scenario for row in rows if row.expected}
    missed = {row.scenario for row in rows if row.expected and not row.cause_right}
    whole = [repair for repair in scored.repairs if not repair.by_hand]
    return Totals(
        top1_right=len(faulty - missed),
        top1_asked=len(faulty),
        healthy_asked=sum(not row.expected for row in rows),
        false_alarms=sum(row.false_alarm for row in rows),
        agreeing=sum(row.agrees for row in rows),
        asked=len(rows),
        repairs_tried=len(whole),
        repairs_working=sum(repair.works for repair in whole),
        repairs_harmless=sum(not repair.harm for repair in scored.repairs),
        repairs_repeatable=sum(not repair.twice and not repair.kept_twice for repair in scored.repairs),
        repairs_lasting=sum(repair.lasts for repair in scored.repairs),
        repairs_booted=sum(repair.lasts and not repair.boot for repair in scored.repairs),
        repairs_made=len(scored.repairs),
        median_seconds=statistics.median(row.seconds for row in rows) if rows else 0.0,
    )


HEAD = f"{'scenario':<43} {'connection':<12} {'hairpin':<11} {'cause named first':<43} {'right':<5} {'s':>5}"


def line(row: FlowScore) -> str:
    """Return one answer as a line of the table, with a second line where something is off."""
    text = (
        f"{row.scenario:<43} {row.truth:<12} {row.verdict:<11} {(row.named or ('-',))[0]:<43}"
        f" {'no' if row.wrong else 'yes':<5} {row.seconds:5.2f}"
    )
    return f"{text}\n    {row.flow}: {row.wrong}" if row.wrong else text


def lines(scored: Scored) -> tuple[str, ...]:
    """Return the lines of one scenario: its answers, then its repairs."""
    return (*map(line, scored.rows), *map(repair_line, scored.repairs))


def repair_line(repair: RepairScore) -> str:
    """Return what came of one repair, with a line for each thing that is wrong."""
    by_hand = f", {' and '.join(repair.by_hand)} by hand" if repair.by_hand else ""
    booted = ", booted" if repair.lasts else ""
    text = f"    repaired {repair.flow} of {', '.join(repair.causes)}{by_hand}: {repair.outcome}{booted}"
    return "\n".join((text, *(f"        {wrong}" for wrong in repair.wrong)))


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
        f"nothing else         {totals.repairs_harmless}/{totals.repairs_made} open and break no other flow",
        f"twice                {totals.repairs_repeatable}/{totals.repairs_made} leave the same host a second time",
        f"after a reboot       {totals.repairs_booted}/{totals.repairs_lasting} have every flow as before the fault",
        f"median time          {totals.median_seconds:.2f} s",
    )
