"""Runs in the session: plans one kind, and carries it out as ``hairpin fix --apply --yes`` does.

``python -m tests.own_ssh.inside KIND JOURNAL SECONDS [die] [blind]``.  The plan is a value that nobody has proposed:
the command has no switch that skips the walk, which refuses such plans before.  ``watch JOURNAL`` tells how the newest
plan stands, ``undo JOURNAL`` takes it back.
"""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.carrying_out import Hands
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Here
from hairpin.apply.journal import Journal
from hairpin.apply.plan import Repair, RepairPlan, verdicts_in
from hairpin.apply.session import own_session
from hairpin.apply.switch import look, start_switch
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import Task, TaskState
from hairpin.change.change import Change
from hairpin.change.steps import after_steps, steps
from hairpin.cli.material import gather
from hairpin.cli.plans.way_in import refuse_cut, unsafe
from hairpin.errors import ApplyError
from hairpin.live.connection import connect
from hairpin.message import Message, verbatim
from hairpin.network.world import World
from hairpin.question.question import Question, parse_question
from hairpin.remedy.remedy import Remedy
from tests.own_ssh.kinds import KINDS


def plan_of(kind: str, answer: Answer) -> RepairPlan:
    """Return the plan of that kind for the host as the answer has it."""
    change = Change(KINDS[kind].parts(answer.network))
    made = steps(change, answer.network)
    remedy = Remedy("own-ssh", made, change=change)
    then = verdicts_in(after_steps(made, answer.network), answer)
    return RepairPlan(answer, (Repair("own-ssh", verbatim(kind), answer.network.this.name, remedy),), (), then)


class Looking:
    """Reads the host each time; ``blind``: not for the verification, which sees it as it was before the first step."""

    def __init__(self, question: Question, *, blind: bool) -> None:
        self.question = question
        self.blind = blind
        self.seen: list[Answer] = []

    def __call__(self) -> Answer:
        verifies = self.blind and len(self.seen) == 1
        self.seen.append(self.seen[0] if verifies else ask(self.question, gather(())))
        return self.seen[-1]


def carried_out(kind: str, folder: Path, seconds: float, *, dying: bool, blind: bool) -> str:
    """Carry the plan out, and return what came of it."""
    question = parse_question("check", ("8080",), None, (), World())
    plan = plan_of(kind, ask(question, gather(())))
    session = own_session()
    say(f"session {msgspec.structs.asdict(session) if session is not None else None}")
    try:
        refuse_cut(plan, session, plan.answer.network)
        say("not refused before")
    except ApplyError as error:
        say(f"refused before: {error}")
    journal = Dying(folder)
    journal.last = len(plan.tasks(lasting=False)) - 1 if dying else -1
    looking = Looking(question, blind=blind)
    is_safe = partial(unsafe, session, plan.answer.network, "en", lambda: journal.all()[0].state == "open")
    ground = Here(journal, partial(start_switch, journal), seconds, told, lambda: looking().network)
    grounds = {plan.answer.network.this.name: ground}
    outcome = apply_plan(plan, grounds, Deed(looking, connect, is_safe), lasting=False, question=("own-ssh", kind))
    return str(outcome.complaint) if outcome.complaint is not None else "kept"


class Dying(Journal):
    """Its process is killed after the last step was done, before that is written down."""

    last = -1

    def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
        if (number, state) == (self.last, "done"):
            os.kill(os.getpid(), signal.SIGKILL)
        super().mark(plan, number, state, said)


def told(task: Task, said: Message | None) -> None:
    say(f"{task.state} {task.step.__class__.__name__} {said or ''}")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def undone(folder: Path) -> None:
    """Take back the plan that was kept."""
    journal = Journal(folder)
    plan = journal.all()[0]
    take_back(journal, plan, Hands(partial(look, plan.host), told))


def watched(folder: Path) -> None:
    """Print a line whenever the newest plan or one of its tasks has changed: the plan's state, then the tasks'.  Ends
    once there is a file ``stop`` beside the journal."""
    journal, before = Journal(folder), ""
    while not (folder / "stop").exists():
        plans = journal.all()
        line = " ".join((plans[0].state, *(each.state for each in plans[0].tasks))) if plans else "none"
        if line != before:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            before = line
        time.sleep(0.05)


def main() -> None:
    if sys.argv[1] in ("undo", "watch"):
        {"undo": undone, "watch": watched}[sys.argv[1]](Path(sys.argv[2]))
        return
    kind, folder, seconds, *how = sys.argv[1:]
    said = carried_out(kind, Path(folder), float(seconds), dying="die" in how, blind="blind" in how)
    say(f"ended: {said}")


if __name__ == "__main__":
    main()
