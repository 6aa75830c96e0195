"""Expectations drafted from what is true: the host keeps each of them, and a fault is an edit."""

from hairpin.expect.draft import draft, edits
from hairpin.expect.expectation import Expectations
from hairpin.expect.holding import hold
from tests.report.answers import FORWARDING_OFF, Replacement, evidence


def drafted(*replacements: Replacement) -> Expectations:
    parts = draft((evidence(*replacements),)).parts
    return Expectations(tuple(each for part in parts for each in part.expected))


def test_a_host_keeps_what_it_is_drafted_from() -> None:
    expected = drafted()
    found = hold(expected, (evidence(),))
    assert {(each.expectation.what, each.expectation.origin) for each in found.each} >= {("8080/tcp", "outside")}
    assert {each.state for each in found.each} == {"held"}


def test_what_does_not_work_is_a_remark() -> None:
    keys = {each.key for each in drafted(FORWARDING_OFF).each}
    assert (True, "8080/tcp", "outside") not in keys
    assert (True, "8080/tcp", "host") in keys
    remarks = [str(each) for part in draft((evidence(FORWARDING_OFF),)).parts for each in part.remarks]
    assert any("8080/tcp from outside" in each and "interface-forwarding-off" in each for each in remarks)


def test_the_edits_of_a_host_as_it_was_are_none() -> None:
    expected = drafted()
    assert edits(hold(expected, (evidence(),)), draft((evidence(),))) == ()


def test_a_fault_is_taken_out_and_what_came_is_additions() -> None:
    expected = drafted()
    broken = (evidence(FORWARDING_OFF),)
    found = edits(hold(expected, broken), draft(broken))
    assert (False, (True, "8080/tcp", "outside")) in {(each.adds, each.expectation.key) for each in found}
    some = Expectations(tuple(each for each in expected.each if each.origin != "host"))
    found = edits(hold(some, (evidence(),)), draft((evidence(),)))
    assert {(each.adds, each.expectation.origin) for each in found} == {(True, "host")}
