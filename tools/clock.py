"""The clock of ``make unit``, ``make check`` and ``make test``: what a run took, and the page that says it.

``python -m tools.clock TARGET STARTED [--record]``: prints what the target took since the time ``STARTED`` (seconds
since 1970), and with ``--record`` (``RECORD=1``) writes it into the table of ``tests/README.md``.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "tests" / "README.md"
OLDEST = 300
"""So many commits after its measurement a figure is measured again."""
ROW = re.compile(r"^\| `make (\w+)` \| (\d+) s \| (\d+) s \| (\d+) \| ([\d,]+) \|$", re.MULTILINE)


class Figure(NamedTuple):
    """What a run of a target took: wall seconds, on so many processors, after so many commits.

    ``wanted``: the seconds that it may take.  ``commits``: 0 without the history.
    """

    target: str
    wanted: int
    seconds: int
    processors: int
    commits: int

    def row(self) -> str:
        return f"| `make {self.target}` | {self.wanted} s | {self.seconds} s | {self.processors} | {self.commits:,} |"


def commits() -> int:
    """Return how many commits lead to this checkout; 0 if its history is not there, or in part."""
    asked = ("git", "rev-parse", "--is-shallow-repository"), ("git", "rev-list", "--count", "HEAD")
    try:
        shallow, count = (
            subprocess.run(each, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() for each in asked
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(count) if shallow == "false" else 0


def figures(page: str) -> dict[str, Figure]:
    """Return what the page says of each target."""
    rows = (row.groups() for row in ROW.finditer(page))
    return {target: Figure(target, *(int(each.replace(",", "")) for each in rest)) for target, *rest in rows}


def measured(target: str, started: float) -> Figure:
    """Return what the target took until now."""
    wanted = figures(PAGE.read_text("utf-8"))[target].wanted
    return Figure(target, wanted, round(time.time() - started), len(os.sched_getaffinity(0)), commits())


def told(figure: Figure) -> str:
    """Return the line that ends a run."""
    after = f"after {figure.commits:,} commits" if figure.commits else "of an unknown commit"
    return f"make {figure.target}: {figure.seconds} s on {figure.processors} processors, {after}"


def recorded(page: str, figure: Figure) -> str:
    """Return the page with the figure in its row."""
    return ROW.sub(lambda row: figure.row() if row[1] == figure.target else row[0], page)


def record(figure: Figure) -> None:
    """Write the figure into the page."""
    PAGE.write_text(recorded(PAGE.read_text("utf-8"), figure), "utf-8")


def main(arguments: list[str]) -> int:
    """Tell, and record, what the target took."""
    figure = measured(arguments[0], float(arguments[1]))
    print(told(figure))
    if "--record" in arguments:
        record(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
