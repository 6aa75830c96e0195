"""The journal: what any process finds there of a plan."""

import os
import subprocess
from pathlib import Path

import pytest

from hairpin.apply.kept_plan import PlannedStep, PlanState
from hairpin.apply.program import outpost as outpost_module
from hairpin.apply.program.outpost import here
from hairpin.apply.program.plan_book import PlanBook
from hairpin.carry.act import FileState
from hairpin.change.step import ReplaceFile
from hairpin.errors import ApplyError, JournalError
from tests.apply.plans import FAR_S, begun, plan, untold


def test_a_plan_is_there_for_another_process(tmp_path: Path) -> None:
    tasks = plan().tasks(lasting=True)
    book, made = begun(tmp_path, tasks)
    book.mark(made.id, (0, "running", ""))
    book.mark(made.id, (0, "running", ""), (0, "failed", "no\tway\nout"))
    other = PlanBook(here(tmp_path))
    (found,) = other.all()
    assert found.tasks[0].step == tasks[0].step
    assert [(each.state, each.said) for each in found.tasks] == [("failed", "no way out"), ("planned", "")]
    assert (found.state, found.question) == ("open", ("fix", "8080"))
    assert other.known(made.id) == found
    assert other.standing("9") == ()
    with pytest.raises(ApplyError, match="no plan 9 in the journal; "):
        other.known("9")


def test_plans_are_asked_for_by_state_or_id(tmp_path: Path) -> None:
    begun(tmp_path, (), "applied")
    begun(tmp_path, (), "ending")
    book, _ = begun(tmp_path, (), "taken-back")
    assert [each.kept_plan.id for each in book.standing()] == ["3", "2", "1"]
    assert [each.kept_plan.id for each in book.standing("1", "taken-back")] == ["3", "1"]
    assert [each.kept_plan.state for each in book.not_ended()] == ["ending"]


def test_who_takes_an_open_plan_over_is_one(tmp_path: Path) -> None:
    book, made = begun(tmp_path, ())
    assert book.seize(made.id) is False
    assert "taken back by another process" in str(book.confirm(made, (), untold))
    book.end(made.id, "partly")
    assert book.seize(made.id) is None
    assert book.seize(made.id, again=True) is False
    book.end(made.id, "taken-back")
    assert book.seize(made.id, again=True) is None


def test_a_plan_that_a_living_process_has_in_hand_is_left_to_it(tmp_path: Path) -> None:
    book, made = begun(tmp_path, ())
    with subprocess.Popen(("sleep", "600")) as process:
        start = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        (tmp_path / "plans" / made.id / "carrier").write_text(f"{process.pid} {boot}.{start}\n")
        assert book.standing_of(made.id).in_hand == str(process.pid)
        for ask in (book.seize, book.hold):
            with pytest.raises(ApplyError, match="another hairpin changes this host at this moment"):
                ask(made.id)
        process.kill()
    assert book.standing_of(made.id).in_hand == "no"
    assert book.seize(made.id) is False
    assert book.standing_of(made.id).in_hand == str(os.getpid())
    book.end(made.id, "taken-back")


def test_the_last_plan_is_the_newest_that_can_be_taken_back(tmp_path: Path) -> None:
    tasks = plan().tasks(lasting=False)
    book, first = begun(tmp_path, tasks)
    _, second = begun(tmp_path, tasks, "partly")
    assert [each.id for each in (book.last_in_force(),) if each] == [first.id]
    book.end(first.id, "taken-back")
    assert [each.id for each in (book.last_in_force(),) if each] == [second.id]


def test_only_this_user_may_read_it_and_write_into_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    book = PlanBook(here(folder))
    assert book.all() == ()
    assert [each.stat().st_mode & 0o777 for each in (folder, folder / "plans")] == [0o700, 0o700]
    folder.chmod(0o777)
    with pytest.raises(JournalError, match="does not trust its journal"):
        book.all()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(JournalError, match="file/own cannot be used"):
        PlanBook(here(tmp_path / "file" / "own")).all()


def test_a_journal_of_sqlite_is_passed_over(tmp_path: Path) -> None:
    """It was this host's, before one program carried out every plan."""
    (tmp_path / "journal.sqlite3").write_bytes(b"SQLite format 3\0")
    tmp_path.chmod(0o700)
    assert PlanBook(here(tmp_path)).all() == ()


def taken_back(folder: Path, tasks: tuple[PlannedStep, ...]) -> PlanBook:
    """Begin a plan as a ground does, which forgets old ones, and end it."""
    outpost = here(folder)
    number = outpost.ask("begin", str(FAR_S), "-").frames[0].fields[0]
    book, made = PlanBook(outpost), begun(folder / "beside", tasks)[1]
    for each in (folder / "beside" / "plans" / made.id).iterdir():
        if each.name in ("plan", "count"):
            each.rename(folder / "plans" / number / each.name)
    book.end(number, "taken-back")
    return book


def test_old_plans_are_forgotten_but_not_what_is_in_force(tmp_path: Path) -> None:
    book, first = begun(tmp_path, (), "applied")
    for _ in range(53):
        begun(tmp_path, (), "taken-back")
    _, last = begun(tmp_path, (), "taken-back")
    (tmp_path / f"before-{last.id}").mkdir()
    (tmp_path / "before-2").mkdir()
    taken_back(tmp_path, ())
    ids = [each.kept_plan.id for each in book.standing()]
    assert ids[-1] == first.id
    assert len(ids) == 51
    assert [each.name for each in tmp_path.glob("before-*")] == [f"before-{last.id}"]


def test_plans_are_forgotten_by_their_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole files are in them.  The newest one stays however large it is, and so does what is in force."""
    text = outpost_module.program().replace(b"KEPT_KIB=32768", b"KEPT_KIB=300")
    monkeypatch.setattr(outpost_module, "program", lambda: text)
    tasks = tuple(
        PlannedStep("own", ReplaceFile(host="h", path="/etc/x", before=None, after=FileState("x" * size)))
        for size in (100_000, 900_000)
    )
    states: tuple[PlanState, ...] = ("applied", "taken-back", "taken-back", "taken-back", "taken-back")
    for state in states:
        begun(tmp_path, tasks[:1], state)
    book = taken_back(tmp_path, ())
    assert [each.kept_plan.id for each in book.standing()] == ["6", "5", "4", "1"]
    begun(tmp_path, tasks[1:], "taken-back")
    book = taken_back(tmp_path, ())
    assert [each.kept_plan.id for each in book.standing()] == ["8", "1"]
