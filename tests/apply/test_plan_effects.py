"""What a whole plan does to the known flows, and which plans are refused for it."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.plan import RepairPlan, plan_of
from hairpin.apply.restoring import restore_plan
from hairpin.evidence.reading import Evidence
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import FORWARDING_OFF, answer, evidence


def asked(found: Evidence, *targets: str, origin: str | None = None) -> Answer:
    return ask(parse_question("check", targets, origin, (), World()), (found,))


def test_a_repair_of_an_accident_brings_back_and_opens_nothing() -> None:
    plan = plan_of(answer(FORWARDING_OFF), (), with_latent=False)
    assert plan.repairs
    assert plan.effects.restores
    assert plan.effects.unasked == ()
    assert plan.effects.count > len(plan.effects.restores)


def flushed(*more: tuple[str, str]) -> Answer:
    """Return the answer about the host whose nat rules were flushed: docker-proxy serves its ports."""
    whole = evidence(*more)
    lost = tuple(
        replace(each, text="\n".join(line for line in each.text.splitlines() if " -A DOCKER ! -i " not in line) + "\n")
        if each.key.startswith("iptables")
        else each
        for each in whole.readings
    )
    return ask(parse_question("check", (), None, (), World()), (replace(whole, readings=lost),), depth="flows")


def test_rules_that_would_lead_into_a_dead_end_come_back_with_what_they_need() -> None:
    """docker-proxy serves the port while its DNAT rule is lost.  The rule leads to FORWARD; eth0 does not forward."""
    found = restore_plan(flushed(FORWARDING_OFF))
    assert [each.id for each in found.plan.repairs][:1] == ["interface-forwarding-off"]
    assert [each.id for each in found.besides] == ["interface-forwarding-off"]
    assert not [each for each in found.plan.effects.closes if not each.again]


def test_rules_that_lead_where_they_should_come_back_alone() -> None:
    found = restore_plan(flushed())
    assert [each.id for each in found.plan.repairs] == ["restore-docker"]
    assert (found.besides, found.plan.choices) == ((), ())


def refused(plan: RepairPlan) -> dict[str, tuple[str, ...]]:
    return {each.id: (each.why, *sorted({effect.kind for effect in each.effects})) for each in plan.left_out}


def test_what_closes_something_that_works_is_left_to_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.apply.plan.examine", _finds_nothing)
    found = restore_plan(flushed(FORWARDING_OFF))
    assert found.plan.repairs == ()
    assert refused(found.plan) == {"restore-docker": ("closes", "closes")}
    chosen = restore_plan(flushed(FORWARDING_OFF), ("restore-docker",))
    assert [each.id for each in chosen.plan.repairs] == ["restore-docker"]
    assert chosen.plan.effects.closes


def _finds_nothing(*_: object) -> object:
    class Nothing(msgspec.Struct):
        causes: tuple[object, ...] = ()

    return Nothing()
