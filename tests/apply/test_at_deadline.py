"""The switch is a process of its own: it takes a plan back at the deadline, unless it is told that all is well."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

import hairpin
from hairpin.apply.ground import Begun
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, PlanState
from hairpin.apply.program import outpost as outpost_module
from hairpin.apply.program.outpost import here
from hairpin.apply.program.outpost_ground import OutpostGround
from hairpin.apply.program.plan_book import PlanBook
from hairpin.carry.act import FileState
from hairpin.change.change import Change, SetSysctl
from hairpin.change.step import ReplaceFile
from hairpin.change.steps import steps
from tests.apply.plans import FAR_S, FAULTY, pass_deadline, program_in, untold
from tests.waiting import HANG_S, wait_until

NETWORK = FAULTY.network
VALUE = SetSysctl(NETWORK.this.netns, ("net", "ipv4", "conf", "eth0", "forwarding"), "1")


def of_file(path: Path, before: str | None = None) -> tuple[PlannedStep, ...]:
    was, after = (
        FileState(each, 0o644, os.geteuid(), os.getegid()) if each is not None else None for each in (before, "ours\n")
    )
    name = NETWORK.this.name
    undo = (ReplaceFile(host=name, path=str(path), before=after, after=was, undo=()),)
    return (PlannedStep("own", ReplaceFile(host=name, path=str(path), before=was, after=after, undo=undo)),)


@contextmanager
def begun(folder: Path, tasks: tuple[PlannedStep, ...], seconds: int = FAR_S) -> Generator[tuple[PlanBook, Begun]]:
    """Begin a plan of these tasks on this host, under its switch."""
    outpost = here(folder / "journal")
    with OutpostGround(outpost, seconds, untold, lambda: NETWORK).held() as begin:
        plan = KeptPlan("", NETWORK.this.name, "", "2026-01-01T00:00:00Z", tasks=tasks)
        yield PlanBook(outpost), begin(plan, tuple(each.step for each in tasks), NETWORK)


def ended(book: PlanBook, plan: str) -> PlanState:
    """Wait until the switch has ended, and return how the plan stands."""
    assert wait_until(lambda: not book.standing_of(plan).watched)
    return book.known(plan).state


def test_the_deadline_is_the_time_that_was_asked_for(tmp_path: Path) -> None:
    """No step is begun: a busy machine may take longer for one than the deadline is away."""
    with begun(tmp_path, of_file(tmp_path / "file"), 1) as (book, plan):
        assert ended(book, plan.plan) == "taken-back"
    with begun(tmp_path, of_file(tmp_path / "file")) as (book, plan):
        assert FAR_S - HANG_S < book.standing_of(plan.plan).left_s <= FAR_S
        book.end(plan.plan, "taken-back")


@pytest.mark.parametrize("is_well", (True, False))
def test_a_plan_is_taken_back_unless_it_is_told_to_be_well(tmp_path: Path, *, is_well: bool) -> None:
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file)) as (book, plan):
        assert plan.carry((0,)) is None
        assert file.read_text("utf-8") == "ours\n"
        if is_well:
            assert plan.confirm() is None
        pass_deadline(tmp_path / "journal", plan.plan)
        assert ended(book, plan.plan) == ("applied" if is_well else "taken-back")
    assert file.exists() is is_well
    assert not (tmp_path / "journal" / "plans" / plan.plan / "keeper").exists()


def test_a_file_of_two_names_keeps_them(tmp_path: Path) -> None:
    """The program alone refuses it; the hairpin that is lent to it writes it in place."""
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text("was\n", "utf-8")
    other.hardlink_to(file)
    with begun(tmp_path, of_file(file, "was\n")) as (book, plan):
        assert plan.carry((0,)) is None
        assert other.read_text("utf-8") == "ours\n"
        pass_deadline(tmp_path / "journal", plan.plan)
        assert ended(book, plan.plan) == "taken-back"
    assert other.read_text("utf-8") == "was\n"
    assert file.samefile(other)


def test_hairpin_may_be_gone_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the one file to a host may remove it as soon as the command has ended."""
    copy = Path(shutil.copytree(Path(hairpin.__file__).parent, tmp_path / "copy" / "hairpin"))
    monkeypatch.setattr(hairpin, "__file__", str(copy / "__init__.py"))
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file)) as (book, plan):
        assert plan.carry((0,)) is None
        copy.rename(tmp_path / "gone")
        pass_deadline(tmp_path / "journal", plan.plan)
        assert ended(book, plan.plan) == "taken-back"
    assert not file.exists()


