"""``hairpin undo --json`` and its list: the plan with what has become of each of its steps."""

import msgspec

from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.change.step import ReplaceFile
from hairpin.message import message
from hairpin.report.documents.undo_document import UndoDocument, plans_document, undone_document
from hairpin.report.words import Words
from tests.apply.plans import plan
from tests.report.strict import errors

(REPAIR,) = plan().repairs
(SYSCTL,), (FILE,) = REPAIR.remedy.steps, REPAIR.remedy.keeping
TASKS = (
    PlannedStep(REPAIR.id, SYSCTL, state="taken-back"),
    PlannedStep(REPAIR.id, FILE, lasting=True, state="stays", said="somebody has changed it"),
)
PLAN = KeptPlan("3", "web1", "boot", "2026-01-01T00:00:00Z", ("fix", "8151"), "partly", TASKS)


def held(document: UndoDocument) -> UndoDocument:
    assert errors(msgspec.to_builtins(document), "undo-1.json") == []
    return document


def test_a_plan_that_was_taken_back_in_part() -> None:
    found = held(undone_document(PLAN))
    assert found.plan is not None
    assert (found.plan.id, found.plan.host, found.plan.asked, found.plan.state) == (
        "3", "web1", ("fix", "8151"), "partly"
    )  # fmt: skip
    first, second = found.plan.steps
    assert (first.commands, first.file, first.state) == (
        ("sysctl -w net.ipv4.conf.eth0.forwarding=1",), None, "taken-back"
    )  # fmt: skip
    assert isinstance(FILE, ReplaceFile)
    assert (second.commands, second.file, second.lasting) == ((), FILE.path, True)
    assert (second.state, second.said) == ("stays", "somebody has changed it")


def test_nothing_was_in_force() -> None:
    found = held(undone_document(None))
    assert (found.plan, found.plans, found.said) == (None, (), None)


def test_the_list() -> None:
    found = held(plans_document((PLAN,), Words("en")))
    assert found.plan is None
    assert [each.id for each in found.plans] == ["3"]
    assert found.said is None
    copied = held(plans_document((PLAN,), Words("en"), message("{host} cannot be reached", host="web1")))
    assert copied.said == "web1 cannot be reached"
