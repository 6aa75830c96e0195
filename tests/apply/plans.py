"""Plans and journals for tests: of the recorded host whose eth0 does not forward, carried out by nobody."""

from pathlib import Path

from hairpin.answer.answer import Answer
from hairpin.apply.carrying_out import Hands
from hairpin.apply.journal import Journal
from hairpin.apply.plan import RepairPlan, plan_of
from hairpin.apply.task import Task, Undertaking
from hairpin.carry.act import Acting, Command, Done
from hairpin.carry.run import carry_out
from hairpin.message import Message
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer

FAULTY: Answer = answer(FORWARDING_OFF)
HEALTHY: Answer = answer()


def plan(*chosen: str, of: Answer = FAULTY, with_latent: bool = False) -> RepairPlan:
    return plan_of(of, chosen, with_latent=with_latent)


def both() -> RepairPlan:
    """Return the plan of a host with two accidents."""
    return plan(of=answer(FORWARDING_OFF, USER_DROPS))


def begun(folder: Path, tasks: tuple[Task, ...]) -> tuple[Journal, Undertaking]:
    journal = Journal(folder)
    return journal, journal.begin(Undertaking("", "host", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), tasks=tasks))


class Recorder:
    """Does nothing and remembers the commands."""

    def __init__(self, *, failing: str = "") -> None:
        self.lines: list[str] = []
        self.failing = failing

    def __call__(self, acting: Acting) -> Message | None:
        try:
            act = next(acting)
            while True:
                line = " ".join(act.argv) if isinstance(act, Command) else act.path
                self.lines.append(line)
                failed = bool(self.failing) and self.failing in line
                act = acting.send(Done(1 if failed else 0))
        except StopIteration as ended:
            complaint: Message | None = ended.value
            return complaint


def hands(recorder: Recorder | None = None) -> Hands:
    """Return what reaches the recorded host; without a recorder steps are really done."""
    carrier = recorder if recorder is not None else carry_out
    return Hands(lambda: FAULTY.network, untold, carrier=carrier)


def untold(_task: Task, _said: Message | None) -> None:
    return None
