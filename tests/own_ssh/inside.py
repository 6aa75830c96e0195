"""Runs in the session: plans one kind, and carries it out as ``hairpin fix --apply --yes`` does.

``python -m tests.own_ssh.inside KIND JOURNAL SECONDS [die] [blind]``.  The plan is a value that nobody has proposed:
the command has no switch that skips the walk, which refuses such plans before.  ``watch JOURNAL`` tells how the newest
plan stands, ``undo JOURNAL`` takes it back.
"""

import sys
import time
from functools import partial
from pathlib import Path

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.fixing import Verifier, apply_plan
from hairpin.apply.hands import look_at
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.plan import PlannedRemedy, RepairPlan, verdicts_in
from hairpin.apply.program import outpost
from hairpin.apply.program.outpost import here
from hairpin.apply.program.outpost_ground import OutpostGround, plan_taken_back
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.session import own_session
from hairpin.change.change import Change
from hairpin.change.steps import after_steps, steps
from hairpin.cli.material import gather
from hairpin.cli.plans.carrying import refuse_cut, unsafe
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
    return RepairPlan(answer, (PlannedRemedy("own-ssh", verbatim(kind), answer.network.this.name, remedy),), (), then)


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
    if dying:
        text = dying_after(len(plan.tasks(lasting=False)) - 1)
        setattr(outpost, "program", lambda: text)  # noqa: B010
    looking = Looking(question, blind=blind)
    is_safe = partial(unsafe, session, plan.answer.network, "en", lambda: any(folder.glob("plans/*/open")))
    ground = OutpostGround(here(folder), int(seconds), told, lambda: looking().network)
    grounds = {plan.answer.network.this.name: ground}
    outcome = apply_plan(plan, grounds, Verifier(looking, connect, is_safe), lasting=False, question=("own-ssh", kind))
    return str(outcome.complaint) if outcome.complaint is not None else "kept"


def dying_after(last: int) -> bytes:
    """Return the program that is killed, with the hairpin that has asked, after the last step was done, before that is
    written down."""
    killing = f'mark() {{ [ "$1 $2" != "{last} done" ] || kill -9 $PPID $$; inner_mark "$@"; }}\ninner_mark() {{'
    return outpost.program().replace(b"\nmark() {", f"\n{killing}".encode())


def told(task: PlannedStep, said: Message | None) -> None:
    say(f"{task.state} {task.step.__class__.__name__} {said or ''}")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def undone(folder: Path) -> None:
    """Take back the plan that was kept."""
    plan = PlanBook(here(folder)).all()[0]
    plan_taken_back(OutpostGround(here(folder), 0, told, partial(look_at, plan.host)), plan.id)


def watched(folder: Path) -> None:
    """Print a line whenever the newest plan or one of its tasks has changed: the plan's state, then the tasks'.  Ends
    once there is a file ``stop`` beside the journal."""
    book, before = PlanBook(here(folder)), ""
    while not (folder / "stop").exists():
        plans = book.all()
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
