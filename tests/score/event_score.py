"""Carries out each printed repair with its lasting part, and then the events of its host, one after another: what
undoes it must have been said, and engines and managers have to run after their restart.

Containers have a restart policy here: without one most events would only show that nothing starts them again.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import msgspec

from hairpin.errors import LabError
from hairpin.events.registry import BY_THEMSELVES
from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.plan import ContainerPlan, HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.run import whole_network
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import (
    break_host,
    probe_after,
    probe_before,
    require_truth,
    running_scenario,
    say,
    settled_outcome,
)
from tests.score.diagnosis import CHECK, Printed, ask, blocking_causes
from tests.score.happening import command_for, is_tried
from tests.score.repairing import EventTrial, RepairScore, host_of, keep, run_all
from tests.score.scenario_score import repair_line, repair_of, repairs_printed, require_all
from tests.score.score import Judge, LabScore, Score, score_labs

_Plan = TypeVar("_Plan", bound=HostPlan)
_FIREWALLD, _UFW = "firewall-cmd --state", "ufw status | grep -q 'Status: active'"
_COMES: Mapping[str, str] = {
    "ufw-reload": _UFW,
    "saved-rules-restore": "test -e /etc/iptables/rules.v4 && systemctl is-enabled netfilter-persistent",
    "nftables-reload": "systemctl is-enabled nftables",
    "firewalld-reload": _FIREWALLD,
    "podman-restart": "podman ps && systemctl is-enabled podman-restart",
    "docker-restart": "docker info",
    "nftables-restart": "systemctl is-enabled nftables",
    "firewalld-restart": _FIREWALLD,
}
"""The command that tells whether an event that comes by itself can come on a host of the lab; else each can."""
_HARMFUL = ("nftables-restart", "firewalld-restart")
"""They take an engine's rules, so they come last."""
_RUNNING: Mapping[str, str] = {"dockerd": "docker info", "firewalld": _FIREWALLD, "ufw": _UFW}
_UPDATED = "for each in $(docker ps -aq 2>/dev/null); do docker update --restart unless-stopped $each || true; done"
"""Containers that the fault has made start again, too."""
_GONE_AFTER = re.compile(r"\bgone after (.+)")


def score_under_events(
    names: Iterable[str] = (),
    out: Callable[[str], object] = say,
    *,
    parallel: int = 1,
    command: tuple[str, ...] = CHECK,
) -> Score:
    """Hold what is printed for the named scenarios (all if none is named) against the events of their hosts; ``out``
    gets the lines of each."""
    chosen = tuple(named(name) for name in names) or all_scenarios()
    faulty = tuple(each for each in chosen if not each.healthy)
    require_all(faulty)
    judge = Judge(partial(_scored, command=command), _lines, _summary)
    return score_labs(faulty, judge, out, parallel=parallel)


def _scored(scenario: Scenario, command: tuple[str, ...]) -> LabScore:
    try:
        tried = _repairs(msgspec.structs.replace(scenario, lab=_restarting(scenario.lab)), command)
    except LabError:  # a container that the fault ends comes back by its policy
        tried = _repairs(scenario, command)
    return LabScore(scenario.name, several_hosts=scenario.several_hosts, repairs=tried)


def _restarting(plan: LabPlan) -> LabPlan:
    """Return the plan in which each container starts again with its engine."""
    hosts = tuple(_with_policies(each) for each in plan.hosts)
    return msgspec.structs.replace(_with_policies(plan), hosts=hosts)


def _with_policies(plan: _Plan) -> _Plan:
    return msgspec.structs.replace(plan, containers=tuple(map(_with_policy, plan.containers)))


def _with_policy(container: ContainerPlan) -> ContainerPlan:
    if "--rm" in container.options or "--restart" in container.options:
        return container
    policy = "always" if container.engine == "podman" else "unless-stopped"
    # Its process does not end by SIGTERM: without this each restart would wait ten seconds for it.
    options = f"--restart {policy} --stop-timeout 1 {container.options}"
    return msgspec.structs.replace(container, options=options.strip())


