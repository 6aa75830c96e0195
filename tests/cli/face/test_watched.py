"""``--brief``, ``--nagios`` and ``--prom`` of the commands that a monitor calls."""

import stat
from pathlib import Path

import pytest

from tests.cli.commands import call, snapshot
from tests.report.answers import FORWARDING_OFF
from tests.report.test_prometheus import parsed, values

BROKEN = ("--no-replica", "--snapshot", snapshot(FORWARDING_OFF))
HEALTHY = ("--no-replica", "--snapshot", snapshot())
# what is typed, the exit status with --brief and with --nagios, and the line's first word
STATES: dict[str, tuple[tuple[str, ...], int, int, str]] = {
    "a cause": (("check", "8080", *BROKEN), 1, 2, "CRITICAL"),
    "well": (("check", "8080", "--after", "conntrack-flush", *HEALTHY), 0, 0, "OK"),
    "events": (("events", "8080", "--snapshot", snapshot()), 1, 1, "WARNING"),
    "no such container": (("check", "nobody", *HEALTHY), 2, 3, "UNKNOWN"),
    "no such file": (("events", "--snapshot", "/nonexistent/x"), 2, 3, "UNKNOWN"),
    "no such option": (("check", "--bogus", "8080"), 2, 3, "UNKNOWN"),
    "no such value": (("check", "--size", "x"), 2, 3, "UNKNOWN"),
}


@pytest.mark.parametrize(("typed", "status", "plugin", "state"), STATES.values(), ids=STATES)
def test_brief_keeps_the_exit_status_and_nagios_has_the_plugins(
    typed: tuple[str, ...], status: int, plugin: int, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    brief, nagios = call(capsys, *typed, "--brief"), call(capsys, *typed, "--nagios")
    assert (brief.status, nagios.status) == (status, plugin)
    assert brief.out == nagios.out
    assert brief.out.startswith(f"{state} - ")
    assert brief.out.count("\n") == 1


def test_the_line_is_in_the_readers_language_and_the_state_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "check", "8080", *BROKEN, "--brief", "--lang", "zh").out
    assert told.startswith("CRITICAL - ")
    assert "interface-forwarding-off: eth0 不转发 IPv4" in told


@pytest.mark.parametrize("others", (("--brief", "--json"), ("--prom", "-", "--json"), ("--prom", "-", "--nagios")))
def test_only_one_form_is_printed(others: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", *HEALTHY, *others)
    assert ended.status in (2, 3)
    assert "each print the answer" in ended.err


def test_metrics_stand_in_a_file_beside_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hairpin.prom"
    plain, written = call(capsys, "check", "8080", *BROKEN), call(capsys, "check", "8080", *BROKEN, "--prom", str(file))
    assert (written.status, written.out, written.err) == (plain.status, plain.out, plain.err)
    metrics = parsed(file.read_text("utf-8"))
    assert values(metrics["hairpin_up"], "command", "asked") == {("check", f"8080 --snapshot {BROKEN[2]}"): 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_metrics_alone_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "events"):
        typed = (command, "8080", "--snapshot", snapshot(), "--prom", "-")
        assert values(parsed(call(capsys, *typed).out)["hairpin_up"], "command") == {(command,): 1}


def test_a_reader_never_sees_half_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is another one after each call: who has opened the old one reads it to its end."""
    file = tmp_path / "hairpin.prom"
    call(capsys, "check", "8080", *BROKEN, "--prom", str(file))
    with file.open(encoding="utf-8") as opened:
        begun = opened.read(10)
        before = file.stat().st_ino
        call(capsys, "check", "8080", *HEALTHY, "--prom", str(file))
        assert file.stat().st_ino != before
        assert "interface-forwarding-off" in begun + opened.read()
    assert "interface-forwarding-off" not in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("typed", "status"), ((("check", "nobody", *HEALTHY), 2), (("events", "8080", "--snapshot", "/nonexistent/x"), 2))
)
def test_a_failed_call_takes_the_old_verdicts_away(
    typed: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hairpin.prom"
    call(capsys, "check", "8080", *HEALTHY, "--prom", str(file))
    assert "hairpin_flow_delivered" in file.read_text("utf-8")
    assert call(capsys, *typed, "--prom", str(file)).status == status
    metrics = parsed(file.read_text("utf-8"))
    assert values(metrics["hairpin_up"]) == {(): 0}
    assert values(metrics["hairpin_exit_status"]) == {(): status}
    assert "hairpin_flow_delivered" not in metrics


def test_a_failed_call_is_the_same_series_as_a_good_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hairpin.prom"
    typed = ("check", "8080", "--from", "lan", "--snapshot", str(tmp_path / "x.hairpin"), "--prom", str(file))
    call(capsys, *typed)
    failed = values(parsed(file.read_text("utf-8"))["hairpin_up"], "command", "asked")
    (tmp_path / "x.hairpin").write_bytes(Path(snapshot()).read_bytes())
    call(capsys, *typed)
    good = values(parsed(file.read_text("utf-8"))["hairpin_up"], "command", "asked")
    assert (set(failed), set(failed.values()), set(good.values())) == (set(good), {0}, {1})


def test_a_bug_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def impossible(*_: object, **__: object) -> None:
        raise RuntimeError("something impossible")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("hairpin.cli.answering.answer_question", impossible)
    file = tmp_path / "hairpin.prom"
    ended = call(capsys, "check", "8080", *HEALTHY, "--nagios", "--prom", str(file))
    assert (ended.status, ended.out) == (3, "UNKNOWN - this is a bug in hairpin: RuntimeError\n")
    assert values(parsed(file.read_text("utf-8"))["hairpin_exit_status"]) == {(): 4}


@pytest.mark.parametrize("where", ("/dev/null", "/nonexistent/folder/x.prom"))
def test_a_file_that_cannot_be_written(where: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8080", *HEALTHY, "--prom", where)
    assert ended.status == 2
    assert f"--prom {where}: " in ended.err
    assert not Path("/dev/null").is_file()


def test_behind_the_end_of_options_nothing_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", *HEALTHY, "--", "--nagios")
    assert (ended.status, ended.out) == (2, "")
