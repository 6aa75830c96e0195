"""Scores ``hairpin fix``: a lab's faults are repaired by ``--apply``, flow by flow, and taken back by ``undo``."""

import subprocess
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.logins import LOOPBACK, running_logins
from hairpin.lab.node import Node
from hairpin.lab.probe import Outcome
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.this_hairpin import HAIRPIN, TIMEOUT_S, environment
from hairpin.lab.trial import break_host, probe_before, require_truth, running_scenario, settled_outcome
from hairpin.report.fix_document import FixDocument
from hairpin.walk.verdicts import succeeds
from tests.score.all_flows import Outcomes, broken, opened, settled_all
from tests.score.host_state import State, differences, host_state
from tests.score.outcome import outcome_now
from tests.score.random_faults import Draw
from tests.score.repairing import PATIENCE_S, look

_ALL = ("--apply", "--yes", "--persist")
_MOST_FLOWS = 4


class Fixed(msgspec.Struct, frozen=True):
    """One flow after ``fix --apply --yes --persist`` was asked about it.

    ``by_person``: the plan says that only a person can do it.  ``chosen``: what had to be chosen, because it disrupts
    or undoes what somebody wrote down.  ``applied``: whether anything was changed."""

    flow: str
    outcome: str
    works: bool
    by_person: bool = False
    chosen: tuple[str, ...] = ()
    applied: bool = False
    tells: bool = False
    """Whether the plan names other flows that change."""
    irreversible: bool = False
    again: str = ""

    @property
    def line(self) -> str:
        """What came of it, in a line."""
        how = "by a person" if self.by_person and not self.works else self.outcome
        return f"{self.flow}: {how}{f' (chosen: {chr(44).join(self.chosen)})' if self.chosen else ''}"


class FixScore(msgspec.Struct, frozen=True):
    """What came of the flows that a lab's faults stop.  ``left``: how the host differs from the broken one after
    ``undo``."""

    name: str
    flows: tuple[Fixed, ...] = ()
    opened: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def works(self) -> bool:
        """Whether every flow passes."""
        return all(each.works for each in self.flows) and not self.trouble

    @property
    def by_person(self) -> bool:
        """Whether the flows that do not pass are left to a person."""
        return not self.works and all(each.works or each.by_person for each in self.flows)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        return (
            *([f"could not be carried through: {self.trouble}"] if self.trouble else []),
            *(f"not repaired: {each.line}" for each in self.flows if not each.works and not each.by_person),
            *(f"opened {each}" for each in self.opened),
            *(f"broke {each}" for each in self.broken),
            *(f"the second run for {each.flow}: {each.again}" for each in self.flows if each.again),
            *(f"after undo: {each}" for each in self.left),
        )


class _Said(msgspec.Struct, frozen=True):
    status: int
    document: FixDocument | None
    complaint: str


def score_fixes(
    names: Iterable[str], out: Callable[[str], object] = say, *, parallel: int, over_ssh: bool = False
) -> bool:
    """Repair and take back the named scenarios (all if none is named); return whether all is right."""
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    wanted = [each for each in scenarios if not each.healthy and not each.several_hosts]
    return score_fixed_draws((Draw(each.lab, (each,)) for each in wanted), out, parallel=parallel, over_ssh=over_ssh)


def score_fixed_draws(
    labs: Iterable[Draw], out: Callable[[str], object] = say, *, parallel: int, over_ssh: bool = False
) -> bool:
    """Repair and take back each lab's faults together; return whether all is right.  ``over_ssh``: as another host."""
    scores: list[FixScore] = []
    with ThreadPoolExecutor(parallel) as pool:
        for score in pool.map(partial(_scored, over_ssh=over_ssh), labs):
            scores.append(score)
            out(
                "\n".join(
                    (
                        score.name,
                        *(f"    {each.line}" for each in score.flows),
                        *(f"    ✗ {each}" for each in score.wrong),
                    )
                )
            )
    works, persons = (sum(getattr(each, what) for each in scores) for what in ("works", "by_person"))
    out(f"\nrepaired {works} of {len(scores)}, for a person {persons}; nothing else opened or broken, and taken back "
        f"whole: {sum(not each.wrong for each in scores)}")  # fmt: skip
    return not any(each.wrong for each in scores)


def _scored(draw: Draw, *, over_ssh: bool) -> FixScore:
    try:
        return score_fix(draw, over_ssh=over_ssh)
    except LabError as error:
        return FixScore(draw.name, trouble=str(error).strip()[-300:])


