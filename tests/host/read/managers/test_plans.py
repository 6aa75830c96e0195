"""Hairpin's own plans that have not ended."""

import pytest

from hairpin.host.plan_under_way import PlanUnderWay
from hairpin.host.read.managers.plans import plans_under_way

NOW = 1000.0
CASES: dict[str, tuple[str, tuple[PlanUnderWay, ...]]] = {
    "its switch watches": ("own\t3\topen\twatched\t1090", (PlanUnderWay("3", "under-way", 1090.0),)),
    "as the journal tells it": ("own\t3\ttried\twatched\t1090", (PlanUnderWay("3", "tried", 1090.0),)),
    "at its end": ("own\t3\topen\twatched\t1000", (PlanUnderWay("3", "taken-back"),)),
    "its switch was killed": ("own\t3\topen\tdead\t1090", (PlanUnderWay("3", "interrupted"),)),
    "of another machine": (
        "other\t2\topen\twatched\t1010", (PlanUnderWay("2", "under-way", 1010.0, from_elsewhere=True),),
    ),
    "being kept": ("other\t2\tkeeping\twatched\t1010", (PlanUnderWay("2", "kept", from_elsewhere=True),)),
    "being taken back": ("other\t2\tending\twatched\t-", (PlanUnderWay("2", "taken-back", from_elsewhere=True),)),
    "two": (
        "own\t3\topen\twatched\t1090\nother\t1\topen\tdead\t-\n",
        (PlanUnderWay("3", "under-way", 1090.0), PlanUnderWay("1", "interrupted", from_elsewhere=True)),
    ),
    "damaged": ("own\t3\topen\nrubbish\n", ()),
    "none": ("", ()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_plans_under_way(text: str, expected: tuple[PlanUnderWay, ...]) -> None:
    assert plans_under_way(text, NOW) == expected
