"""The journal: what any process finds there of a plan."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.journal import Journal, last_in_force
from hairpin.apply.task import PlanState, Task
from hairpin.carry.act import FileState
from hairpin.change.step import ReplaceFile
from hairpin.errors import ApplyError, JournalError
from tests.apply.plans import begun, plan


def test_a_plan_is_there_for_another_process(tmp_path: Path) -> None:
    tasks = plan().tasks(lasting=True)
    journal, made = begun(tmp_path, tasks)
    journal.mark(made.id, 0, "running")
    journal.mark(made.id, 0, "failed", "no")
    journal.close()
    with closing(Journal(tmp_path)) as other:
        (found,) = other.all()
        assert found.tasks[0].step == tasks[0].step
        assert [(each.state, each.said) for each in found.tasks] == [("failed", "no"), ("planned", "")]
        assert (found.state, found.question) == ("open", ("fix", "8080"))
        assert other.known(made.id) == found
        assert other.find("9") is None
        with pytest.raises(ApplyError, match="no plan 9"):
            other.known("9")


def test_who_takes_an_open_plan_over_is_one(tmp_path: Path) -> None:
    journal, made = begun(tmp_path, ())
    with closing(journal):
        assert journal.seize(made.id)
        assert not journal.seize(made.id)
        assert not journal.pass_on(made.id)


def test_the_last_plan_is_the_newest_that_can_be_taken_back(tmp_path: Path) -> None:
    journal, first = begun(tmp_path, ())
    with closing(journal):
        assert last_in_force(journal) == first
        _, second = begun(tmp_path, ())
        journal.end(second.id, "partly")
        assert last_in_force(journal) == first
        journal.end(first.id, "taken-back")
        left = last_in_force(journal)
        assert left is not None
        assert left.id == second.id


def test_only_this_user_may_read_it_and_write_into_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    begun(folder, ())[0].close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "journal.sqlite3").stat().st_mode & 0o777 == 0o600
    folder.chmod(0o777)
    with pytest.raises(JournalError, match="not trusted"):
        Journal(folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(JournalError, match="file/own cannot be used"):
        Journal(tmp_path / "file" / "own")


def test_one_process_at_a_time_changes_the_host(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    with closing(one), closing(other), one.locked(), pytest.raises(ApplyError, match="another hairpin"):
        other.locked().__enter__()
    with closing(Journal(tmp_path)) as again, again.locked():
        pass


def test_old_plans_are_forgotten_but_not_what_is_in_force(tmp_path: Path) -> None:
    journal, first = begun(tmp_path, ())
    with closing(journal):
        journal.end(first.id, "applied")
        for _ in range(60):
            _, made = begun(tmp_path, ())
            journal.end(made.id, "taken-back")
        ids = [each.id for each in journal.all()]
    assert ids[-1] == first.id
    assert len(ids) < 55


def test_plans_are_forgotten_by_their_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole files are in them.  The newest one stays however large it is, and so does what is in force."""
    monkeypatch.setattr("hairpin.apply.journal._KEPT_BYTES", 100_000)
    step = ReplaceFile(host="h", path="/etc/x", before=None, after=FileState("x" * 40_000))
    ids: list[str] = []
    states: tuple[PlanState, ...] = ("applied", "taken-back", "taken-back", "taken-back", "taken-back")
    for state in states:
        journal, made = begun(tmp_path, (Task("own", step),))
        journal.end(made.id, state)
        ids.append(made.id)
        journal.close()
    with closing(Journal(tmp_path)) as journal:
        assert [each.id for each in journal.all()] == [ids[4], ids[3], ids[0]]
    size = (tmp_path / "journal.sqlite3").stat().st_size
    huge = msgspec.structs.replace(step, after=FileState("x" * 400_000))
    journal, made = begun(tmp_path, (Task("own", huge),))
    journal.end(made.id, "taken-back")
    journal.close()
    with closing(Journal(tmp_path)) as journal:
        assert [each.id for each in journal.all()] == [made.id, ids[0]]
    begun(tmp_path, ())[0].close()
    assert (tmp_path / "journal.sqlite3").stat().st_size < size
