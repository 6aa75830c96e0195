"""Scores ``hairpin fix``: each scenario's fault is repaired by ``--apply``, and taken back by ``hairpin undo``."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from hairpin.errors import LabError
from hairpin.lab.all_flows import Outcomes, broken, opened, settled_all
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import TIMEOUT_S, environment
from hairpin.lab.host_state import State, differences, host_state
from hairpin.lab.node import Node
from hairpin.lab.probe import Outcome
from hairpin.lab.repairing import PATIENCE_S, look
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named
from hairpin.lab.trial import break_host, probe_before, require_truth, running_scenario, settled_outcome
from hairpin.report.fix_document import FixDocument

_HAIRPIN = (sys.executable, "-m", "hairpin")


class FixScore(msgspec.Struct, frozen=True):
    """What came of ``fix --apply --yes --persist`` on one scenario.

    ``by_person``: the plan says that only a person can do it.  ``chosen``: what had to be chosen, because it disrupts.
    ``left``: how the host differs from the broken one after ``undo``."""

    name: str
    flow: str = ""
    outcome: str = ""
    works: bool = False
    by_person: bool = False
    chosen: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    again: str = ""
    left: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        return (
            *([f"could not be carried through: {self.trouble}"] if self.trouble else []),
            *([] if self.works or self.by_person or self.trouble else [f"not repaired: {self.outcome}"]),
            *(f"opened {each}" for each in self.opened),
            *(f"broke {each}" for each in self.broken),
            *([f"the second run: {self.again}"] if self.again else []),
            *(f"after undo: {each}" for each in self.left),
        )


class _Said(msgspec.Struct, frozen=True):
    status: int
    document: FixDocument | None
    complaint: str


def score_fixes(names: Iterable[str], out: Callable[[str], object] = say, *, parallel: int) -> bool:
    """Repair and take back the named scenarios (all if none is named); return whether all is right."""
    scenarios = tuple(named(name) for name in names) or all_scenarios()
    wanted = [each for each in scenarios if not each.healthy and not each.several_hosts]
    scores: list[FixScore] = []
    with ThreadPoolExecutor(parallel) as pool:
        for score in pool.map(_scored, wanted):
            scores.append(score)
            out(_line(score))
    works, persons = (sum(getattr(each, what) for each in scores) for what in ("works", "by_person"))
    out(f"\nrepaired {works} of {len(scores)}, for a person {persons}; nothing else opened or broken, and taken back "
        f"whole: {sum(not each.wrong for each in scores)}")  # fmt: skip
    return not any(each.wrong for each in scores)


def _line(score: FixScore) -> str:
    how = "by a person" if score.by_person and not score.works else score.outcome
    chosen = f" (chosen: {', '.join(score.chosen)})" if score.chosen else ""
    return "\n".join((f"{score.name:<43} {score.flow}: {how}{chosen}", *(f"    {each}" for each in score.wrong)))


def _scored(scenario: Scenario) -> FixScore:
    try:
        return score_fix(scenario)
    except LabError as error:
        return FixScore(scenario.name, trouble=str(error).strip()[-300:])


def score_fix(scenario: Scenario) -> FixScore:
    """Break the scenario's host, let hairpin repair it, and take that back."""
    flow = next(each for each in scenario.flows if each.after is not Outcome.DELIVERED)
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        seen = look(lab, scenario.lab)
        break_host(lab, scenario)
        faulty = settled_all(lab, seen.flows, PATIENCE_S)
        was = host_state(lab)
        words = flow.arguments()
        said = _fix(lab.host, (*words, "--apply", "--yes", "--persist"))
        chosen: tuple[str, ...] = ()
        if said.document is not None and not said.document.applied:
            chosen = tuple(each.id for each in said.document.left_out if each.why in ("disruptive", "policy"))
            if chosen:
                options = tuple(word for each in chosen for word in ("--choose", each))
                said = _fix(lab.host, (*words, *options, "--apply", "--yes", "--persist"))
        return _judged(lab, scenario, flow, said, chosen, (faulty, seen.flows), was)


def _judged(
    lab: Lab,
    scenario: Scenario,
    flow: Flow,
    said: _Said,
    chosen: tuple[str, ...],
    flows: tuple[Outcomes, Outcomes],
    was: State,
) -> FixScore:
    faulty, healthy = flows
    document = said.document
    outcome = settled_outcome(lab, flow, flow.before)
    works = outcome is flow.before
    score = FixScore(
        scenario.name,
        str(flow),
        outcome.value if document is not None and document.applied else _why(said),
        works=works,
        by_person=document is not None and not document.plan and bool(document.left_out),
        chosen=chosen,
    )
    if document is None or not document.applied:
        return msgspec.structs.replace(score, left=differences(was, host_state(lab)))
    after = settled_all(lab, healthy, PATIENCE_S)
    told = any(each.flow for repair in document.plan for each in repair.side_effects)
    new = tuple(each for each in opened(healthy, after) if each not in opened(healthy, faulty))
    again = _fix(lab.host, (*flow.arguments(), "--apply", "--yes", "--persist"))
    repeated = "" if again.document is not None and not again.document.plan else _why(again)
    undone = subprocess.run(
        (*lab.host.enter, *_HAIRPIN, "undo"), capture_output=True, text=True, env=environment(), check=False,
        timeout=TIMEOUT_S,
    )  # fmt: skip
    stays = () if undone.returncode == 0 else (f"{undone.stdout.strip()} {undone.stderr.strip()}",)
    said_so = any(each.irreversible for each in document.plan)
    return msgspec.structs.replace(
        score,
        opened=() if told else new,
        broken=() if told else broken(healthy, faulty, after),
        again=repeated,
        left=() if said_so else (*stays, *differences(was, host_state(lab))),
    )


def _why(said: _Said) -> str:
    if said.document is None:
        return said.complaint[-200:]
    words = said.document.said or ", ".join(f"{each.id} ({each.why})" for each in said.document.left_out)
    return f"status {said.status}: {words or said.complaint[-200:]}"


def _fix(host: Node, arguments: tuple[str, ...]) -> _Said:
    done = subprocess.run(
        (*host.enter, *_HAIRPIN, "fix", *arguments, "--json"), capture_output=True, text=True, env=environment(),
        check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    try:
        document = msgspec.json.decode(done.stdout, type=FixDocument)
    except msgspec.DecodeError:
        document = None
    return _Said(done.returncode, document, done.stderr.strip())
