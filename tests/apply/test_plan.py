"""The plan: what hairpin repairs by itself, what it leaves to a choice, and what to a person."""

import msgspec
import pytest

from hairpin.answer.ask import ask
from hairpin.apply.plan import plan_of
from hairpin.change.commands.text import all_shown
from hairpin.collect.snapshot import load
from hairpin.errors import UsageError
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.remedy.remedy import Remedy
from hairpin.walk.verdicts import succeeds
from tests.apply.plans import FAULTY, HEALTHY, both, plan
from tests.engines.hosts import FIXTURES
from tests.report.answers import answer


def test_an_accident_is_repaired_and_kept() -> None:
    found = plan()
    (repair,) = found.repairs
    assert repair.id == "interface-forwarding-off"
    assert all(map(succeeds, found.then))
    now, kept = found.tasks(lasting=False), found.tasks(lasting=True)
    assert all_shown(each.step for each in now) == ("sysctl -w net.ipv4.conf.eth0.forwarding=1",)
    assert [each.lasting for each in kept] == [False, True]
    assert not repair.irreversible


def test_a_healthy_host_has_an_empty_plan() -> None:
    found = plan(of=HEALTHY)
    assert (found.repairs, found.left_out, found.lost_after) == ((), (), ())


def test_two_accidents_are_repaired_each_for_what_the_other_leaves() -> None:
    found = both()
    assert {each.id for each in found.repairs} == {"interface-forwarding-off", "docker-user-drops"}
    assert all(map(succeeds, found.then))


def test_repairs_of_one_container_come_in_an_order_in_which_both_fit() -> None:
    """Each change replaces the container: the one found behind the other was made for what that leaves."""
    recorded = load(FIXTURES / "pairs" / "internal-network-and-paused.hairpin")
    asked = ask(parse_question("check", ("8151",), None, (), World()), (recorded,))
    both = ("container-on-internal-network-only", "container-paused")
    assert [(each.id, each.why) for each in plan(of=asked).left_out] == [(each, "policy") for each in both]
    found = plan(*both, of=asked)
    assert [each.id for each in found.repairs] == ["container-on-internal-network-only", "container-paused"]
    assert all(map(succeeds, found.then))


def test_a_word_that_the_plan_has_not_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(UsageError, match="no such repair; the plan has interface-forwarding-off"):
        plan("forwarding")


def test_what_no_command_makes_cannot_be_chosen() -> None:
    by_hand = Remedy("by-hand", (), advice=(message("do it"),))
    causes = tuple(msgspec.structs.replace(each, remedies=(by_hand,)) for each in FAULTY.causes)
    told = msgspec.structs.replace(FAULTY, causes=causes)
    assert [each.why for each in plan(of=told).left_out] == ["by-person"]
    with pytest.raises(UsageError, match="a person has to make it"):
        plan("interface-forwarding-off", of=told)


def test_what_comes_only_after_an_event_is_planned_where_it_is_asked_for() -> None:
    everything = answer(port=None)
    coming = [each for each in everything.causes if each.severity == "latent"]
    without, with_ = (plan_of(everything, (), with_latent=flag) for flag in (False, True))
    assert not without.repairs
    assert len(with_.repairs) + len(with_.left_out) >= len(coming) > 0
    assert all(each.remedy.steps or with_.needs_lasting for each in with_.repairs)


def test_the_flows_of_the_plan_are_those_of_the_answer() -> None:
    assert len(plan().then) == len(FAULTY.flows)


def test_what_a_person_has_to_repair_first_is_no_step_before() -> None:
    (cause,) = FAULTY.causes
    goes_first = msgspec.structs.replace(cause.candidate, goes_first=True)
    by_hand = (Remedy("by-hand", (), advice=(message("do it"),)),)
    maker = msgspec.structs.replace(cause, ref="c2", id="maker", candidate=goes_first, remedies=by_hand)
    made = msgspec.structs.replace(cause, follows_from=("c2",))
    told = msgspec.structs.replace(FAULTY, causes=(maker, made))
    found = plan(of=told)
    assert not found.repairs
    assert [each.why for each in found.for_person] == ["by-person", "later"]
    with pytest.raises(UsageError, match="a person has to repair maker first"):
        plan("interface-forwarding-off", of=told)
    # A maker that is a thing of the past hinders nothing.
    past = msgspec.structs.replace(maker, candidate=cause.candidate)
    assert plan(of=msgspec.structs.replace(FAULTY, causes=(past, made))).repairs


def test_a_repair_that_helps_only_with_one_that_is_left_out_is_left_out() -> None:
    whole = both().answer
    by_hand = Remedy("by-hand", (), advice=(message("do it"),))
    causes = tuple(
        msgspec.structs.replace(each, remedies=(by_hand,)) if each.id == "docker-user-drops" else each
        for each in whole.causes
    )
    found = plan(of=msgspec.structs.replace(whole, causes=causes))
    assert found.repairs == ()
    assert {each.why for each in found.left_out} == {"by-person", "together"}
    chosen = plan("interface-forwarding-off", of=msgspec.structs.replace(whole, causes=causes))
    (repair,) = chosen.repairs
    assert repair.id == "interface-forwarding-off"
    assert repair.cause is not None
    assert repair.cause.proof is not None
    assert (repair.cause.proof.without_change, repair.cause.proof.with_change) == ("dropped", "dropped")
    whole_proof = both().repairs[0].cause
    assert whole_proof is not None
    assert whole_proof.proof is not None
    assert whole_proof.proof.with_change == "delivered"
