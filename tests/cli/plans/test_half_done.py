"""The plans that have not ended, by this host's journal and by what the collector read."""

import fcntl
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from hairpin.apply.journal import Journal
from hairpin.apply.task import PlanState, Undertaking
from hairpin.cli.face.asked import Given
from hairpin.cli.plans import half_done
from hairpin.evidence.reading import Evidence
from hairpin.host.plan_under_way import PlanStage
from tests.apply.plans import begun
from tests.apply.test_switch import of_file
from tests.host.fixture_evidence import evidence

UNTIL = 1795046951.0


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(half_done, "JOURNAL", tmp_path / "hairpin" / "journal.sqlite3")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return Journal(tmp_path / "hairpin")


def begin(journal: Journal, tmp_path: Path, state: PlanState, *, done: bool) -> Undertaking:
    plan = journal.begin(Undertaking("", "host", "boot", "2026-11-26T20:00:00Z", tasks=of_file(tmp_path / "file")))
    if done:
        journal.mark(plan.id, 0, "done")
    if state != "open":
        journal.end(plan.id, state)
    return plan


CASES: dict[str, tuple[PlanState, bool, bool, tuple[tuple[PlanStage, float | None], ...]]] = {
    "it is tried": ("open", True, True, (("tried", UNTIL),)),
    "who carried it out was killed": ("open", False, True, (("interrupted", UNTIL),)),
    "its switch was killed": ("open", True, False, (("interrupted", None),)),
    "interrupted while it was kept": ("keeping", True, False, (("interrupted", None),)),
    "interrupted while it was taken back": ("ending", True, False, (("interrupted", None),)),
    "in force": ("applied", True, False, ()),
    "taken back": ("taken-back", True, False, ()),
}


@pytest.mark.parametrize(("state", "done", "watched", "expected"), CASES.values(), ids=CASES)
def test_plans_here(
    journal: Journal,
    tmp_path: Path,
    state: PlanState,
    expected: tuple[tuple[PlanStage, float | None], ...],
    *,
    done: bool,
    watched: bool,
) -> None:
    with closing(journal):
        plan = begin(journal, tmp_path, state, done=done)
        with journal.switch_file(plan.id).open("w", encoding="utf-8") as switch:
            switch.write(f"{int(UNTIL)} 1\n")
            switch.flush()
            if watched:
                fcntl.flock(switch, fcntl.LOCK_EX)
            assert tuple((each.state, each.until) for each in half_done.plans_here()) == expected


def test_a_plan_that_is_carried_out_at_this_moment_is_not_interrupted(journal: Journal, tmp_path: Path) -> None:
    with closing(journal), journal.locked():
        begin(journal, tmp_path, "open", done=False)
        assert [(each.state, each.until) for each in half_done.plans_here()] == [("half-done", None)]


def test_another_user_is_told_nothing(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(journal):
        begin(journal, tmp_path, "open", done=False)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert half_done.plans_here() == ()


@pytest.mark.usefixtures("journal")
def test_a_plan_of_another_machine_is_said_where_the_host_is_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for plan, state in (("1", "taken-back"), ("2", "open")):
        folder = tmp_path / "hairpin" / "remote" / plan
        folder.mkdir(parents=True)
        (folder / state).touch()
    half_done.say_of_others("en")
    said = capsys.readouterr().err
    assert said.startswith("hairpin: plan 2, which another machine has begun here over ssh, is interrupted; ")
    assert said.count("\n") == 1


def read(text: str) -> Evidence:
    return evidence(("plans", "", "/var/lib/hairpin", text))


@pytest.mark.usefixtures("journal")
def test_the_journal_here_knows_more_than_the_collector(capsys: pytest.CaptureFixture[str]) -> None:
    """What the collector takes for a plan of this host's, by a file that a killed switch has left, has ended."""
    (found,) = half_done.with_plans((read("own\t3\topen\tdead\t-\nother\t2\topen\tdead\t-"),), (), "en")
    assert isinstance(found, Evidence)
    assert [each.text for each in found.all("plans")] == ["other\t2\topen\tdead\t-"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("hairpin: plan 2, which another machine has begun here over ssh, is interrupted; ")


def test_a_plan_on_another_host_is_said_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    later = int(time.time()) + 100_000_000
    found = read(f"own\t3\topen\twatched\t{later}")
    assert half_done.with_plans((found,), (Given("host", "node=ann@web1"),), "en") == (found,)
    assert "`hairpin undo --host ann@web1 3` takes it back at once" in capsys.readouterr().err


def test_of_a_snapshot_it_is_said_how_the_plan_stood_then(capsys: pytest.CaptureFixture[str]) -> None:
    half_done.with_plans((read("own\t3\topen\twatched\t-"),), (Given("snapshot", "web1.hairpin"),), "en")
    said = capsys.readouterr().err
    assert "plan 3 of `hairpin fix` was under way there" in said
    assert "undo" not in said


@pytest.mark.usefixtures("journal")
def test_a_host_without_a_plan_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found = (evidence(("ip-addr", "host", "ip -j -d addr", "[]")),)
    assert half_done.with_plans(found, (), "en") == found
    assert capsys.readouterr().err == ""


def test_a_settled_plan_leaves_no_file_of_a_killed_switch(tmp_path: Path) -> None:
    journal, plan = begun(tmp_path / "journal", of_file(tmp_path / "file"))
    with closing(journal):
        journal.switch_file(plan.id).write_text("1795046951 1\n", "utf-8")
        journal.end(plan.id, "taken-back")
        assert not journal.switch_file(plan.id).exists()