def _repairs(scenario: Scenario, command: tuple[str, ...]) -> tuple[RepairScore, ...]:
    """Return what came of each different repair.  The first one is tried in the lab that was asked, the others in labs
    of their own."""
    failing = tuple(each for each in scenario.flows if each.after is not Outcome.DELIVERED)
    with _broken(scenario) as (lab, whole):
        answers = [ask(lab.host, (*flow.arguments(), *whole), command) for flow in failing]
        different = repairs_printed(msgspec.structs.replace(scenario, flows=failing), answers)
        tried = tuple((_Tried(scenario, flow, command), printed) for flow, printed in different)
        first = [_in_lab(one, lab, whole, printed, None) for one, printed in tried[:1] if _is_whole(printed)]
    rest = iter(first)
    return tuple(_under_events(one, printed, next(rest, None)) for one, printed in tried)


@contextmanager
def _broken(scenario: Scenario) -> Generator[tuple[Lab, tuple[str, ...]]]:
    """Yield a broken lab, and the options by which hairpin sees its whole network."""
    with running_scenario(scenario) as lab, whole_network(lab, scenario) as whole:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        require_truth(scenario, "after", probe_after(lab, scenario))
        for host in lab.hosts:
            host.run(_UPDATED)
        yield lab, whole


class _Tried(msgspec.Struct, frozen=True):
    """One connection of a scenario, whose repair is tried."""

    scenario: Scenario
    flow: Flow
    command: tuple[str, ...]


class _Came(msgspec.Struct, frozen=True):
    """What came of a repair and of events in one lab: how the repair failed, and the events that are left."""

    failed: str = ""
    trials: tuple[EventTrial, ...] = ()
    left: tuple[str, ...] = ()


def _is_whole(printed: Printed) -> bool:
    """Return whether commands alone carry it out."""
    return not printed.by_hand and bool(printed.commands or printed.lasts)


def _under_events(tried: _Tried, printed: Printed, first: _Came | None) -> RepairScore:
    if not _is_whole(printed):
        return _score(tried, printed, "")
    came = first or _in_new_lab(tried, None)
    trials: list[EventTrial] = []
    while not came.failed:
        # What disagrees is tried alone: the events before it may have had a part in it.
        trials += [_alone(tried, each) if n and not each.agrees else each for n, each in enumerate(came.trials)]
        if not came.left:
            break
        came = _in_new_lab(tried, came.left)
    if came.failed:
        return msgspec.structs.replace(_score(tried, printed, came.failed), events=tuple(trials))
    scored = (each if each.agrees else _with_own_work(tried, each) for each in trials)
    outcome = tried.flow.before.value
    return msgspec.structs.replace(_score(tried, printed, outcome), works=True, events=tuple(scored))


def _score(tried: _Tried, printed: Printed, outcome: str) -> RepairScore:
    return RepairScore(
        flow=str(tried.flow),
        causes=printed.causes,
        commands=tuple(command for _, command in printed.commands),
        by_hand=printed.by_hand,
        outcome=outcome,
        lasts=printed.lasts,
        files=tuple(each.file for remedy in printed.remedies for each in remedy.persist),
        said=printed.side_effects,
    )


def _in_new_lab(tried: _Tried, wanted: tuple[str, ...] | None) -> _Came:
    with _broken(tried.scenario) as (lab, whole):
        for printed in repair_of(ask(lab.host, (*tried.flow.arguments(), *whole), tried.command)):
            return _in_lab(tried, lab, whole, printed, wanted)
    return _Came("nothing is printed")


def _in_lab(tried: _Tried, lab: Lab, whole: tuple[str, ...], printed: Printed, wanted: tuple[str, ...] | None) -> _Came:
    """Carry out the repair, then the wanted events (None: all that can come) until one breaks something."""
    flow = tried.flow
    failed = run_all(lab, printed.commands) or keep(lab, printed)
    outcome = failed or settled_outcome(lab, flow, flow.before).value
    if outcome != flow.before.value:
        return _Came(outcome)
    host = host_of(lab, printed.remedies[0].host)
    left = list(wanted if wanted is not None else _coming(host))
    made: list[EventTrial] = []
    while left and all(each.passes and not each.ended for each in made):
        event = left.pop(0)
        trial = _carried_out(lab, host, tried, event)
        trial = msgspec.structs.replace(trial, said=event in said_to_undo(printed))
        if not trial.passes and not trial.said:
            report = ask(lab.host, (*flow.arguments(), *whole), tried.command).report
            causes = blocking_causes(report) if report is not None else ()
            trial = msgspec.structs.replace(trial, named=tuple(dict.fromkeys(each.id for each in causes)))
        made.append(trial)
    return _Came(trials=tuple(made), left=tuple(left))


