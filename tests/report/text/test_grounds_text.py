"""One line says what a user without root could not read, and names the command that reads it."""

from pathlib import Path

import pytest

from tests.cli.commands import call

RECORDED = Path(__file__).parents[2] / "fixtures" / "without_root"
INSIDE = "the rules, and the inside of containers"

LINES: dict[str, tuple[str, str, str]] = {
    "undecided": (
        "group", "healthy-plain",
        f"Undecided without root: {INSIDE}. To read everything: sudo hairpin snapshot",
    ),
    "decided": (
        "group", "published-on-other-address",
        f"Not read without root, and assumed to be as usual: {INSIDE}. To read everything: sudo hairpin snapshot",
    ),
    "a user with nothing": (
        "nobody", "healthy-plain",
        "Undecided without root: which containers run, and the rules. To read everything: sudo hairpin snapshot",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("user", "name", "line"), LINES.values(), ids=LINES)
def test_one_line_about_root(user: str, name: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = str(RECORDED / user / f"{name}.hairpin")
    ended = call(capsys, "check", "198.51.100.11:8151", "--from", "192.0.2.10", "--snapshot", recorded)
    lines = ended.out.splitlines()
    assert [each for each in lines if "root" in each or "sudo" in each] == [line]
    assert "ermission denied" not in ended.out
    assert ended.status == (1 if name.startswith("published") else 3)


def test_verbose_lists_the_readings(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = str(RECORDED / "group" / "healthy-plain.hairpin")
    ended = call(capsys, "check", "8151", "--from", "192.0.2.10", "-v", "--snapshot", recorded)
    assert "iptables-nft-save -c in host" in " ".join(ended.out.split())