def score_fix(draw: Draw, *, over_ssh: bool = False) -> FixScore:
    """Break the lab's host, let hairpin repair it for each flow that fails, and take all of it back.

    ``over_ssh``: hairpin takes it for another host, which it reaches by the host's real sshd."""
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners)
    with running_scenario(stage) as lab, _way(lab, over_ssh=over_ssh) as there:
        if len(draw.faults) == 1:
            require_truth(draw.faults[0], "before", probe_before(lab, draw.faults[0]))
        seen = look(lab, draw.plan)
        before = tuple(each for each in draw.flows if _now(lab, each, Outcome.DELIVERED) is Outcome.DELIVERED)
        _break(lab, draw)
        faulty = settled_all(lab, seen.flows, PATIENCE_S)
        was = host_state(lab)
        return _judged(lab, draw, tuple(_fixed_in_turn(lab, before, draw, there)), (faulty, seen.flows), was, there)


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
        fixed = _fixed(lab, flow, there)
        if fixed.applied or fixed.works:
            repaired = True
            yield fixed
        else:
            waiting.append((flow, fixed))
    yield from (_fixed(lab, flow, there) if repaired else fixed for flow, fixed in waiting)


def _fails(lab: Lab, flow: Flow, draw: Draw) -> bool:
    """Return whether the faults stop the flow.  Of a single one the scenario tells how, and that is waited for."""
    if len(draw.faults) == 1:
        return flow.after is not Outcome.DELIVERED and _now(lab, flow, flow.after) is not Outcome.DELIVERED
    return outcome_now(lab, flow, flow.source_port) is not Outcome.DELIVERED


def _now(lab: Lab, flow: Flow, expected: Outcome) -> Outcome:
    try:
        return settled_outcome(lab, flow, expected)
    except LabError:
        return Outcome.UNREACHABLE  # the container that the flow starts from does not run


def _fixed(lab: Lab, flow: Flow, there: tuple[str, ...]) -> Fixed:
    words = (*flow.arguments(), *there)
    said = _fix(lab.host, (*words, *_ALL))
    chosen: tuple[str, ...] = ()
    if said.document is not None and not said.document.applied:
        choices = [each for each in said.document.left_out if each.why in ("disruptive", "policy")]
        chosen = tuple({each.cause: each.id for each in reversed(choices)}.values())
        if chosen:
            said = _fix(lab.host, (*words, *(word for each in chosen for word in ("--choose", each)), *_ALL))
    document = said.document
    applied = document is not None and document.applied
    outcome = _now(lab, flow, flow.before)
    works = outcome is flow.before
    again = _fix(lab.host, (*words, *_ALL)) if applied else None
    return Fixed(
        str(flow),
        outcome.value if applied else _why(said),
        works=works,
        by_person=document is not None and _is_left_to_person(document),
        chosen=chosen,
        applied=applied,
        tells=document is not None and any(each.flow for repair in document.plan for each in repair.side_effects),
        irreversible=document is not None and any(each.irreversible for each in document.plan),
        again=_why(again) if again is not None and (again.document is None or again.document.plan) else "",
    )


def _is_left_to_person(document: FixDocument) -> bool:
    """Return whether the plan says that a person has to do something before the flow passes."""
    undone = not document.plan or not all(map(succeeds, document.then))
    return undone and bool(document.left_out)


def _judged(
    lab: Lab, draw: Draw, fixed: tuple[Fixed, ...], flows: tuple[Outcomes, Outcomes], was: State, there: tuple[str, ...]
) -> FixScore:
    faulty, healthy = flows
    score = FixScore(draw.name, fixed)
    if not any(each.applied for each in fixed):
        return msgspec.structs.replace(score, left=differences(was, host_state(lab)))
    after = settled_all(lab, healthy, PATIENCE_S)
    told = any(each.tells for each in fixed)
    new = tuple(each for each in opened(healthy, after) if each not in opened(healthy, faulty))
    stays = tuple(said for each in fixed if each.applied for said in _undone(lab.host, there))
    return msgspec.structs.replace(
        score,
        opened=() if told else new,
        broken=() if told else broken(healthy, faulty, after),
        left=() if any(each.irreversible for each in fixed) else (*stays, *differences(was, host_state(lab))),
    )


def _undone(host: Node, there: tuple[str, ...]) -> tuple[str, ...]:
    """Take the last plan back; return what was said if not all of it went."""
    done = subprocess.run(
        (*host.enter, *HAIRPIN, "undo", *there), capture_output=True, text=True, env=environment(), check=False,
        timeout=TIMEOUT_S,
    )  # fmt: skip
    return () if done.returncode == 0 else (f"{done.stdout.strip()} {done.stderr.strip()}",)


def _why(said: _Said) -> str:
    if said.document is None:
        return said.complaint[-200:]
    words = said.document.said or ", ".join(f"{each.id} ({each.why})" for each in said.document.left_out)
    return f"status {said.status}: {words or said.complaint[-200:]}"


def _fix(host: Node, arguments: tuple[str, ...]) -> _Said:
    done = subprocess.run(
        (*host.enter, *HAIRPIN, "fix", *arguments, "--json"), capture_output=True, text=True, env=environment(),
        check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    try:
        document = msgspec.json.decode(done.stdout, type=FixDocument)
    except msgspec.DecodeError:
        document = None
    return _Said(done.returncode, document, done.stderr.strip())
