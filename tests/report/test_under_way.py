"""What is said of a plan that has not ended."""

from hairpin.host.plan_under_way import PlanUnderWay
from hairpin.message import message
from hairpin.report.under_way import plan_line, while_under_way
from hairpin.report.words import Words
from tests.rows import each_row

UNTIL = 1795046951.0
TIED = PlanUnderWay("3", "tried", UNTIL)
CASES: dict[str, tuple[PlanUnderWay, str, tuple[str, ...]]] = {
    "tried": (TIED, "", ("plan 3 of `hairpin fix` is being tried", "at 2026-11-19T00:09:11Z",
                         "`hairpin fix --confirm` keeps it", "`hairpin undo 3` undoes it at once")),
    "half done": (PlanUnderWay("3", "half-done", UNTIL), "", ("is half done", "hairpin undo 3")),
    "at work": (PlanUnderWay("3", "half-done"), "", ("is being carried out at this moment",)),
    "interrupted, and its switch lives": (PlanUnderWay("3", "interrupted", UNTIL), "", (
        "was interrupted. This host undoes the plan at 2026-11-19T00:09:11Z", "`hairpin undo 3` undoes it at once",
    )),
    "interrupted": (PlanUnderWay("3", "interrupted"), "", ("was interrupted", "settle the plan, run `hairpin undo 3`")),
    "on another host": (TIED, "ann@web1", ("`hairpin fix --confirm --host ann@web1` keeps it",
                                           "`hairpin undo --host ann@web1 3` undoes it at once")),
    "begun by another machine": (PlanUnderWay("2", "under-way", UNTIL, from_elsewhere=True), "",
                                 ("another machine has begun plan 2 here", "at 2026-11-19T00:09:11Z")),
    "of another machine, interrupted": (PlanUnderWay("2", "interrupted", from_elsewhere=True), "",
                                        ("another machine has begun plan 2 here", "is interrupted",
                                         "to settle the plan")),
    "being taken back": (PlanUnderWay("3", "taken-back"), "", ("is being taken back at this moment",)),
}  # fmt: skip


@each_row(("plan", "destination", "parts"), CASES.values(), ids=CASES)
def test_told(plan: PlanUnderWay, destination: str, parts: tuple[str, ...]) -> None:
    said = Words("en")(plan_line(plan, destination))
    assert [each for each in parts if each not in said] == []
    assert "\n" not in said


def test_all_is_well_only_while_the_plan_is_there() -> None:
    fine = message("1 port: all flows pass")
    assert while_under_way(fine, ()) is fine
    said = Words("en")(while_under_way(fine, (TIED,)))
    assert said == "1 port: all flows pass while plan 3 is being tried; the plan ends at 2026-11-19T00:09:11Z"
