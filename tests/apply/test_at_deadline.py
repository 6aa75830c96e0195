"""The switch is a process of its own: it takes a plan back at the deadline, unless it is told that all is well."""

import os
import shlex
import shutil
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

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
from tests.apply.plans import FAULTY, program_in, untold

WAIT_S = 30.0
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
def begun(folder: Path, tasks: tuple[PlannedStep, ...], seconds: int) -> Generator[tuple[PlanBook, Begun]]:
    """Begin a plan of these tasks on this host, under its switch."""
    outpost = here(folder / "journal")
    with OutpostGround(outpost, seconds, untold, lambda: NETWORK).held() as begin:
        plan = KeptPlan("", NETWORK.this.name, "", "2026-01-01T00:00:00Z", tasks=tasks)
        yield PlanBook(outpost), begin(plan, tuple(each.step for each in tasks), NETWORK)


def ended(book: PlanBook, plan: str) -> PlanState:
    """Wait until the switch has ended, and return how the plan stands."""
    until = time.monotonic() + WAIT_S
    while book.standing_of(plan).watched and time.monotonic() < until:
        time.sleep(0.05)
    return book.known(plan).state


def met(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + WAIT_S
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("is_well", (True, False))
def test_a_plan_is_taken_back_unless_it_is_told_to_be_well(tmp_path: Path, *, is_well: bool) -> None:
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file), 10 if is_well else 2) as (book, plan):
        assert plan.carry((0,)) is None
        assert file.read_text("utf-8") == "ours\n"
        if is_well:
            assert plan.confirm() is None
        assert ended(book, plan.plan) == ("applied" if is_well else "taken-back")
    assert file.exists() is is_well
    assert not (tmp_path / "journal" / "plans" / plan.plan / "keeper").exists()


def test_a_file_of_two_names_keeps_them(tmp_path: Path) -> None:
    """The program alone refuses it; the hairpin that is lent to it writes it in place."""
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text("was\n", "utf-8")
    other.hardlink_to(file)
    with begun(tmp_path, of_file(file, "was\n"), 2) as (book, plan):
        assert plan.carry((0,)) is None
        assert other.read_text("utf-8") == "ours\n"
        assert ended(book, plan.plan) == "taken-back"
    assert other.read_text("utf-8") == "was\n"
    assert file.samefile(other)


def test_hairpin_may_be_gone_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the one file to a host may remove it as soon as the command has ended."""
    copy = Path(shutil.copytree(Path(hairpin.__file__).parent, tmp_path / "copy" / "hairpin"))
    monkeypatch.setattr(hairpin, "__file__", str(copy / "__init__.py"))
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file), 3) as (book, plan):
        assert plan.carry((0,)) is None
        copy.rename(tmp_path / "gone")
        assert ended(book, plan.plan) == "taken-back"
    assert not file.exists()


def test_it_does_not_end_with_the_terminal_and_waits_for_no_hanging_starter(tmp_path: Path) -> None:
    """This process has the plan in hand until then."""
    file = tmp_path / "file"
    with begun(tmp_path, of_file(file), 2) as (book, plan):
        assert plan.carry((0,)) is None
        pid = int((tmp_path / "journal" / "plans" / plan.plan / "keeper").read_text("utf-8").split()[0])
        assert os.getsid(pid) != os.getsid(0)
        for number in (signal.SIGHUP, signal.SIGINT):
            os.kill(pid, number)
        assert ended(book, plan.plan) == "taken-back"
    assert not file.exists()


def slow(folder: Path) -> tuple[bytes, Path]:
    """Return the program whose sysctl takes a second, and the file that it writes first."""
    folder.joinpath("stubs").mkdir()
    stub, began = folder / "stubs" / "sysctl", folder / "began"
    stub.write_text(f"#!/bin/sh\necho $PPID >{shlex.quote(str(began))}\nsleep 2\n", "utf-8")
    stub.chmod(0o755)
    return program_in(folder).replace(b"\nPATH=", f"\nPATH={stub.parent}:".encode()), began


def test_it_waits_for_the_step_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, began = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: text)
    tasks = tuple(PlannedStep("own", each) for each in steps(Change((VALUE,)), NETWORK))
    with begun(tmp_path, tasks, 1) as (book, plan):
        thread = Thread(target=plan.carry, args=((0,),))
        thread.start()
        assert met(began.exists)
        assert met(lambda: book.known(plan.plan).state == "ending")
        assert [each.state for each in book.known(plan.plan).tasks] == ["running"]
        thread.join()
        assert ended(book, plan.plan) in ("taken-back", "partly")
        assert book.known(plan.plan).tasks[0].state not in ("running", "taking-back")


def test_an_interrupt_lets_the_step_end_and_none_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, began = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: text)
    (step,) = steps(Change((VALUE,)), NETWORK)
    tasks = (PlannedStep("own", step), PlannedStep("own", step))
    with begun(tmp_path, tasks, 60) as (book, plan):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("hairpin.collect.run._interrupted.is_set", began.exists)
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
    text, began = slow(tmp_path)
    monkeypatch.setattr(outpost_module, "program", lambda: text)
    tasks = tuple(PlannedStep("own", each) for each in steps(Change((VALUE,)), NETWORK))
    with begun(tmp_path, tasks, 60) as (book, plan):
        thread = Thread(target=plan.carry, args=((0,),))
        thread.start()
        assert met(lambda: began.exists() and bool(began.read_text("utf-8").strip()))
        owner = (tmp_path / "journal" / "plans" / plan.plan / "running").read_text("utf-8").split()[0]
        program = int(Path(f"/proc/{owner}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
        os.kill(program, signal.SIGKILL)
        thread.join()
        assert runs(owner)
        assert book.seize(plan.plan) is True
        assert not runs(owner)
        book.end(plan.plan, "taken-back")
