"""``python -m tests.world [WORD …] [--round N] [--whole] [--truth] [--first] [--texts FOLDER]`` (root).

Without words and round: a tenth of the cases, or all with ``--whole``.
``--truth``: hairpin is not asked; the connections are held against what the files say.
``--first``: the round was never run before; its score goes into ``docs/reference/world.md``."""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.machine.command import add_words, command
from tests.machine.run import tell
from tests.whole import is_of_the_tenth
from tests.world.case import Case, cases
from tests.world.report import line_of, row_of, write_row
from tests.world.trial import Result, try_case, try_truth


def main() -> int:
    """Run the cases in turn, print a line for each, and the row of all."""
    parser = command("tests.world", "Other people's hosts, rebuilt.")
    add_words(parser, "words", "cases whose names have one of the words")
    parser.add_argument("--round", type=int, default=None)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--truth", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--texts", type=Path, default=None, help="folder for what was printed")
    arguments = parser.parse_args()
    act = try_truth if arguments.truth else try_case
    chosen = bool(arguments.words) or arguments.round is not None or arguments.whole
    asked = (each for each in cases(tuple(arguments.words), arguments.round) if chosen or is_of_the_tenth(each.name))
    found = ((each, act(each)) for each in asked)
    return tell(found, partial(_lines, arguments), lambda each: not each[1].is_right, table=partial(_table, arguments))


def _lines(arguments: argparse.Namespace, found: tuple[Case, Result]) -> Iterator[str]:
    yield line_of(*found)
    if arguments.texts is not None:
        _write(arguments.texts, *found)


def _table(arguments: argparse.Namespace, found: Sequence[tuple[Case, Result]]) -> Iterator[str]:
    if arguments.truth:
        return
    asked = subprocess.run(("git", "rev-parse", "--short=8", "HEAD"), capture_output=True, text=True, check=False)
    results = tuple(result for _, result in found)
    row = row_of(arguments.round or 0, datetime.now(UTC).date().isoformat(), asked.stdout.strip(), results)
    yield row
    if arguments.first and arguments.round is not None:
        write_row(row)


def _write(folder: Path, case: Case, result: Result) -> None:
    """Write what was printed, so that it can be read beside the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = "".join(f"$ hairpin {typed}\n{text}\n" for typed, text in result.texts)
    repair = "" if result.repair is None else f"carried out: {result.repair}\n"
    (folder / f"{case.name}.txt").write_text(f"{case.truth}\n\n{line_of(case, result)}\n\n{asked}{repair}")


if __name__ == "__main__":
    sys.exit(main())
