"""The plans that have not ended, by this host's journal and by what the collector read."""

import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from hairpin.apply.kept_plan import PlannedStep, PlanState
from hairpin.carry.act import FileState
from hairpin.change.step import ReplaceFile
from hairpin.cli.face.asked import Given
from hairpin.cli.plans import half_done
from hairpin.evidence.reading import Evidence
from hairpin.host.plan_under_way import PlanStage
from tests.apply.plans import begun
from tests.host.fixture_evidence import evidence

LEFT_S = 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(half_done, "FOLDER", tmp_path / "hairpin" / "plans")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "hairpin"


class Living(NamedTuple):
    """Which processes of a plan live: its switch, and the hairpin that has it in hand."""

    switch: bool = False
    hairpin: bool = False


@contextmanager
def begin(folder: Path, state: PlanState, living: Living, *, done: bool) -> Generator[None]:
    """Begin a plan, whose switch and whose hairpin live or not."""
    task = PlannedStep("own", ReplaceFile(host="h", path="/etc/x", before=None, after=FileState("x"), undo=()))
    _, plan = begun(folder, (msgspec.structs.replace(task, state="done" if done else "planned"),), state)
    own = folder / "plans" / plan.id
    up = float(Path("/proc/uptime").read_text("ascii").split()[0])
    (own / "until").write_text(f"{int(up) + LEFT_S}\n", "ascii")
    with subprocess.Popen(("sleep", "600")) as process:
        start = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        for name, lives in zip(("keeper", "carrier"), living, strict=True):
            (own / name).write_text(f"{process.pid if lives else 0} {boot}.{start}\n", "ascii")
        yield
        process.kill()


CASES: dict[str, tuple[PlanState, bool, Living, tuple[tuple[PlanStage, bool], ...]]] = {
    "it is tried": ("open", True, Living(switch=True), (("tried", True),)),
    "who carried it out was killed": ("open", False, Living(switch=True), (("interrupted", True),)),
    "its switch was killed": ("open", True, Living(), (("interrupted", False),)),
    "it is carried out": ("open", False, Living(switch=True, hairpin=True), (("half-done", True),)),
    "it is kept": ("keeping", True, Living(switch=True, hairpin=True), (("kept", False),)),
    "it is taken back": ("ending", True, Living(switch=True, hairpin=True), (("taken-back", False),)),
    "interrupted while it was kept": ("keeping", True, Living(), (("interrupted", False),)),
    "interrupted while it was taken back": ("ending", True, Living(), (("interrupted", False),)),
    "in force": ("applied", True, Living(), ()),
    "taken back": ("taken-back", True, Living(), ()),
}


@pytest.mark.parametrize(("state", "done", "living", "expected"), CASES.values(), ids=CASES)
def test_plans_here(
    folder: Path, state: PlanState, living: Living, expected: tuple[tuple[PlanStage, bool], ...], *, done: bool
) -> None:
    """Each with whether it is known when it ends."""
    with begin(folder, state, living, done=done):
        found = half_done.plans_here()
    assert tuple((each.state, each.until is not None) for each in found) == expected
    assert all(abs(each.until - time.time() - LEFT_S) < 60 for each in found if each.until is not None)


def test_another_user_is_told_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begin(folder, "open", Living(), done=False):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert half_done.plans_here() == ()


def test_a_plan_of_another_machine_is_said_where_the_host_is_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states: tuple[PlanState, ...] = ("taken-back", "open")
    for state in states:
        _, plan = begun(folder, (), state)
        (folder / "plans" / plan.id / "carrier").unlink()
    begun(folder, (), "ending")
    half_done.say_of_others("en")
    said = capsys.readouterr().err
    assert said.startswith("hairpin: another machine has begun plan 2 here over ssh, and the plan is interrupted; ")
    assert said.count("\n") == 1


def read(text: str) -> Evidence:
    return evidence(("plans", "", "/var/lib/hairpin", text))


@pytest.mark.usefixtures("folder")
def test_the_journal_here_knows_more_than_the_collector(capsys: pytest.CaptureFixture[str]) -> None:
    """What the collector takes for a plan of this host's, by a file that a killed switch has left, has ended."""
    (found,) = half_done.with_plans((read("own\t3\topen\tdead\t-\nother\t2\topen\tdead\t-"),), (), "en")
    assert isinstance(found, Evidence)
    assert [each.text for each in found.all("plans")] == ["other\t2\topen\tdead\t-"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("hairpin: another machine has begun plan 2 here over ssh, and the plan is interrupted; ")


def test_a_plan_on_another_host_is_said_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    later = int(time.time()) + 100_000_000
    found = read(f"own\t3\topen\twatched\t{later}")
    assert half_done.with_plans((found,), (Given("host", "node=ann@web1"),), "en") == (found,)
    assert "`hairpin undo --host ann@web1 3` undoes it at once" in capsys.readouterr().err


def test_of_a_snapshot_it_is_said_how_the_plan_stood_then(capsys: pytest.CaptureFixture[str]) -> None:
    half_done.with_plans((read("own\t3\topen\twatched\t-"),), (Given("snapshot", "web1.hairpin"),), "en")
    said = capsys.readouterr().err
    assert "plan 3 of `hairpin fix` was under way there" in said
    assert "undo" not in said


@pytest.mark.usefixtures("folder")
def test_a_host_without_a_plan_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found = (evidence(("ip-addr", "host", "ip -j -d addr", "[]")),)
    assert half_done.with_plans(found, (), "en") == found
    assert capsys.readouterr().err == ""
