"""The table of a run, and the page with the first score of each round."""

from collections.abc import Iterable
from pathlib import Path

from tests.world.case import Case
from tests.world.trial import Result

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "world.md"
_COLUMNS = (
    "round", "date", "commit", "cases", "right", "partly", "wrong", "no cause", "all-clear", "false proof", "harmful",
    "repairs", "called sick", "exit 4", "seconds",
)  # fmt: skip
_HEAD = f"""# Troubles of other people's hosts

Each row is the first score of a round of fresh cases (`tests/world/cases`). Somebody chose and built them, and wrote
their truth down, before hairpin was asked. A row stands unchanged. `make world` runs the corpus anew.

- *right*: the first cause is the truth. *partly*: another cause is first, or only a part of the truth is named, or the
  truth lies outside of the host and the answer tells how to see it (from round 2 on).
- *all-clear*: exit 0 without a word about it. *no cause*: it fails, and nothing is named.
- *false proof*: a repair was said to be proven and does not repair. *harmful*: a printed command does harm.
- *repairs*: printed repairs that work, of those carried out. *called sick*: healthy hosts and twins on which a problem
  is named, of all. *exit 4*: the judges disagree. *seconds*: of the slowest answer.

| {" | ".join(_COLUMNS)} |
|{" --- |" * len(_COLUMNS)}
"""


def line_of(case: Case, result: Result) -> str:
    """Return the line of a case."""
    if result.untrue:
        return f"untrue     {case.name}: {'; '.join(result.untrue)}"
    marks = ", ".join(f"`{each.typed}` {each.mark} ({each.first or '-'})" for each in result.marks)
    parts = [f"{result.mark if result.marks else 'true':<10} {case.name}: {marks}"]
    parts += [f"harmful {each}" for one in result.marks for each in one.harmful]
    if result.repair is not None:
        parts.append(
            "repaired" if result.repair.works else f"repair fails: {result.repair.failed or result.repair.wrong}"
        )
    parts += [f"healthy called sick: `{each}`" for each in result.sick]
    return "; ".join(parts)


def row_of(round_: int, date: str, commit: str, results: Iterable[Result]) -> str:
    """Return the round's row of the page."""
    counted = [each for each in results if not each.untrue]
    broken = [each for each in counted if each.marks]
    marks = [each.mark for each in broken]
    repairs = [each.repair for each in broken if each.repair is not None]
    numbers = (
        len(counted),
        marks.count("right"),
        marks.count("partly"),
        marks.count("wrong"),
        marks.count("no cause") + marks.count("raised"),
        marks.count("all-clear"),
        sum(each.is_false_proof for each in broken),
        sum(any(one.harmful for one in each.marks) for each in broken),
        f"{sum(each.works for each in repairs)} of {len(repairs)}",
        f"{sum(bool(each.sick) for each in counted)} of {len(counted)}",
        sum(any(one.disputed for one in each.marks) for each in broken),
        f"{max((each.seconds for each in counted), default=0):.1f}",
    )
    return f"| {round_} | {date} | {commit} | {' | '.join(map(str, numbers))} |"


def write_row(row: str) -> None:
    """Add the row of a round to the page; a round that has one keeps it."""
    page = PAGE.read_text() if PAGE.exists() else _HEAD
    number = row.split("|")[1]
    if not any(line.split("|")[1:2] == [number] for line in page.splitlines()):
        PAGE.write_text(page.rstrip("\n") + f"\n{row}\n")
