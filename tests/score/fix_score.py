"""Scores ``hairpin fix``: a lab's faults are repaired by ``--apply``, flow by flow, and taken back by ``undo``."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.lab.run import LOOPBACK, running_logins
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_before, require_truth, running_scenario, say
from tests.score.all_flows import Outcomes, broken, opened, settled_all
from tests.score.fixing import Fixed, fix_flow, undo
from tests.score.host_state import State, differences, host_state
from tests.score.outcome import outcome_in_time, outcome_now, passes
from tests.score.random_faults import Draw
from tests.score.repairing import PATIENCE_S, look
from tests.score.score import Judge, LabScore, Score, score_labs

_MOST_FLOWS = 4


def score_fixes(
    names: Iterable[str], out: Callable[[str], object] = say, *, parallel: int, over_ssh: bool = False
) -> Score:
    """Repair and take back the named scenarios (all if none is named)."""
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    wanted = [each for each in scenarios if not each.healthy and not each.several_hosts]
    return score_fixed_draws((Draw(each.lab, (each,)) for each in wanted), out, parallel=parallel, over_ssh=over_ssh)


def score_fixed_draws(
    labs: Iterable[Draw],
    out: Callable[[str], object] = say,
    *,
    parallel: int,
    over_ssh: bool = False,
    seed: int | None = None,
) -> Score:
    """Repair and take back each lab's faults together.  ``over_ssh``: as another host.  ``seed``: of drawn labs."""
    if seed is not None:
        out(f"seed {seed}")
    judge = Judge(partial(score_fix, over_ssh=over_ssh), _lines, _summary)
    return score_labs(labs, judge, out, parallel=parallel, seed=seed)


def _lines(lab: LabScore) -> str:
    said = (*(f"    {each.line}" for each in lab.fixes), *(f"    ✗ {each}" for each in lab.misses))
    return "\n".join((lab.name, *said))


def _summary(score: Score) -> str:
    carried = [lab for lab in score.labs if not lab.trouble]
    works = sum(all(each.works for each in lab.fixes) for lab in carried)
    persons = sum(all(each.works or each.by_person for each in lab.fixes) for lab in carried) - works
    whole = sum(not lab.misses for lab in score.labs)
    return (
        f"\nrepaired {works} of {len(score.labs)}, for a person {persons}; nothing else opened or broken, and taken "
        f"back whole: {whole}"
    )


def score_fix(draw: Draw, *, over_ssh: bool = False) -> LabScore:
    """Break the lab's host, let hairpin repair it for each flow that fails, and take all of it back.

    ``over_ssh``: hairpin takes it for another host, which it reaches by the host's real sshd."""
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners)
    with running_scenario(stage) as lab, _way(lab, over_ssh=over_ssh) as there:
        if len(draw.faults) == 1:
            require_truth(draw.faults[0], "before", probe_before(lab, draw.faults[0]))
        seen = look(lab, draw.plan)
        before = tuple(each for each in draw.flows if passes(lab, each))
        _break(lab, draw)
        faulty = settled_all(lab, seen.flows, PATIENCE_S)
        was = host_state(lab)
        fixes = tuple(_fixed_in_turn(lab, before, draw, there))
        return LabScore(draw.name, fixes=fixes, changed=_changed(lab, fixes, (faulty, seen.flows), was, there))


@contextmanager
def _way(lab: Lab, *, over_ssh: bool) -> Generator[tuple[str, ...]]:
    """Yield the options by which hairpin reaches the host."""
    if not over_ssh:
        yield ()
        return
    with running_logins(lab):
        yield ("--host", f"root@{LOOPBACK}")


def _break(lab: Lab, draw: Draw) -> None:
    """Carry out the faults.  One of several may not fit any more: another has stopped the container that it is for."""
    for fault in draw.faults:
        try:
            break_host(lab, fault)
        except LabError:
            if len(draw.faults) == 1:
                raise


def _fixed_in_turn(lab: Lab, flows: tuple[Flow, ...], draw: Draw, there: tuple[str, ...]) -> Iterator[Fixed]:
    """Yield what comes of the flows that fail.  One that nothing was done for is asked once more behind the others: the
    container that it starts from may run by then."""
    waiting: list[tuple[Flow, Fixed]] = []
    repaired = False
    for flow in [each for each in flows if _fails(lab, each, draw)][:_MOST_FLOWS]:
        if outcome_now(lab, flow, flow.source_port) is Outcome.DELIVERED:
            continue  # an earlier repair has brought it back
        fixed = fix_flow(lab, flow, there)
        if fixed.applied or fixed.works:
            repaired = True
            yield fixed
        else:
            waiting.append((flow, fixed))
    yield from (fix_flow(lab, flow, there) if repaired else fixed for flow, fixed in waiting)


def _fails(lab: Lab, flow: Flow, draw: Draw) -> bool:
    """Return whether the faults stop the flow.  Of a single one the scenario tells how, and that is waited for."""
    if len(draw.faults) == 1:
        return flow.after is not Outcome.DELIVERED and outcome_in_time(lab, flow, flow.after) is not Outcome.DELIVERED
    return outcome_now(lab, flow, flow.source_port) is not Outcome.DELIVERED


def _changed(
    lab: Lab, fixes: tuple[Fixed, ...], flows: tuple[Outcomes, Outcomes], was: State, there: tuple[str, ...]
) -> tuple[str, ...]:
    """Take all of it back; return what the repairs did beside repairing, and how the host differs after that."""
    faulty, healthy = flows
    if not any(each.applied for each in fixes):
        return tuple(_left(differences(was, host_state(lab))))
    after = settled_all(lab, healthy, PATIENCE_S)
    told = any(each.tells for each in fixes)
    new = tuple(each for each in opened(healthy, after) if each not in opened(healthy, faulty))
    stays = tuple(said for each in fixes if each.applied for said in undo(lab.host, there))
    return (
        *(() if told else (f"opened {each}" for each in new)),
        *(() if told else (f"broke {each}" for each in broken(healthy, faulty, after))),
        *(() if any(each.irreversible for each in fixes) else _left((*stays, *differences(was, host_state(lab))))),
    )


def _left(said: Iterable[str]) -> Iterator[str]:
    return (f"after undo: {each}" for each in said)