def test_it_does_not_end_with_the_terminal_and_waits_for_no_hanging_starter(tmp_path: Path) -> None:
    """This process has the plan in hand until then."""
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file)) as (book, plan):
        assert plan.carry((0,)) is None
        pid = int((tmp_path / "journal" / "plans" / plan.plan / "keeper").read_text("utf-8").split()[0])
        assert os.getsid(pid) != os.getsid(0)
        for number in (signal.SIGHUP, signal.SIGINT):
            os.kill(pid, number)
        pass_deadline(tmp_path / "journal", plan.plan)
        assert ended(book, plan.plan) == "taken-back"
    assert not file.exists()


class Slow(NamedTuple):
    """A program whose step ends when the test says so.

    ``began``: the file that the step writes first.  ``waited``: the file that is written as soon as another process
    waits for the step.  ``may_end``: once this file is there, the step ends."""

    text: bytes
    began: Path
    waited: Path
    may_end: Path


def slow(folder: Path) -> Slow:
    """Return the program with a sysctl that does nothing until it may end."""
    began, waited, may_end = (folder / each for each in ("began", "waited", "may-end"))
    stub = folder / "stubs" / "sysctl"
    stub.parent.mkdir()
    ends = f"until [ -e {shlex.quote(str(may_end))} ]; do sleep 0.05; done"
    stub.write_text(f"#!/bin/sh\necho $PPID >{shlex.quote(str(began))}\n{ends}\n", "utf-8")
    stub.chmod(0o755)
    text = program_in(folder).replace(b"\nPATH=", f"\nPATH={stub.parent}:".encode())
    tells = b"waited=yes\n"
    assert text.count(tells) == 2
    return Slow(text.replace(tells, f"waited=yes; : >{shlex.quote(str(waited))}\n".encode()), began, waited, may_end)


def test_it_waits_for_the_step_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: own.text)
    tasks = tuple(PlannedStep("own", each) for each in steps(Change((VALUE,)), NETWORK))
    with begun(tmp_path, tasks) as (book, plan):
        thread = Thread(target=plan.carry, args=((0,),))
        thread.start()
        assert wait_until(own.began.exists)
        pass_deadline(tmp_path / "journal", plan.plan)
        assert wait_until(own.waited.exists)
        known = book.known(plan.plan)
        assert (known.state, [each.state for each in known.tasks]) == ("ending", ["running"])
        own.may_end.touch()
        thread.join()
        assert ended(book, plan.plan) in ("taken-back", "partly")
        assert book.known(plan.plan).tasks[0].state not in ("running", "taking-back")


def test_an_interrupt_lets_the_step_end_and_none_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step ends after the program was told, however long the test takes to tell it."""
    own = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: own.text)
    monkeypatch.setattr("hairpin.collect.run._END_S", HANG_S)
    (step,) = steps(Change((VALUE,)), NETWORK)
    tasks = (PlannedStep("own", step), PlannedStep("own", step))

    def terminate(process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        own.may_end.touch()

    with begun(tmp_path, tasks) as (book, plan):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("hairpin.collect.run._interrupted.is_set", own.began.exists)
            patched.setattr(subprocess.Popen, "terminate", terminate)
            assert "interrupted" in str(plan.carry((0, 1)))
        assert [each.state for each in book.known(plan.plan).tasks] == ["done", "planned"]
        book.end(plan.plan, "taken-back")


def runs(pid: str) -> bool:
    """Return whether the process has not ended; nobody may ever ask for its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_command_that_outlives_the_program_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manager in the middle of its work shows a state that it leaves again."""
    own = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: own.text)
    tasks = tuple(PlannedStep("own", each) for each in steps(Change((VALUE,)), NETWORK))
    with begun(tmp_path, tasks) as (book, plan):
        thread = Thread(target=plan.carry, args=((0,),))
        thread.start()
        assert wait_until(lambda: own.began.exists() and bool(own.began.read_text("utf-8").strip()))
        owner = (tmp_path / "journal" / "plans" / plan.plan / "running").read_text("utf-8").split()[0]
        program = int(Path(f"/proc/{owner}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
        os.kill(program, signal.SIGKILL)
        thread.join()
        assert runs(owner)
        own.may_end.symlink_to(own.waited)  # the step ends once the seizing process waits for it
        assert book.seize(plan.plan) is True
        assert not runs(owner)
        book.end(plan.plan, "taken-back")