def _coming(host: Node) -> Iterator[str]:
    tried = sorted(filter(is_tried, BY_THEMSELVES), key=_HARMFUL.__contains__)
    return (event for event in tried if _succeeds(host, _COMES.get(event, "true")))


def said_to_undo(printed: Printed) -> frozenset[str]:
    """Return the events that the repair says to be undone by."""
    matches = (_GONE_AFTER.search(each.text) for each in printed.side_effects)
    return frozenset(event for match in matches if match is not None for event in match[1].split(", "))


def _carried_out(lab: Lab, host: Node, tried: _Tried, event: str) -> EventTrial:
    ran = [name for name, check in _RUNNING.items() if _succeeds(host, check)]
    failed = ""
    try:
        host.run(command_for(event, tried.scenario.lab))
    except LabError as error:
        failed = str(error).strip().splitlines()[-1]
    ended = tuple(name for name in ran if not _succeeds(host, _RUNNING[name]))
    try:
        outcome = settled_outcome(lab, tried.flow, tried.flow.before).value
    except LabError as error:  # the container from which it starts does not run
        outcome = str(error).strip().splitlines()[-1]
    passes = outcome == tried.flow.before.value
    return EventTrial(event, said=False, passes=passes, outcome=f"{outcome} {failed}".strip(), ended=ended)


def _alone(tried: _Tried, trial: EventTrial) -> EventTrial:
    return next(iter(_in_new_lab(tried, (trial.event,)).trials), trial)


def _with_own_work(tried: _Tried, trial: EventTrial) -> EventTrial:
    """Return the trial with whether the event does the same to a host without the fault and its repair."""
    if trial.passes and not trial.ended:
        return trial
    with running_scenario(tried.scenario) as lab:
        probe_before(lab, tried.scenario)
        healthy = _carried_out(lab, lab.host, tried, trial.event)
    return msgspec.structs.replace(trial, by_itself=(healthy.passes, healthy.ended) == (trial.passes, trial.ended))


def _succeeds(host: Node, check: str) -> bool:
    try:
        host.run(check)
    except LabError:
        return False
    return True


def _lines(lab: LabScore) -> str:
    """Return the lines of one scenario: each repair with its events."""
    if lab.trouble:
        return f"{lab.name}\n    could not be carried through: {lab.trouble}"
    return "\n".join((lab.name, *(line for each in lab.repairs for line in (repair_line(each), *_events_line(each)))))


def _events_line(repair: RepairScore) -> Iterator[str]:
    if repair.events:
        yield "        " + ", ".join(f"{each.event} {_word(each)}" for each in repair.events)


def _word(trial: EventTrial) -> str:
    if trial.by_itself:
        return "breaks it anyway"
    return "as said" if trial.said and not trial.passes else "passes" if trial.passes else trial.outcome


def _summary(score: Score) -> str:
    """Return the totals in words."""
    tried = tuple(each for each in score.whole_repairs if each.events)
    trials = tuple(trial for each in tried for trial in each.events if not trial.by_itself)
    return "\n".join(
        (
            "",
            f"repairs tried        {len(tried)}, each with its lasting part, of {len(score.repairs)} that are printed",
            f"events carried out   {sum(len(each.events) for each in tried)}",
            f"undone unsaid        {sum(not each.passes and not each.said for each in trials)}",
            f"undone as said       {sum(not each.passes and each.said for each in trials)}",
            f"said, and not undone {sum(each.passes and each.said for each in trials)}",
            f"start no more        {sum(bool(each.ended) for each in trials)} engines and managers",
            f"not carried through  {score.troubles} scenarios",
        )
    )
