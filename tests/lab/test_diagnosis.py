"""The lab runs the command line in a host and reads its JSON."""

import sys
from pathlib import Path

import pytest

from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import (
    AskedFlow,
    NamedCause,
    Proof,
    Repair,
    Report,
    SideEffect,
    StoppedAt,
    agrees,
    ask,
    describes,
)
from hairpin.lab.probe import Outcome

AGREEMENTS: dict[str, tuple[Outcome, str, bool]] = {
    "delivered":                     (Outcome.DELIVERED, "delivered", True),
    "silence is a drop":             (Outcome.TIMEOUT, "dropped", True),
    "silence is a lost reply":       (Outcome.TIMEOUT, "unanswered", True),
    "silence is no refusal":         (Outcome.TIMEOUT, "refused", False),
    "a reset is a refusal":          (Outcome.REFUSED, "refused", True),
    "a reset may be a rule's":       (Outcome.REFUSED, "rejected", True),
    "ICMP is a rule's":              (Outcome.UNREACHABLE, "rejected", True),
    "ICMP may be a loop's end":      (Outcome.UNREACHABLE, "looped", True),
    "ICMP is no drop":               (Outcome.UNREACHABLE, "dropped", False),
    "undecided agrees with nothing": (Outcome.DELIVERED, "depends", False),
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "verdict", "expected"), AGREEMENTS.values(), ids=AGREEMENTS)
def test_agrees(outcome: Outcome, verdict: str, expected: bool) -> None:
    assert agrees(outcome, verdict) is expected


@pytest.mark.parametrize(("reason", "expected"), (("address-lost", True), ("no-neighbour", True), ("rule", False)))
def test_a_router_may_tell_a_client_later_that_nobody_answers(reason: str, expected: bool) -> None:
    dropped = AskedFlow("f1", "a", "b", "dropped", stopped_at=StoppedAt(reason))
    assert describes(dropped, Outcome.UNREACHABLE) == expected
    assert describes(dropped, Outcome.TIMEOUT)


def test_blocking_causes_of_one_flow_in_the_reports_order() -> None:
    causes = (
        NamedCause("c1", "ip-forward-off", "blocking", "", flows=("f1",)),
        NamedCause("c2", "icc-off", "blocking", "", flows=("f2",)),
        NamedCause("c3", "masquerade-missing", "blocking", ""),
        NamedCause("c4", "restart-policy-missing", "latent", "", flows=("f1",)),
    )
    flows = (AskedFlow("f1", "a", "b", "dropped", ("c1", "c3")), AskedFlow("f2", "a", "c", "dropped", ("c2",)))
    report = Report("hairpin.report/1", flows, causes)
    assert [cause.ref for cause in report.blocking(flows[0])] == ["c1", "c3"]
    assert [cause.ref for cause in report.blocking()] == ["c1", "c2", "c3"]


def named(ref: str, *commands: tuple[str, ...], together: tuple[str, ...] = ()) -> NamedCause:
    remedies = tuple(Repair(f"{ref}-{n}", lines, "h") for n, lines in enumerate(commands))
    return NamedCause(ref, ref, "blocking", "", "", ("f1",), Proof("dropped", "delivered", together), remedies)


REPAIRS: dict[str, tuple[tuple[NamedCause, ...], tuple[tuple[str, str], ...]]] = {
    "first remedy of the best":    ((named("c1", ("a", "b"), ("z",)), named("c2", ("c",))), (("h", "a"), ("h", "b"))),
    "first remedy with a command": ((named("c1", (), ("z",)),), (("h", "z"),)),
    "all of a set": (
        (named("c1", ("a",), together=("c1", "c2")), named("c2", ("b",))), (("h", "a"), ("h", "b"))),
    "one of a set has none":       ((named("c1", ("a",), together=("c1", "c2")), named("c2")), (("h", "a"),)),
    "nothing blocks":              ((), ()),
}  # fmt: skip


@pytest.mark.parametrize(("causes", "commands"), REPAIRS.values(), ids=REPAIRS)
def test_repair(causes: tuple[NamedCause, ...], commands: tuple[tuple[str, str], ...]) -> None:
    flow = AskedFlow("f1", "a", "b", "dropped")
    assert Report("hairpin.report/1", (flow,), causes).printed(flow).commands == commands


def test_what_only_a_person_can_remove_is_named() -> None:
    causes = (named("c1", ("a",), together=("c1", "c2")), named("c2"))
    assert Report("hairpin.report/1", (), causes).printed(AskedFlow("f1", "a", "b", "dropped")).by_hand == ("c2",)


EFFECTS = {"opens": ("dropped", "delivered"), "breaks": ("leaves", "rejected"), "": (None, None)}


@pytest.mark.parametrize(("word", "verdicts"), EFFECTS.items(), ids=EFFECTS)
def test_a_side_effect_opens_or_breaks_a_flow(word: str, verdicts: tuple[str | None, str | None]) -> None:
    said = SideEffect("…", *verdicts)
    assert [name for name in ("opens", "breaks") if getattr(said, name)] == [word] * bool(word)


ECHO = """
import json, os, sys
flow = {"id": "f1", "from": " ".join(sys.argv[1:]), "to": os.uname().nodename, "verdict": "delivered", "new": 1}
print(json.dumps({"schema": "hairpin.report/1", "flows": [flow], "causes": []}))
sys.exit(3)
"""


def test_it_is_run_inside_the_host(healthy_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(ECHO)
    answer = ask(healthy_lab.host, ("8151", "--from", "host"), (sys.executable, str(tmp_path / "echo.py")))
    assert answer.status == 3
    assert answer.report is not None
    assert answer.report.flows[0].origin == "8151 --from host --json"
    assert answer.report.flows[0].to == "lab-host"


def test_no_report_is_no_crash(healthy_lab: Lab) -> None:
    answer = ask(healthy_lab.host, (), (sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    assert (answer.status, answer.report, answer.complaint) == (1, None, "no such thing")


def test_this_hairpin_is_found_inside(healthy_lab: Lab) -> None:
    """The checkout, its interpreter and its dependencies are visible in a host."""
    answer = ask(healthy_lab.host, (), (sys.executable, "-c", "import hairpin.lab.run"))
    assert answer.status == 0
