"""The switch is a process of its own: it takes a plan back at the deadline, unless it is told that all is well."""

import os
import shutil
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

import hairpin
from hairpin.apply.carrying_out import carry_out_tasks
from hairpin.apply.journal import Journal
from hairpin.apply.switch import start_switch
from hairpin.apply.task import PlanState, Task, Undertaking
from hairpin.carry.act import FileState
from hairpin.change.step import ReplaceFile
from tests.apply.plans import begun, hands

WAIT_S = 30.0


def of_file(path: Path) -> tuple[Task, ...]:
    after = FileState("ours\n", 0o644, os.geteuid(), os.getegid())
    undo = (ReplaceFile(host="host", path=str(path), before=after, after=None, undo=()),)
    return (Task("own", ReplaceFile(host="host", path=str(path), before=None, after=after, undo=undo)),)


def ended(journal: Journal, plan: Undertaking) -> PlanState:
    """Wait until the switch has ended, and return how the plan stands."""
    until = time.monotonic() + WAIT_S
    while journal.is_watched(plan.id) and time.monotonic() < until:
        time.sleep(0.05)
    return journal.known(plan.id).state


@pytest.mark.parametrize("told", (True, False))
def test_a_plan_is_taken_back_unless_it_is_told_to_be_well(tmp_path: Path, *, told: bool) -> None:
    file = tmp_path / "file"
    journal, plan = begun(tmp_path / "journal", of_file(file))
    with closing(journal):
        start_switch(journal, plan.id, 1.0)
        assert carry_out_tasks(journal, plan, (0,), hands()) is None
        assert file.read_text("utf-8") == "ours\n"
        if told:
            assert journal.pass_on(plan.id)
        assert ended(journal, plan) == ("keeping" if told else "taken-back")
    assert file.exists() is told
    assert not journal.switch_file(plan.id).exists()


def test_hairpin_may_be_gone_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the one file to a host may remove it as soon as the command has ended."""
    copy = Path(shutil.copytree(Path(hairpin.__file__).parent, tmp_path / "copy" / "hairpin"))
    monkeypatch.setattr(hairpin, "__file__", str(copy / "__init__.py"))
    file = tmp_path / "file"
    journal, plan = begun(tmp_path / "journal", of_file(file))
    with closing(journal):
        start_switch(journal, plan.id, 4.0)
        assert carry_out_tasks(journal, plan, (0,), hands()) is None
        copy.rename(tmp_path / "gone")
        assert ended(journal, plan) == "taken-back"
    assert not file.exists()


def test_it_does_not_end_with_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "file"
    journal, plan = begun(tmp_path / "journal", of_file(file))
    with closing(journal):
        start_switch(journal, plan.id, 2.0)
        assert carry_out_tasks(journal, plan, (0,), hands()) is None
        (pid,) = (int(each.name) for each in Path("/proc").glob("[0-9]*") if _watches(each, tmp_path))
        assert os.getsid(pid) == pid
        for number in (signal.SIGHUP, signal.SIGINT):
            os.kill(pid, number)
        assert ended(journal, plan) == "taken-back"
    assert not file.exists()


def test_it_does_not_wait_for_a_hanging_starter(tmp_path: Path) -> None:
    """The starter holds the lock, and would leave the plan to the switch."""
    file = tmp_path / "file"
    journal, plan = begun(tmp_path / "journal", of_file(file))
    with closing(journal), journal.locked():
        start_switch(journal, plan.id, 1.0)
        assert carry_out_tasks(journal, plan, (0,), hands()) is None
        assert ended(journal, plan) == "taken-back"
    assert not file.exists()


@pytest.mark.parametrize("busy", ("another process", "a step"))
def test_it_waits_for_a_step_and_for_another_process(tmp_path: Path, busy: str) -> None:
    file = tmp_path / "file"
    journal, plan = begun(tmp_path / "journal", of_file(file))
    with closing(journal), journal.locked():
        assert carry_out_tasks(journal, plan, (0,), hands()) is None
        if busy == "a step":
            journal.mark(plan.id, 0, "running")
        else:
            (tmp_path / "journal" / "lock").write_text("1", "utf-8")
        start_switch(journal, plan.id, 0.1)
        time.sleep(3.5)
        assert (journal.known(plan.id).state, file.exists()) == ("ending", True)
    with closing(journal := Journal(tmp_path / "journal")):
        assert ended(journal, plan) == "taken-back"
    assert not file.exists()


def _watches(process: Path, folder: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"hairpin.apply.switch" in words and str(folder / "journal").encode() in words
