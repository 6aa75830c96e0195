"""The plan of a heal on recorded hosts: what a guard repairs, and what it leaves to a person."""

import pytest

from hairpin.apply.plan import RepairPlan
from hairpin.cli.guarding.heal_plan import heal_plan, names_of_writers
from hairpin.evidence.reading import Evidence
from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import hold
from hairpin.guard.heal.heal import NotHealed
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence

MUST = '[[must]]\nreach = "8080"\nfrom = ["outside", "host"]\non-break = "heal"\n'
LOST = (
    "[1:60] -A DOCKER -d 172.21.0.2/32 ! -i br-5c658742893b -o br-5c658742893b -p tcp -m tcp --dport 80 -j ACCEPT\n",
    "",
)


def planned(host: Evidence, text: str = MUST) -> tuple[RepairPlan | None, tuple[NotHealed, ...]]:
    expected = parse_expectations(text, "expect.toml")
    held = hold(expected, (host,), depth="flows")
    broken = [each for each in held.each if each.is_broken]
    assert broken
    return heal_plan(held, broken, (host,), expected.heal)


def test_an_accident_is_repaired() -> None:
    plan, left = planned(evidence(FORWARDING_OFF))
    assert plan is not None
    assert [each.id for each in plan.repairs] == ["interface-forwarding-off"]
    assert left == ()
    assert names_of_writers(plan) == {"sysctl"}


@pytest.mark.parametrize("word", ("net.ipv4.conf.eth0.forwarding", "eth0", "interface-forwarding-off", "set-sysctl"))
def test_what_the_file_forbids_is_left(word: str) -> None:
    plan, left = planned(evidence(FORWARDING_OFF), f'[heal]\nnever = ["{word}"]\n{MUST}')
    assert plan is None
    assert [str(each.reason) for each in left] == [f"the file of expectations says that {word} is never changed"]


@pytest.mark.parametrize("word", ("eth", "net.ipv4.conf.eth0", "web", "DOCKER-USER"))
def test_another_word_forbids_nothing(word: str) -> None:
    plan, _ = planned(evidence(FORWARDING_OFF), f'[heal]\nnever = ["{word}"]\n{MUST}')
    assert plan is not None


def test_what_somebody_decided_is_left() -> None:
    plan, left = planned(evidence(USER_DROPS))
    assert plan is None
    assert [each.repairs for each in left] == [("docker-user-drops",)]
    assert "somebody" in str(left[0].reason) or "person" in str(left[0].reason)


def test_nothing_is_closed() -> None:
    plan, left = planned(evidence(), '[[must-not]]\nreach = "8080"\nfrom = "outside"\non-break = "heal"\n')
    assert plan is None
    assert "a guard closes nothing by itself" in str(left[0].reason)


def test_lost_rules_are_put_back() -> None:
    plan, left = planned(evidence(LOST))
    assert plan is not None
    assert [each.id for each in plan.repairs] == ["restore-docker"]
    assert left == ()
    assert "iptables-restor" in names_of_writers(plan)
