"""The score holds hairpin against the truth, and is as hard on a false alarm as on a miss."""

import sys
from pathlib import Path

import pytest

from hairpin.lab.diagnosis import Answer, AskedFlow, NamedCause, Report
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.score import judge, names_all, score

LOST = Flow(target="8151", after=Outcome.TIMEOUT)
FINE = Flow(target="8151")
FAULTY = Scenario(
    name="ip-forward-off", title="", flows=(LOST,), causes=(("ip-forward-off", "interface-forwarding-off"),)
)
TWO = Scenario(name="two-faults.x", title="", flows=(LOST,), causes=(("ip-forward-off",), ("docker-user-drops",)))
HEALTHY = Scenario(name="healthy-x", title="", flows=(FINE,))


def answer(status: int, verdict: str, *causes: str) -> Answer:
    named = tuple(NamedCause(f"c{n}", cause, "blocking", "", flows=("f1",)) for n, cause in enumerate(causes))
    return Answer(status, 0.5, Report("hairpin.report/1", (AskedFlow("f1", "a", "b", verdict),), named))


JUDGED: dict[str, tuple[Scenario, Answer, str]] = {
    "right":                        (FAULTY, answer(1, "dropped", "ip-forward-off"), ""),
    "an equally right id":          (FAULTY, answer(1, "dropped", "interface-forwarding-off"), ""),
    "more behind the right one":    (FAULTY, answer(1, "dropped", "ip-forward-off", "docker-user-drops"), ""),
    "right one only second":        (FAULTY, answer(1, "dropped", "docker-user-drops", "ip-forward-off"), "named d"),
    "none named":                   (FAULTY, answer(1, "dropped"), "named nothing"),
    "other verdict":                (FAULTY, answer(1, "refused", "ip-forward-off"), "the connection was timeout"),
    "undecided":                    (FAULTY, answer(3, "depends", "ip-forward-off"), "the connection was timeout"),
    "other exit status":            (FAULTY, answer(0, "dropped", "ip-forward-off"), "exit status 0, should be 1"),
    "both of two":                  (TWO, answer(1, "dropped", "docker-user-drops", "ip-forward-off"), ""),
    "one of two":                   (TWO, answer(1, "dropped", "docker-user-drops"), "named docker-user-drops, the"),
    "healthy":                      (HEALTHY, answer(0, "delivered"), ""),
    "false alarm":                  (HEALTHY, answer(1, "delivered", "ip-forward-off"), "false alarm: ip-forward-off"),
    "delivered, but status 1":      (HEALTHY, answer(1, "delivered"), "exit status 1, should be 0"),
    "no report":                    (HEALTHY, Answer(4, 0.1, None, "Traceback\nOops"), "status 4, no report: Oops"),
}  # fmt: skip


@pytest.mark.parametrize(("scenario", "said", "wrong"), JUDGED.values(), ids=JUDGED)
def test_judge(scenario: Scenario, said: Answer, wrong: str) -> None:
    row = judge(scenario, scenario.flows[0], said)
    assert row.wrong.startswith(wrong) if wrong else row.wrong == ""
    assert row.false_alarm is (scenario is HEALTHY and bool(wrong))


def test_names_all_wants_the_expected_before_any_other() -> None:
    assert names_all((("a",), ("b", "c")), ("c", "a", "z"))
    assert not names_all((("a",), ("b",)), ("a", "z", "b"))
    assert not names_all((("a",),), ())


# Says that eth0 does not forward, whatever it is asked, but for what starts on the host.
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
    """Right where it happens to be, wrong on another fault, a false alarm on a healthy host."""
    (tmp_path / "one_answer.py").write_text(ONE_ANSWER)
    command = (sys.executable, str(tmp_path / "one_answer.py"))
    said: list[str] = []
    right = score(("interface-forwarding-off",), said.append, command=command)
    assert right.perfect
    assert (right.top1_right, right.top1_asked, right.agreeing, right.asked) == (1, 1, 3, 3)
    assert (right.repairs_working, right.repairs_tried) == (1, 1)
    assert "top-1                1/1" in said[-1]
    wrong = score(("docker-user-drops", "healthy-udp"), said.append, command=command)
    assert not wrong.perfect
    assert (wrong.top1_right, wrong.top1_asked, wrong.false_alarms, wrong.healthy_asked) == (0, 1, 2, 2)
    assert (wrong.repairs_working, wrong.repairs_tried) == (0, 1)
    assert any("named interface-forwarding-off, the cause is docker-user-drops" in line for line in said)
    assert 0 < wrong.median_seconds < 60
