"""The score counts right and wrong answers, of scenarios with one host and with several."""

import sys
from pathlib import Path

from hairpin.lab.score import score

# A hairpin that says "eth0 does not forward" about every flow that does not start on the host.
ONE_ANSWER = """
import json, sys
lost = "host" not in sys.argv
flow = {"id": "f1", "from": "", "to": "", "verdict": "dropped" if lost else "delivered", "causes": []}
cause = {"ref": "c1", "id": "interface-forwarding-off", "severity": "blocking", "title": "", "flows": ["f1"]}
cause["remedies"] = [{"id": "set-sysctl", "commands": ["sysctl -w net.ipv4.conf.eth0.forwarding=1"]}]
print(json.dumps({"schema": "hairpin.report/1", "flows": [flow], "causes": [cause] if lost else []}))
sys.exit(int(lost))
"""


def test_score_of_something_that_always_says_the_same(tmp_path: Path) -> None:
    """It is right on one fault, wrong on another, and a false alarm on a healthy host."""
    (tmp_path / "one_answer.py").write_text(ONE_ANSWER)
    command = (sys.executable, str(tmp_path / "one_answer.py"))
    said: list[str] = []
    right = score(("interface-forwarding-off",), said.append, command=command)
    assert right.perfect
    assert (right.top1_right, right.top1_asked, right.agreeing, right.asked) == (1, 1, 3, 3)
    assert (right.repairs_working, right.repairs_tried) == (1, 1)
    assert "top-1                1/1" in said[-1]
    wrong = score(("docker-user-drops", "healthy-udp"), said.append, parallel=1, command=command)
    assert not wrong.perfect
    assert (wrong.top1_right, wrong.top1_asked, wrong.false_alarms, wrong.healthy_asked) == (0, 1, 2, 2)
    assert (wrong.repairs_working, wrong.repairs_tried) == (0, 1)
    assert any("named interface-forwarding-off, the cause is docker-user-drops" in line for line in said)
    assert 0 < wrong.median_seconds < 60
