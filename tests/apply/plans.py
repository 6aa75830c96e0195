"""Plans and journals for tests: of the recorded host whose eth0 does not forward, carried out by nobody."""

import shlex
from pathlib import Path

import msgspec

from hairpin.answer.answer import Answer
from hairpin.apply.hands import Hands
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, PlanState
from hairpin.apply.plan import RepairPlan, plan_of
from hairpin.apply.program import outpost
from hairpin.apply.program.outpost import here
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.ready import read_file
from hairpin.carry.act import Acting, Command, Done
from hairpin.carry.run import carry_out
from hairpin.message import Message
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer

FAULTY: Answer = answer(FORWARDING_OFF)
HEALTHY: Answer = answer()


def plan(*chosen: str, of: Answer = FAULTY, with_latent: bool = False) -> RepairPlan:
    return plan_of(of, chosen, with_latent=with_latent)


FAR_S = 900
"""A deadline in seconds that no test meets by itself; :func:`pass_deadline` lets it pass.  The switch of a plan that a
failed test leaves ends then."""


def pass_deadline(journal: Path, plan: str) -> None:
    """Let the deadline of the plan pass now.

    The switch compares it with the uptime, so a deadline of 0 has passed.  The digits are overwritten in place: that
    needs no room on a full disk, and a reader meets a number at any moment."""
    with (journal / "plans" / plan / "until").open("r+b", buffering=0) as until:
        until.write(b"0\n")


def program_in(folder: Path) -> bytes:
    """Return the program with its folder in this one: a process that a test kills leaves it."""
    text = outpost.program()
    assert b"for folder in /run " in text
    return text.replace(b"for folder in /run ", b"for folder in %s " % shlex.quote(str(folder)).encode(), 1)


def both() -> RepairPlan:
    """Return the plan of a host with two accidents."""
    return plan(of=answer(FORWARDING_OFF, USER_DROPS))


def begun(folder: Path, tasks: tuple[PlannedStep, ...], state: PlanState = "open") -> tuple[PlanBook, KeptPlan]:
    """Return the book of a folder, and a plan in it that nobody watches."""
    book = PlanBook(here(folder))
    known = [int(each.name) for each in (folder / "plans").glob("*")]
    plan = KeptPlan(str(max((0, *known)) + 1), "host", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), state, tasks)
    own = folder / "plans" / plan.id
    own.mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    folder.joinpath("plans").chmod(0o700)
    marks = (f"\n1\ttask\t{number}\t{each.state}\t{each.said}\t.\n" for number, each in enumerate(tasks)
             if each.state != "planned")  # fmt: skip
    files = {"plan": msgspec.json.encode(plan), "journal": "".join(marks).encode(), "count": b"%d\n" % len(tasks),
             "until": b"0\n", "carrier": b"0 0\n", state: b""}  # fmt: skip
    for name, content in files.items():
        (own / name).write_bytes(content)
    return book, plan


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
    return Hands(lambda: FAULTY.network, untold, read_file, carrier)


def stubbed(folder: Path, name: str = "sysctl", *, failing: str = "") -> bytes:
    """Return the program under which the command of that name does nothing and writes its words into ``folder/lines``.
    ``failing``: words for which it fails."""
    stub = folder / "stubs" / name
    stub.parent.mkdir(exist_ok=True)
    fails = f'case "$*" in *{failing}*) exit 1 ;; esac' if failing else ""
    stub.write_text(f'#!/bin/sh\necho "{name} $*" >>{shlex.quote(str(folder / "lines"))}\n{fails}\n', "utf-8")
    stub.chmod(0o755)
    return outpost.program().replace(b"\nPATH=", f"\nPATH={shlex.quote(str(stub.parent))}:".encode())


def untold(_task: PlannedStep, _said: Message | None) -> None:
    return None
