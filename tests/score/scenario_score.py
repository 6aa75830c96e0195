"""Scores hairpin on scenarios against the truth that they state: breaks the host, asks hairpin, judges its answers."""

import functools
import os
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

import msgspec

from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.lab.run import whole_network
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario, say
from tests.score.diagnosis import CHECK, Answer, Printed, ask, printed_for
from tests.score.judging import FlowScore, judge, judge_alone, judge_everything
from tests.score.repairing import Left, RepairScore, Seen, after_boot, carry_out, left_by, look
from tests.score.score import Judge, LabScore, Score, score_labs, share

# One lab with its diagnosis keeps a processor busy.
PARALLEL = min(2, os.cpu_count() or 1)


def score_scenarios(
    names: Iterable[str] = (),
    out: Callable[[str], object] = say,
    *,
    parallel: int = PARALLEL,
    command: tuple[str, ...] = CHECK,
) -> Score:
    """Run the named scenarios (all if none is named) and return hairpin's score; ``out`` gets a line for each answer.

    ``command`` runs in the lab host instead of this hairpin's own ``check``. Raises LabError if the machine lacks
    something that a lab needs.
    """
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    require_all(scenarios)
    out(HEAD)
    judge = Judge(functools.partial(score_scenario, command=command), scenario_lines, scenario_summary)
    return score_labs(scenarios, judge, out, parallel=parallel)


def require_all(scenarios: tuple[Scenario, ...]) -> None:
    """Raise LabError if the machine lacks something that one of the scenarios needs."""
    hosts = tuple(host for scenario in scenarios for host in (scenario.lab, *scenario.lab.hosts))
    logins, podman = any(each.several_hosts for each in scenarios), any(each.podman for each in hosts)
    for firewall in {host.firewall for host in hosts}:
        require(firewall, logins=logins, podman=podman)


def score_scenario(scenario: Scenario, command: tuple[str, ...] = CHECK) -> LabScore:
    """Build, break, ask and repair; raise LabError if a real connection has another outcome than the scenario says."""
    several = scenario.several_hosts
    with running_scenario(scenario) as lab, ExitStack() as stack:
        seen = _break_as_stated(lab, scenario)
        whole = stack.enter_context(whole_network(lab, scenario))
        answers = [ask(lab.host, (*flow.arguments(), *whole), command) for flow in scenario.flows]
        rows = [
            judge(flow, flow.after, scenario.causes, answer, several_hosts=several)
            for flow, answer in zip(scenario.flows, answers, strict=True)
        ]
        alone = tuple(_asked_alone(lab, scenario, command)) if several else ()
        if scenario.healthy and scenario.everything:
            rows.append(judge_everything(ask(lab.host, whole, command), several_hosts=several))
        repairs = repairs_printed(scenario, answers)
        tried = [_carried_out(lab, flow, printed, seen) for flow, printed in repairs[:1]]
    for flow, _ in repairs[1:]:  # a repair changes the hosts that the other answers are about
        with running_scenario(scenario) as lab, whole_network(lab, scenario) as whole:
            seen = _break_as_stated(lab, scenario)
            again = repair_of(ask(lab.host, (*flow.arguments(), *whole), command))  # of this lab's own links
            tried += [_carried_out(lab, flow, printed, seen) for printed in again]
    booted = tuple(_rebooted(scenario.lab, *one) for one in tried)
    return LabScore(scenario.name, scenario.healthy, several, asked=(*rows, *alone), repairs=booted)


def _break_as_stated(lab: Lab, scenario: Scenario) -> Seen:
    require_truth(scenario, "before", probe_before(lab, scenario))
    seen = Seen({}, {}) if scenario.healthy else look(lab, scenario.lab)
    break_host(lab, scenario)
    require_truth(scenario, "after", probe_after(lab, scenario))
    return seen


def repairs_printed(scenario: Scenario, answers: Iterable[Answer]) -> tuple[tuple[Flow, Printed], ...]:
    """Return the different repairs that the answers print, each with the first flow that it is printed for."""
    found: list[tuple[Flow, Printed]] = []
    for flow, answer in zip(scenario.flows, answers, strict=True):
        if flow.after is Outcome.DELIVERED:
            continue
        for printed in repair_of(answer):
            if all(_typed(printed) != _typed(other) for _, other in found):
                found.append((flow, printed))
    return tuple(found)


