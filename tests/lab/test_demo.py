"""The demo does what it tells, and runs the repair that was printed."""

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hairpin.errors import LabError
from hairpin.lab.demo import demo
from tests.lab.reports import cause, flow, repair, report

# Prints the report in the file as `hairpin check --json` does.
CHECK = 'case "$*" in *--json) cat "$0" ;; *) echo eth0 does not forward ;; esac; exit 1'


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    def write(*commands: str) -> tuple[str, ...]:
        said = report(flow("dropped", "c1"), causes=(cause("c1", "x", repair(*commands)),))
        (tmp_path / "report.json").write_bytes(msgspec.json.encode(said))
        return ("sh", "-c", CHECK, str(tmp_path / "report.json"))

    return write


def test_the_story(command: Callable[[str], tuple[str, ...]]) -> None:
    said: list[str] = []
    sysctl = "sysctl -w net.ipv4.conf.eth0.forwarding=1"
    demo(said.append, command=command(sysctl))
    told = "\n".join(said)
    acts = (
        "hello from the lab",
        "host# sysctl -w net.ipv4.conf.eth0.forwarding=0",
        "no answer",
        "host# hairpin check 8151\n    eth0 does not forward",
        f"host# {sysctl}",
        "hello from the lab",
    )
    place = 0
    for act in acts:
        place = told.index(act, place) + 1


def test_repair_that_does_not_repair_fails_the_demo(command: Callable[[str], tuple[str, ...]]) -> None:
    with pytest.raises(LabError, match="wget"):
        demo(lambda _text: None, command=command("sysctl -w net.ipv4.ip_forward=1"))


def test_answer_without_a_repair_fails_the_demo(tmp_path: Path) -> None:
    (tmp_path / "silent.py").write_text("import sys; sys.exit(1)")
    with pytest.raises(LabError, match="hairpin gave no report"):
        demo(lambda _text: None, command=(sys.executable, str(tmp_path / "silent.py")))
