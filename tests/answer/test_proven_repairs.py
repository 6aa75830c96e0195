"""The first repairs of a set are proven together; what does not hold with them is not printed."""

from functools import cache

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.proven_repairs import changes_beside, first_change, with_first_that_holds, with_proofs
from hairpin.causes.cause import Finding
from hairpin.change.change import Change, SetSysctl
from hairpin.diagnose.examination import Examination
from hairpin.host.netns import Netns
from hairpin.remedy.remedy import Remedy
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer, examination

IDLE = Change((SetSysctl(Netns("host1"), ("net", "ipv4", "ip_default_ttl"), "9"),))
"""A change that helps nobody."""


@cache
def both() -> Examination:
    return examination(FORWARDING_OFF, USER_DROPS)


def finding(number: int) -> Finding:
    return both().causes[number]


def cause(number: int) -> CauseAnswer:
    causes = answer(FORWARDING_OFF, USER_DROPS).causes
    return next(each for each in causes if each.ref == finding(number).ref)


def with_repairs(told: CauseAnswer, *changes: Change) -> CauseAnswer:
    """Return the cause with repairs that make these changes."""
    return msgspec.structs.replace(told, remedies=tuple(Remedy("set-sysctl", (), change=each) for each in changes))


def own(found: Finding) -> Change:
    return found.candidate.change


def changes(told: CauseAnswer) -> list[Change]:
    return [each.change for each in told.remedies]


def test_the_first_change_is_that_of_the_first_repair() -> None:
    assert first_change(with_repairs(cause(0), IDLE, own(finding(0)))) == IDLE
    assert first_change(with_repairs(cause(0))) == own(finding(0))
    assert first_change(with_repairs(cause(0), Change(()))) == own(finding(0))  # told to a person


def test_a_repair_that_does_not_help_does_not_stand_first() -> None:
    told = with_first_that_holds(with_repairs(cause(0), IDLE, own(finding(0))), finding(0), both(), {})
    assert changes(told) == [own(finding(0))]
    nothing = with_first_that_holds(with_repairs(cause(0), IDLE), finding(0), both(), {})
    assert changes(nothing) == []


def test_a_repair_that_helps_with_what_is_printed_above_it_stays_first() -> None:
    printed = {finding(0).ref: own(finding(0))}
    again = Change((*own(finding(1)).parts, *IDLE.parts))
    told = with_first_that_holds(with_repairs(cause(1), again, own(finding(1))), finding(1), both(), printed)
    assert changes(told) == [again, own(finding(1))]


def test_what_a_person_does_stays() -> None:
    told = with_first_that_holds(with_repairs(cause(0), Change(())), finding(0), both(), {})
    assert changes(told) == [Change(())]


def test_the_proof_is_of_the_first_repairs() -> None:
    """The repair of the other cause is another one than the change that proved it."""
    again = Change((*own(finding(1)).parts, *IDLE.parts))
    printed = {finding(0).ref: own(finding(0)), finding(1).ref: again}
    told = with_proofs(with_repairs(cause(0), own(finding(0)), IDLE), finding(0), both(), printed)
    assert told.proof is not None
    assert (told.proof.with_change, told.proof.without_change) == ("delivered", "dropped")
    assert told.proof.repaired is not None
    assert [(each.change, each.proof) for each in told.remedies] == [(own(finding(0)), "delivered")]


def test_the_changes_that_proved_a_set_need_no_further_proof() -> None:
    printed = {finding(0).ref: own(finding(0)), finding(1).ref: own(finding(1))}
    told = with_proofs(with_repairs(cause(0), own(finding(0))), finding(0), both(), printed)
    assert (told.proof, told.remedies[0].proof) == (cause(0).proof, None)


def test_beside_a_cause_the_printed_repairs_of_its_set_are_made() -> None:
    assert changes_beside(finding(0), both(), {}) == (own(finding(1)),)
    assert changes_beside(finding(0), both(), {finding(1).ref: IDLE}) == (IDLE,)
    unfit = Change((SetSysctl(Netns("nobody"), ("net", "ipv4", "ip_forward"), "1"),))
    assert changes_beside(finding(0), both(), {finding(1).ref: unfit}) == (own(finding(1)),)
