"""Which command a report offers."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.apply.offer import offer_of
from hairpin.apply.plan import RepairPlan, Unplanned
from hairpin.message import message
from hairpin.remedy.remedy import Remedy
from tests.apply.plans import FAULTY, both


def test_the_command_is_offered_if_its_plan_repairs_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of several repairs may leave out what each alone would do: the report asks the plan itself."""
    assert offer_of(FAULTY) == offer_of(both().answer) == "repairs"
    refused = Unplanned("a", message("a"), "", Remedy("none", ()), "together")

    def left_out(answer: Answer, _chosen: tuple[str, ...], *, with_latent: bool) -> RepairPlan:  # noqa: ARG001
        return RepairPlan(answer, (), (refused,))

    monkeypatch.setattr("hairpin.apply.offer.plan_of", left_out)
    vars(both().answer).clear()  # the plan is kept on the answer
    assert offer_of(both().answer) == "choices"
    assert offer_of(FAULTY) == "repairs"
    vars(both().answer).clear()


def test_nothing_is_offered_if_the_repair_needs_one_by_hand() -> None:
    whole = both().answer
    by_hand = Remedy("by-hand", (), advice=(message("do it"),))
    causes = tuple(
        msgspec.structs.replace(each, remedies=(by_hand,)) if each.id == "docker-user-drops" else each
        for each in whole.causes
    )
    assert not offer_of(msgspec.structs.replace(whole, causes=causes))
