"""What guards have kept, on paper: also the rounds that broke nothing.  tests/cli/test_guard.py has those that did."""

from hairpin.report.paper import Paper
from hairpin.report.text.guarding.guard_history import history_text
from hairpin.report.words import Words
from hairpin.story.guarded import GuardedChange, GuardedRound, Maker


def text(*told: GuardedRound) -> str:
    return history_text(told, Words("en"), Paper(width=100))


def test_a_line_for_each_part_and_maker() -> None:
    changes = (
        GuardedChange("rules", 1.0, "7", Maker(12, "nft", "nft -f x")),
        GuardedChange("rules", 1.1, "8", Maker(12, "nft", "nft -f x")),
        GuardedChange("links", 1.2),
    )
    assert text(GuardedRound(1, 1.0, 2.0, changes, more=3)) == (
        "1970-01-01T00:00:01Z\n  the rules (7, 8), by nft (process 12): nft -f x\n  a link, by whom is not known\n"
        "  and 3 more changes\n"
    )


def test_a_round_without_changes_is_not_written() -> None:
    assert text(GuardedRound(1, 1.0, 2.0)).strip() == ""
    assert "no expectation broke" in text()
