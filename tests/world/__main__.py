"""``python -m tests.world [WORD …] [--round N] [--whole] [--truth] [--first] [--texts FOLDER]`` (root).

Without words and round: a tenth of the cases, or all with ``--whole``.
``--truth``: hairpin is not asked; the connections are held against what the files say.
``--first``: the round was never run before; its score goes into ``docs/reference/world.md``."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.whole import is_of_the_tenth
from tests.world.case import Case, cases
from tests.world.report import line_of, row_of, write_row
from tests.world.trial import Result, try_case, try_truth


def main() -> int:
    """Run the cases in turn, print a line for each, and the row of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.world")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--round", type=int, default=None)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--truth", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--texts", type=Path, default=None)
    arguments = parser.parse_args()
    results: list[Result] = []
    chosen = bool(arguments.words) or arguments.round is not None or arguments.whole
    for case in cases(tuple(arguments.words), arguments.round):
        if not chosen and not is_of_the_tenth(case.name):
            continue
        results.append(try_truth(case) if arguments.truth else try_case(case))
        print(line_of(case, results[-1]), flush=True)
        if arguments.texts is not None:
            _write(arguments.texts, case, results[-1])
    if arguments.truth:
        return 1 if any(each.untrue for each in results) else 0
    commit = subprocess.run(
        ("git", "rev-parse", "--short=8", "HEAD"), capture_output=True, text=True, check=False
    ).stdout.strip()
    row = row_of(arguments.round or 0, datetime.now(UTC).date().isoformat(), commit, results)
    print(row)
    if arguments.first and arguments.round is not None:
        write_row(row)
    return 0 if all(each.mark == "right" and not each.sick and not each.untrue for each in results) else 1


def _write(folder: Path, case: Case, result: Result) -> None:
    """Write what was printed, so that it can be read beside the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = "".join(f"$ hairpin {typed}\n{text}\n" for typed, text in result.texts)
    repair = "" if result.repair is None else f"carried out: {result.repair}\n"
    (folder / f"{case.name}.txt").write_text(f"{case.truth}\n\n{line_of(case, result)}\n\n{asked}{repair}")


if __name__ == "__main__":
    sys.exit(main())
