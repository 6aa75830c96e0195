"""The table of a run, and the page with the first score of each round."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.world.case import Case
from tests.world.trial import Result

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "world.md"


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
    """Add the row of a round below the last one of the page's table; a round that has one keeps it."""
    lines = PAGE.read_text().splitlines()
    rows = [number for number, line in enumerate(lines) if re.match(r"\| \d+ \| \d{4}-", line)]
    if not any(lines[number].split("|")[1] == row.split("|")[1] for number in rows):
        lines.insert(rows[-1] + 1, row)
        PAGE.write_text("\n".join(lines) + "\n")
