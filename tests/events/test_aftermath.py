"""A flow that passes after an event only if a router knows a way back that nobody has needed before is undecided."""

import pytest

from hairpin.events.aftermath import deciding_assumptions, verdict_after
from hairpin.events.course import Rival
from hairpin.message import message
from hairpin.walk.trace import Branch, OpenQuestion, Trace
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walked import walked
from hairpin.wanted import ask_size, state_return_route
from tests.small_host import egress, host_namespace, network

KNOWN = OpenQuestion(
    message("Does the next hop know the way back?"), message("It answers."), message("It is lost."),
    (state_return_route("2001:db8:d0c::/64"),),
)  # fmt: skip
OTHER = OpenQuestion(message("Is it as large?"), message("It is."), message("It is not."), (ask_size(1500),))


def trace(verdict: Verdict, *questions: OpenQuestion) -> Trace:
    """Return the trace of a flow that ends so, with these questions."""
    return Trace(egress(), verdict, (Branch(verdict, (), questions=questions),))


CASES: dict[str, tuple[Trace, Trace, Verdict, int]] = {
    "translated before": (trace("leaves"), trace("leaves", KNOWN), "depends", 1),
    "as before": (trace("leaves", KNOWN), trace("leaves", KNOWN), "leaves", 0),
    "nothing asked": (trace("leaves"), trace("leaves"), "leaves", 0),
    "another question": (trace("leaves"), trace("leaves", OTHER), "leaves", 0),
    "failed before, too": (trace("dropped"), trace("leaves", KNOWN), "leaves", 0),
    "fails after it": (trace("leaves"), trace("dropped", KNOWN), "dropped", 0),
}


@pytest.mark.parametrize(("before", "after", "verdict", "conditions"), CASES.values(), ids=CASES)
def test_a_way_back_that_nobody_has_needed(before: Trace, after: Trace, verdict: Verdict, conditions: int) -> None:
    found, asked = verdict_after(before, after)
    assert (found, len(asked)) == (verdict, conditions)


def test_an_order_of_units_decides_what_passes_in_one_of_them_alone() -> None:
    built, lossy = network(), network(host_namespace("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"))
    order, flow = message("one starts before the other"), egress()
    after = walked(built, flow)
    assert after.succeeds
    assert not walked(lossy, flow).succeeds
    assert deciding_assumptions(built, (Rival(lossy, order), Rival(lossy, order)), flow, after) == (order,)
    assert deciding_assumptions(built, (Rival(built, order),), flow, after) == ()
    assert deciding_assumptions(built, (Rival(built, order),), flow, walked(lossy, flow)) == (order,)
