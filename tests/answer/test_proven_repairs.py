"""The first repairs of a set are proven together; what does not hold with them is not printed."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.proven_repairs import (
    NOTHING_PRINTED,
    changes_beside,
    first_change,
    with_first_that_holds,
    with_proofs,
)
from hairpin.causes.cause import Finding
from hairpin.change.change import Change, SetSysctl
from hairpin.host.netns import Netns
from hairpin.remedy.remedy import Remedy
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer, examination

BOTH = answer(FORWARDING_OFF, USER_DROPS)
FOUND = examination(FORWARDING_OFF, USER_DROPS)
IDLE = Change((SetSysctl(Netns("host1"), ("net", "ipv4", "ip_default_ttl"), "9"),))
"""A change that helps nobody."""


def pairs() -> Iterator[tuple[CauseAnswer, Finding]]:
    for found in FOUND.causes:
        yield next(each for each in BOTH.causes if each.ref == found.ref), found


(ONE, FOUND_ONE), (OTHER, FOUND_OTHER) = pairs()


def with_repairs(cause: CauseAnswer, *changes: Change) -> CauseAnswer:
    """Return the cause with repairs that make these changes."""
    return msgspec.structs.replace(cause, remedies=tuple(Remedy("set-sysctl", (), change=each) for each in changes))


def own(found: Finding) -> Change:
    return found.candidate.change


def changes(cause: CauseAnswer) -> list[Change]:
    return [each.change for each in cause.remedies]


def test_the_first_change_is_that_of_the_first_repair() -> None:
    assert first_change(with_repairs(ONE, IDLE, own(FOUND_ONE))) == IDLE
    assert first_change(with_repairs(ONE)) == own(FOUND_ONE)
    assert first_change(with_repairs(ONE, Change(()))) == own(FOUND_ONE)  # told to a person


def test_a_repair_that_does_not_help_does_not_stand_first() -> None:
    told = with_first_that_holds(with_repairs(ONE, IDLE, own(FOUND_ONE)), FOUND_ONE, FOUND, NOTHING_PRINTED)
    assert changes(told) == [own(FOUND_ONE)]
    nothing = with_first_that_holds(with_repairs(ONE, IDLE), FOUND_ONE, FOUND, NOTHING_PRINTED)
    assert changes(nothing) == []


def test_a_repair_that_helps_with_what_is_printed_above_it_stays_first() -> None:
    printed = {FOUND_ONE.ref: own(FOUND_ONE)}
    again = Change((*own(FOUND_OTHER).parts, *IDLE.parts))
    told = with_first_that_holds(with_repairs(OTHER, again, own(FOUND_OTHER)), FOUND_OTHER, FOUND, printed)
    assert changes(told) == [again, own(FOUND_OTHER)]


def test_what_a_person_does_stays() -> None:
    told = with_first_that_holds(with_repairs(ONE, Change(())), FOUND_ONE, FOUND, NOTHING_PRINTED)
    assert changes(told) == [Change(())]


def test_the_proof_is_of_the_first_repairs() -> None:
    """The repair of the other cause is another one than the change that proved it."""
    again = Change((*own(FOUND_OTHER).parts, *IDLE.parts))
    printed = {FOUND_ONE.ref: own(FOUND_ONE), FOUND_OTHER.ref: again}
    told = with_proofs(with_repairs(ONE, own(FOUND_ONE), IDLE), FOUND_ONE, FOUND, printed)
    assert told.proof is not None
    assert (told.proof.with_change, told.proof.without_change) == ("delivered", "dropped")
    assert told.proof.repaired is not None
    assert [(each.change, each.proof) for each in told.remedies] == [(own(FOUND_ONE), "delivered")]


def test_the_changes_that_proved_a_set_need_no_further_proof() -> None:
    printed = {FOUND_ONE.ref: own(FOUND_ONE), FOUND_OTHER.ref: own(FOUND_OTHER)}
    told = with_proofs(with_repairs(ONE, own(FOUND_ONE)), FOUND_ONE, FOUND, printed)
    assert (told.proof, told.remedies[0].proof) == (ONE.proof, None)


def test_beside_a_cause_the_printed_repairs_of_its_set_are_made() -> None:
    assert changes_beside(FOUND_ONE, FOUND, NOTHING_PRINTED) == (own(FOUND_OTHER),)
    assert changes_beside(FOUND_ONE, FOUND, {FOUND_OTHER.ref: IDLE}) == (IDLE,)
    unfit = Change((SetSysctl(Netns("nobody"), ("net", "ipv4", "ip_forward"), "1"),))
    assert changes_beside(FOUND_ONE, FOUND, {FOUND_OTHER.ref: unfit}) == (own(FOUND_OTHER),)
