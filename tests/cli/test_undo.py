"""``hairpin undo``: what is said where nothing was done."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.kept_plan import KeptPlan
from hairpin.apply.program.outpost_ground import PlanCopies
from tests.apply.plans import begun, plan
from tests.cli.commands import call


def test_only_root_may(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    ended = call(capsys, "undo")
    assert (ended.status, ended.err) == (3, "hairpin: only root can change this host; run it with sudo\n")
    listed = call(capsys, "undo", "--list")
    assert (listed.status, listed.err) == (3, "hairpin: only root can read the plans of this host; run it with sudo\n")


def test_an_id_that_is_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    ended = call(capsys, "undo", "last")
    assert ended.status == 2
    assert "'last' is not the id of a plan; `hairpin undo --list` shows the ids" in ended.err


def test_an_empty_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.apply.program.outpost.FOLDER", tmp_path / "hairpin")
    monkeypatch.setattr("hairpin.cli.plans.half_done.FOLDER", tmp_path / "hairpin" / "plans")
    monkeypatch.setattr("hairpin.cli.undo.os.geteuid", lambda: 0)
    listed, taken = call(capsys, "undo", "--list"), call(capsys, "undo")
    assert (listed.status, listed.out) == (0, "hairpin has carried out no plan on this host\n")
    assert (taken.status, taken.out) == (0, "no change made by hairpin is in force\n")
    missing = call(capsys, "undo", "7")
    assert (missing.status, missing.out) == (3, "")
    assert "no plan 7 in the journal" in missing.err


def test_documents_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hairpin.apply.program.outpost.FOLDER", tmp_path / "hairpin")
    monkeypatch.setattr("hairpin.cli.plans.half_done.FOLDER", tmp_path / "hairpin" / "plans")
    monkeypatch.setattr("hairpin.cli.undo.os.geteuid", lambda: 0)
    nothing = json.loads(call(capsys, "undo", "--json").out)
    assert (nothing["schema"], nothing["plan"], nothing["plans"]) == ("hairpin.undo/1", None, [])
    (task,) = plan().tasks(lasting=False)
    begun(tmp_path / "hairpin", (msgspec.structs.replace(task, state="gone"),), "applied")
    (listed,) = json.loads(call(capsys, "undo", "--list", "--json").out)["plans"]
    assert (listed["id"], listed["state"], listed["asked"]) == ("1", "applied", ["fix", "8080"])
    ended = call(capsys, "undo", "1", "--json")
    assert (ended.status, json.loads(ended.out)["plan"]["state"]) == (0, "taken-back")


ANSWERS: dict[str, tuple[str, int, str, str]] = {
    "ssh is not let in": ("echo 'ann@web1: Permission denied (publickey).' >&2; exit 255", 3, "", "ssh login failed"),
    "not root there": ("answer refused not-root", 3, "", "only root can change that host"),
    "nothing in force": ("answer done", 0, "no change made by hairpin is in force\n", ""),
}
ANSWER = """#!/bin/sh
answer() {
    token=$(sed '1,/^#end$/d' | head -n 1)
    printf '%s\\tbegin\\tboot\\t\\n%s' "$token" "$token"; printf '\\t%s' "$@"; echo
}
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of an ``ssh`` in front of PATH.  The journal here is in one place, whoever runs the test."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("hairpin.apply.program.outpost.FOLDER", tmp_path / "hairpin" / "plans")
    file = tmp_path / "ssh"
    file.touch(0o755)
    return file


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_another_host_says_why(capsys: pytest.CaptureFixture[str], ssh: Path, case: tuple[str, int, str, str]) -> None:
    body, status, printed, said = case
    ssh.write_text(f"{ANSWER}{body}\n")
    ended = call(capsys, "undo", "--host", "ann@web1")
    assert (ended.status, ended.out) == (status, printed)
    assert said in ended.err


def test_plans_of_a_host_that_is_not_reached_are_listed_from_the_copy(
    capsys: pytest.CaptureFixture[str], ssh: Path, tmp_path: Path
) -> None:
    ssh.write_text("#!/bin/sh\necho 'Connection refused' >&2; exit 255\n")
    assert call(capsys, "undo", "--list", "--host", "ann@web1").status == 3
    copy = KeptPlan("4", "web1", "boot", "2026-01-01T00:00:00Z", ("fix", "8080"), "applied")
    PlanCopies(tmp_path / "hairpin" / "plans").keep("ann@web1", copy)
    ended = call(capsys, "undo", "--list", "--host", "ann@web1")
    assert (ended.status, ended.out) == (3, "4  2026-01-01T00:00:00Z  web1  fix 8080  in force\n")
    assert "nothing listens on the ssh port there" in ended.err
    copied = json.loads(call(capsys, "undo", "--list", "--json", "--host", "ann@web1").out)
    assert [each["id"] for each in copied["plans"]] == ["4"]
    assert "nothing listens on the ssh port there" in copied["said"]
