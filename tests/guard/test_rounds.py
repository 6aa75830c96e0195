"""Rounds of a guard, without a kernel: the host is a recorded one, and a burst is a list."""

from collections.abc import Iterator

from hairpin.errors import CollectError
from hairpin.evidence.reading import Evidence
from hairpin.expect.file import parse_expectations
from hairpin.guard.change import Culprit, SeenChange
from hairpin.guard.round import Round
from hairpin.guard.rounds import rounds
from tests.report.answers import FORWARDING_OFF, evidence

EXPECTED = parse_expectations('[[must]]\nreach = "8080"\nfrom = ["outside", "host"]\n', "expect.toml")
BY_NFT = SeenChange("rules", 1.0, "7", Culprit(12, "nft"))
BY_NOBODY = SeenChange("links", 1.0)


def found(*states: Evidence | None, burst: tuple[SeenChange, ...] = (BY_NFT,)) -> list[Round]:
    """Return the rounds of a host that has these states; None: it cannot be read."""
    left: Iterator[Evidence | None] = iter(states)
    ended = len(states)
    count = 0

    def read() -> tuple[Evidence, ...]:
        nonlocal count
        count += 1
        state = next(left)
        if state is None:
            raise CollectError("no shell")
        return (state,)

    return list(rounds(EXPECTED, read, lambda _: burst, lambda: count == ended))


def test_what_breaks_and_what_holds_again() -> None:
    first, second, third = found(evidence(), evidence(FORWARDING_OFF), evidence())
    assert (first.changes, first.broke, first.mended) == ((), (), ())
    assert [each.expectation.origin for each in second.broke] == ["outside"]
    assert second.culprits == (Culprit(12, "nft"),)
    assert [each.expectation.origin for each in third.mended] == ["outside"]


def test_what_changes_while_the_host_is_read_belongs_to_the_round() -> None:
    """The reading has the later change already, whose maker is told after the burst."""
    states = iter((evidence(), evidence(FORWARDING_OFF), evidence(FORWARDING_OFF)))
    later = iter(((BY_NFT,), ()))
    acted: list[tuple[SeenChange, ...]] = []
    first, second = rounds(
        EXPECTED, lambda: (next(states),), lambda _: (BY_NOBODY,), lambda: len(acted) == 2,
        meanwhile=lambda: next(later), act=lambda _, changes: acted.append(changes),
    )  # fmt: skip
    assert (first.changes, second.changes) == ((), (BY_NOBODY, BY_NFT))
    assert acted == [(), (BY_NOBODY, BY_NFT)]
    assert second.broke
    assert second.culprits == (Culprit(12, "nft"),)


def test_a_host_that_changes_all_the_time_is_told_all_the_same() -> None:
    count = 0

    def read() -> tuple[Evidence, ...]:
        nonlocal count
        count += 1
        return (evidence(),)

    found = list(rounds(EXPECTED, read, lambda _: (BY_NFT,), lambda: count > 1, meanwhile=lambda: (BY_NOBODY,)))
    assert (len(found), count) == (2, 4)
    assert found[1].changes == (BY_NFT, BY_NOBODY, BY_NOBODY)


def test_what_is_broken_already_is_told_once() -> None:
    first, second = found(evidence(FORWARDING_OFF), evidence(FORWARDING_OFF))
    assert [each.expectation.origin for each in first.broke] == ["outside"]
    assert second.broke == ()


def test_a_host_that_cannot_be_read_ends_nothing() -> None:
    _, second, third = found(evidence(), None, evidence(FORWARDING_OFF))
    assert (str(second.failed), second.held) == ("no shell", None)
    assert [each.expectation.origin for each in third.broke] == ["outside"]


def test_nobody_is_guessed() -> None:
    assert found(evidence(), evidence())[1].is_by_unknown is False
    assert found(evidence(), evidence(), burst=(BY_NOBODY,))[1].is_by_unknown
    assert found(evidence(), evidence(), burst=(BY_NFT, BY_NOBODY))[1].is_by_unknown
    known = SeenChange("links", 1.0, "", Culprit(13, "ip"))
    assert found(evidence(), evidence(), burst=(known, BY_NOBODY))[1].is_by_unknown is False