def repair_of(answer: Answer) -> tuple[Printed, ...]:
    """Return what the answer prints for its first flow, if that is a repair."""
    if answer.report is None or not answer.report.flows:
        return ()
    printed = printed_for(answer.report, answer.report.flows[0])
    return (printed,) if printed.remedies else ()


def _typed(printed: Printed) -> tuple[object, ...]:
    """Return what somebody types: two flows of one cause have the same."""
    kept = tuple((each.persist, each.persist_commands) for each in printed.remedies)
    return printed.causes, printed.commands, kept


def _carried_out(lab: Lab, flow: Flow, printed: Printed, seen: Seen) -> tuple[RepairScore, Seen, Left, Left]:
    fault = left_by(lab, seen)
    score = carry_out(lab, flow, printed, seen)
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
        yield judge_everything(ask(host, (), command), several_hosts=True, alone=host.name)
        if not scenario.healthy:
            continue
        for flow in scenario.flows:
            if _starts_on(lab, flow, host):
                question = flow.arguments(target=flow.to)  # the flow's own target may name a host that is not read here
                yield judge_alone(flow, ask(host, question, command), host.name)


def _starts_on(lab: Lab, flow: Flow, host: Node) -> bool:
    what, _, name = flow.start.partition("@")
    return what.partition(":")[0] in ("host", "container") and host.name == (name or lab.host.name)


HEAD = f"{'scenario':<43} {'connection':<12} {'hairpin':<11} {'cause named first':<43} {'right':<5} {'s':>5}"


def scenario_lines(lab: LabScore) -> str:
    """Return the lines of one scenario: its answers, then its repairs, with a line for each thing that is wrong."""
    if lab.trouble:
        return f"{lab.name}\n    could not be carried through: {lab.trouble}"
    return "\n".join((*(_line(lab.name, row) for row in lab.asked), *map(repair_line, lab.repairs)))


def _line(name: str, row: FlowScore) -> str:
    text = (
        f"{name:<43} {row.truth:<12} {row.verdict:<11} {(row.named or ('-',))[0]:<43}"
        f" {'no' if row.wrong else 'yes':<5} {row.seconds:5.2f}"
    )
    return "\n".join((text, *(f"    {row.flow}: {wrong}" for wrong in row.wrong)))


def repair_line(repair: RepairScore) -> str:
    """Return what came of one repair, with a line for each thing that is wrong."""
    by_hand = f", {' and '.join(repair.by_hand)} by hand" if repair.by_hand else ""
    booted = ", booted" if repair.lasts else ""
    text = f"    repaired {repair.flow} of {', '.join(repair.causes)}{by_hand}: {repair.outcome}{booted}"
    return "\n".join((text, *(f"        {wrong}" for wrong in repair.wrong)))


def scenario_summary(score: Score) -> str:
    """Return the totals in words: of the scenarios with one host, and of those with several."""
    parts = [
        (title, Score(tuple(lab for lab in score.labs if lab.several_hosts is several)))
        for title, several in (("one host", False), ("several hosts", True))
    ]
    asked = [(title, part) for title, part in parts if part.asked]
    lines = [line for title, part in asked for line in ("", *_told(part, title if len(asked) > 1 else ""))]
    if score.troubles:
        lines.append(f"not carried through  {score.troubles} scenarios")
    return "\n".join(lines)


def _told(score: Score, title: str) -> tuple[str, ...]:
    faulty = [lab for lab in score.labs if any(row.expected for row in lab.asked)]
    right = (all(row.is_cause_right for row in lab.asked if row.expected) for lab in faulty)
    works = [(lab, row) for lab in score.labs for row in lab.asked if not row.expected]
    alarms = sum(bool(row.named or (lab.healthy and row.wrong)) for lab, row in works)
    repairs, whole = score.repairs, score.whole_repairs
    booted = share(not each.boot for each in repairs if each.lasts)
    return (
        *((f"{title}:",) if title else ()),
        f"top-1                {share(right)} faults have their cause named first",
        f"false alarms         {alarms} in {len(works)} questions about what works",
        f"verdict = reality    {share(row.agrees for row in score.asked)}",
        f"repairs              {share(each.works for each in whole)} bring the connection back as printed",
        f"nothing else         {share(not each.harm for each in repairs)} open and break no other flow",
        f"twice                {share(each.repeats for each in repairs)} leave the same host a second time",
        f"after a reboot       {booted} have every flow as before the fault",
        f"median time          {statistics.median(row.seconds for row in score.asked):.2f} s",
    )
