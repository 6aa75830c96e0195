"""``hairpin snapshot --keep`` and ``hairpin diff --last-good``."""

from pathlib import Path

import msgspec
import pytest

from hairpin.cli import keeping
from hairpin.cli.keeping import keep_evidence, keep_or_say, last_good
from hairpin.errors import UsageError
from hairpin.network.world import World
from hairpin.question.question import Question, parse_question
from tests.cli.commands import call
from tests.report.answers import FORWARDING_OFF, Replacement, answer, evidence


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep snapshots in a folder of the test's."""
    found = tmp_path / "snapshots"
    monkeypatch.setattr(keeping, "snapshots_folder", lambda: found)
    return found


def _keep(minute: int, *replacements: Replacement) -> Path:
    return keep_evidence(msgspec.structs.replace(evidence(*replacements), taken_at=f"2026-11-26T00:{minute:02}:00Z"))


def _question(*targets: str) -> Question:
    return parse_question("check", targets, None, (), World())


def test_the_newest_in_which_the_flow_passed() -> None:
    for minute, replacements in ((1, ()), (2, ()), (3, (FORWARDING_OFF,))):
        _keep(minute, *replacements)
    assert last_good(_question("8080")).taken_at == "2026-11-26T00:02:00Z"


def test_none_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "diff", "--last-good", "8080")
    assert ended.status == 2
    assert "systemd timer" in ended.err
    assert "docs/changes-over-time.md" in ended.err


def test_in_none_the_flow_passed() -> None:
    _keep(1, FORWARDING_OFF)
    with pytest.raises(UsageError, match="in none of the 1"):
        last_good(_question("8080"))


def test_a_damaged_one_is_passed_over() -> None:
    _keep(1)
    _keep(2).write_bytes(b"no snapshot")
    assert last_good(_question("8080")).taken_at == "2026-11-26T00:01:00Z"


@pytest.mark.parametrize(("after", "when"), ((False, "before"), (True, "after")))
def test_a_failure_is_said_and_stops_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], after: bool, when: str
) -> None:
    folder.write_text("a file in the place of the folder")
    keep_or_say(answer(), "en", after=after)
    assert f"hairpin could not keep a snapshot {when} the repair" in capsys.readouterr().err


def test_nothing_is_kept_of_a_host_that_was_not_read(folder: Path) -> None:
    keep_or_say(msgspec.structs.replace(answer(), evidence=()), "en", after=True)
    assert not folder.exists()


def test_other_options_do_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "snapshot", "--keep", "--redact").status == 2
    assert call(capsys, "diff", "--last-good", "--alike").status == 2
