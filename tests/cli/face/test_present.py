"""``--html FILE``: each command's answer as a page."""

from pathlib import Path

import pytest

from tests.cli.commands import call

HOSTS = Path(__file__).parents[2] / "fixtures" / "hosts"
BROKEN = str(HOSTS / "eth0-forwarding.hairpin")
ONE_PORT = ("8151", "--from", "lan", "--snapshot", BROKEN)
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", *ONE_PORT, "--no-replica"),
    "walk": ("walk", *ONE_PORT),
    "events": ("events", *ONE_PORT),
    "fix": ("fix", *ONE_PORT),
    "diff": ("diff", BROKEN, str(HOSTS / "none.hairpin"), "--no-replica"),
    "story": ("story", "--snapshot", BROKEN),
    "explain": ("explain", "iptables: No chain/target/match by that name.", "--snapshot", BROKEN),
    "explain-cause": ("explain", "ip-forward-off"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_answer_is_written_as_a_page_beside_what_is_printed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.html"
    plain, paged = call(capsys, *COMMANDS[name]), call(capsys, *COMMANDS[name], "--html", str(file))
    assert (paged.status, paged.out) == (plain.status, plain.out)
    text = file.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>\n<html")
    assert text.endswith("</html>\n")
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_page_of_an_empty_plan_says_what_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A repair with its button stands below only where the page says that the plan does not have it."""
    file = tmp_path / "fix.html"
    healthy = str(HOSTS.parent / "healthy" / "two-networks.hairpin")
    call(capsys, "fix", "--snapshot", healthy, "--html", str(file))
    text = file.read_text("utf-8")
    assert "nothing to do now" in text
    said = "The plan does not repair causes that do harm only after an event; --latent adds their repairs."
    assert text.index(said) < text.index('<button class="copy"' if '<button class="copy"' in text else "<button")
    call(capsys, "fix", "8151", "--from", "lan", "--snapshot", BROKEN, "--html", str(file))
    assert said not in file.read_text("utf-8")


def test_a_page_may_go_to_standard_output_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "explain", "ip-forward-off", "--html", "-").out.startswith("<!DOCTYPE html>")


def test_a_file_that_cannot_be_written_is_named_after_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    found = call(capsys, "explain", "ip-forward-off", "--html", "/nowhere/answer.html")
    assert found.status == 2
    assert "ip-forward-off" in found.out
    assert "--html /nowhere/answer.html: cannot be written: No such file or directory" in found.err


def test_a_page_is_in_the_language_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.html"
    call(capsys, *COMMANDS["check"], "--lang", "zh", "--html", str(file))
    assert '<html lang="zh-Hans">' in file.read_text("utf-8")
