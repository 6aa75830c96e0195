"""Alerts go out for the expectations that want them, in each way of the file, and a failure is said and kept."""

import json
import time
from pathlib import Path

import msgspec
import pytest

from hairpin.cli.guarding.alerting import AlertDesk
from hairpin.errors import UsageError
from hairpin.expect.expectation import OnBreak
from hairpin.expect.settings import Alert
from hairpin.guard.change import Culprit
from hairpin.guard.heal.heal import NotHealed
from hairpin.guard.memory import Memory
from hairpin.guard.round import Round
from hairpin.message import message
from hairpin.report.words import Words
from tests.guard.test_rounds import found
from tests.report.answers import FORWARDING_OFF, evidence


def rounds(on_break: OnBreak) -> list[Round]:
    """Return rounds in which an expectation breaks and is mended."""
    replace = msgspec.structs.replace

    def wanting(told: Round) -> Round:
        broke, mended = (
            tuple(replace(each, expectation=replace(each.expectation, on_break=on_break)) for each in some)
            for some in (told.broke, told.mended)
        )
        return told._replace(broke=broke, mended=mended)

    return [wanting(each) for each in found(evidence(), evidence(FORWARDING_OFF), evidence())]


def desk(tmp_path: Path, memory: Memory | None = None) -> tuple[AlertDesk, Path]:
    got = tmp_path / "got"
    got.touch()
    command = ("sh", "-c", f"cat >> {got}; echo >> {got}")
    return AlertDesk((Alert(command, journal=False),), lambda: memory, Words("en")), got


@pytest.mark.parametrize(
    ("on_break", "kinds"), (("observe", []), ("alert", ["broke", "mended"]), ("heal", ["broke", "mended"]))
)
def test_what_is_alerted(on_break: OnBreak, kinds: list[str], tmp_path: Path) -> None:
    telling, got = desk(tmp_path)
    for each in rounds(on_break):
        telling.heed(each)
    assert all(not each.reason for each in telling.close())
    assert [json.loads(line)["kind"] for line in got.read_text().splitlines()] == kinds


def test_a_fight_is_alerted_whatever_else_the_round_says_and_names_both(tmp_path: Path) -> None:
    telling, got = desk(tmp_path)
    broken = rounds("heal")[1]
    expectations = tuple(each.expectation for each in broken.broke)
    by_sh = Culprit(12, "sh", "sh -c x", unit="cron.service")
    plain = NotHealed(expectations, message("no repair is known"))
    fight = NotHealed(expectations, message("sh and hairpin change x in turn"), ("x",), (by_sh,), is_fight=True)
    telling.heed(broken._replace(not_healed=(plain,)))
    telling.heed(broken._replace(not_healed=(plain, fight)))
    telling.close()
    told = [json.loads(line) for line in got.read_text().splitlines()]
    assert [each["kind"] for each in told] == ["broke", "fight"]
    assert "sh and hairpin change x in turn" in told[1]["summary"]
    assert "cron.service" in told[1]["summary"]
    assert "sh and hairpin" not in told[0]["summary"]


def test_a_guard_that_becomes_blind_and_sees_again(tmp_path: Path) -> None:
    telling, got = desk(tmp_path)
    telling.see(1.0, (message("the rules cannot be watched"),))
    telling.see(2.0, ())
    telling.close()
    told = [json.loads(line) for line in got.read_text().splitlines()]
    assert [(each["kind"], each["blind"]) for each in told] == [
        ("blind", ["the rules cannot be watched"]),
        ("sees", []),
    ]


def test_a_failure_is_said_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Memory(tmp_path / "guard.db", writes=True) as memory:
        memory.begin("expect.toml", time.time(), ())
        telling = AlertDesk((Alert(("/nonexistent",), journal=False),), lambda: memory, Words("en"))
        telling.see(time.time(), ())
        (ended,) = telling.close()
        assert ended.reason == "/nonexistent could not be started: No such file or directory"
        state = memory.last(time.time())
    assert state is not None
    assert [(each.way, each.number) for each in state.undelivered] == [("command", 1)]
    assert "an alert could not be delivered: /nonexistent could" in capsys.readouterr().err


def test_a_webhook_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="webhook-file"):
        AlertDesk((Alert(webhook_file=str(tmp_path / "lost")),), lambda: None, Words("en"))
