"""The lab runs the command line in a host and reads its JSON."""

import sys
from pathlib import Path

import msgspec
import pytest

from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.report.documents.document import CauseDocument
from hairpin.report.documents.effects_document import SideEffectDocument
from hairpin.walk.verdicts import Verdict
from tests.lab.score.reports import cause, flow, repair, report
from tests.score.diagnosis import agrees, ask, blocking_causes, breaks, describes, opens, printed_for, stop_reason

AGREEMENTS: dict[str, tuple[Outcome, str, bool]] = {
    "delivered": (Outcome.DELIVERED, "delivered", True),
    "silence is a drop": (Outcome.TIMEOUT, "dropped", True),
    "silence is a lost reply": (Outcome.TIMEOUT, "unanswered", True),
    "silence is no refusal": (Outcome.TIMEOUT, "refused", False),
    "a reset is a refusal": (Outcome.REFUSED, "refused", True),
    "a reset may be a rule's": (Outcome.REFUSED, "rejected", True),
    "ICMP is a rule's": (Outcome.UNREACHABLE, "rejected", True),
    "ICMP may be a loop's end": (Outcome.UNREACHABLE, "looped", True),
    "ICMP is no drop": (Outcome.UNREACHABLE, "dropped", False),
    "undecided agrees with nothing": (Outcome.DELIVERED, "depends", False),
}


@pytest.mark.parametrize(("outcome", "verdict", "expected"), AGREEMENTS.values(), ids=AGREEMENTS)
def test_agrees(outcome: Outcome, verdict: str, expected: bool) -> None:
    assert agrees(outcome, verdict) is expected


@pytest.mark.parametrize(("reason", "expected"), (("address-lost", True), ("no-neighbour", True), ("rule", False)))
def test_a_router_may_tell_a_client_later_that_nobody_answers(reason: str, expected: bool) -> None:
    assert describes("dropped", reason, Outcome.UNREACHABLE) == expected
    assert describes("dropped", reason, Outcome.TIMEOUT)


def test_a_flow_that_ended_nowhere_has_no_reason() -> None:
    assert (stop_reason(flow(reason="rule")), stop_reason(flow("delivered"))) == ("rule", None)


def test_blocking_causes_of_one_flow_in_the_reports_order() -> None:
    causes = (
        cause("c1", "ip-forward-off"),
        cause("c2", "icc-off", flows=("f2",)),
        cause("c3", "masquerade-missing", flows=()),
        cause("c4", "restart-policy-missing", severity="latent"),
    )
    first, second = flow("dropped", "c1", "c3"), flow("dropped", "c2", ref="f2")
    found = report(first, second, causes=causes)
    assert [each.ref for each in blocking_causes(found, first)] == ["c1", "c3"]
    assert [each.ref for each in blocking_causes(found)] == ["c1", "c2", "c3"]


def named(ref: str, *commands: tuple[str, ...], together: tuple[str, ...] = ()) -> CauseDocument:
    return cause(ref, ref, *(repair(*lines, host="h") for lines in commands), together=together)


REPAIRS: dict[str, tuple[tuple[CauseDocument, ...], tuple[tuple[str, str], ...]]] = {
    "first remedy of the best": ((named("c1", ("a", "b"), ("z",)), named("c2", ("c",))), (("h", "a"), ("h", "b"))),
    "first remedy with a command": ((named("c1", (), ("z",)),), (("h", "z"),)),
    "all of a set": ((named("c1", ("a",), together=("c1", "c2")), named("c2", ("b",))), (("h", "a"), ("h", "b"))),
    "one of a set has none": ((named("c1", ("a",), together=("c1", "c2")), named("c2")), (("h", "a"),)),
    "nothing blocks": ((), ()),
}


@pytest.mark.parametrize(("causes", "commands"), REPAIRS.values(), ids=REPAIRS)
def test_repair(causes: tuple[CauseDocument, ...], commands: tuple[tuple[str, str], ...]) -> None:
    assert printed_for(report(flow(), causes=causes), flow()).commands == commands


def test_what_only_a_person_can_remove_is_named() -> None:
    causes = (named("c1", ("a",), together=("c1", "c2")), named("c2"))
    assert printed_for(report(causes=causes), flow()).by_hand == ("c2",)


EFFECTS: dict[str, tuple[Verdict | None, Verdict | None, bool, bool]] = {
    "opens": ("dropped", "delivered", True, False),
    "breaks": ("leaves", "rejected", False, True),
    "is on no flow": (None, None, False, False),
}


@pytest.mark.parametrize(("before", "after", "opened", "broke"), EFFECTS.values(), ids=EFFECTS)
def test_a_side_effect_opens_or_breaks_a_flow(
    before: Verdict | None, after: Verdict | None, opened: bool, broke: bool
) -> None:
    said = SideEffectDocument("…", "f2", before, after)
    assert (opens(said), breaks(said)) == (opened, broke)


# Prints the report in the file. Its flow starts at the arguments, goes to the machine's name and has an unknown field.
ECHO = """sed 's|"from":"a","to":"b"|"new":1,"from":"'"$*"'","to":"'"$(uname -n)"'"|' "$0"; exit 3"""


def test_it_is_run_inside_the_host(healthy_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(msgspec.json.encode(report(flow("delivered"))))
    answer = ask(healthy_lab.host, ("8151", "--from", "host"), ("sh", "-c", ECHO, str(file)))
    assert answer.status == 3
    assert answer.report is not None
    assert answer.report.flows[0].origin == "8151 --from host --json"
    assert answer.report.flows[0].to == "lab-host"


def test_no_report_is_no_crash(healthy_lab: Lab) -> None:
    answer = ask(healthy_lab.host, (), (sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    assert (answer.status, answer.report, answer.complaint) == (1, None, "no such thing")
