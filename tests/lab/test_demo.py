"""The demo does what it tells, and runs the repair that was printed."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hairpin.errors import LabError
from hairpin.lab.demo import demo

# Prints a report as `hairpin check --json` does, with REPAIR as its commands.
CHECK = """
import json, sys
if "--json" in sys.argv:
    remedy = {"id": "set-sysctl", "commands": REPAIR}
    cause = {"ref": "c1", "id": "x", "severity": "blocking", "title": "", "remedies": [remedy]}
    flow = {"id": "f1", "from": "", "to": "", "verdict": "dropped", "causes": ["c1"]}
    print(json.dumps({"schema": "hairpin.report/1", "flows": [flow], "causes": [cause]}))
else:
    print("eth0 does not forward")
sys.exit(1)
"""


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    def write(*repair: str) -> tuple[str, ...]:
        (tmp_path / "check.py").write_text(CHECK.replace("REPAIR", repr(list(repair))))
        return (sys.executable, str(tmp_path / "check.py"))

    return write


def test_the_story(command: Callable[[str], tuple[str, ...]]) -> None:
    said: list[str] = []
    repair = "sysctl -w net.ipv4.conf.eth0.forwarding=1"
    demo(said.append, command=command(repair))
    told = "\n".join(said)
    acts = (
        "hello from the lab",
        "host# sysctl -w net.ipv4.conf.eth0.forwarding=0",
        "no answer",
        "host# hairpin check 8151\n    eth0 does not forward",
        f"host# {repair}",
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
