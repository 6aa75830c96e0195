"""``hairpin fix --json``: the plan, and what came of it."""

import msgspec

from hairpin.apply.outcome import FixOutcome, FlowResult
from hairpin.message import message
from hairpin.report.documents.fix_document import FixDocument, fix_document
from hairpin.report.words import Words
from tests.apply.plans import FAULTY, plan
from tests.report.strict import errors


def document(outcome: FixOutcome | None = None) -> FixDocument:
    made = fix_document(plan(), outcome, Words("en"))
    assert errors(msgspec.to_builtins(made), "fix-1.json") == []
    return made


def test_a_plan_alone() -> None:
    found = document()
    assert (found.applied, found.verified, found.undo) == (False, None, None)
    (repair,) = found.plan
    assert (repair.id, repair.commands) == ("interface-forwarding-off", ("sysctl -w net.ipv4.conf.eth0.forwarding=1",))
    assert repair.persist[0].changes == ("+ net.ipv4.conf.eth0.forwarding = 1",)


def test_what_came_of_it() -> None:
    result = FlowResult(FAULTY.flows[0].trace.flow, "dropped", "delivered", "replicated", expected=True)
    found = document(FixOutcome(("3",), (result,)))
    assert (found.applied, found.undo) == (True, "hairpin undo 3")
    assert found.verified is not None
    assert (found.verified.before, found.verified.after, found.verified.judge) == ("dropped", "delivered", "replicated")
    back = document(FixOutcome(("3",), (result,), complaint=message("it fails")))
    assert (back.applied, back.undo, back.said) == (False, None, "it fails")
