"""Holds pictures of random traces, and the twelve pages, against what a browser draws of them.

python -m tests.browser [--traces N] [--seed S]: at three widths each; prints each fault; exits 1 if there is one.
"""

import sys
import tempfile
from pathlib import Path

from hairpin.report.page.answer_page import answer_page
from hairpin.report.page.markup import whole_file
from hairpin.report.page.way_figure import way_figure
from hairpin.report.places import NO_HOSTS
from hairpin.report.words import LANGUAGES, Words
from tests.browser.boxes import faults
from tests.browser.pages import WIDTHS, opened, running_browser
from tests.machine.command import command
from tests.report.page.traces import random_traces
from tests.report.page.twelve import TWELVE, answer_named

_OF_ONE_PAGE = 20


def main() -> int:
    """Return the exit status."""
    parser = command("tests.browser", "Hold pictures of random traces against what they show.", seed=1)
    parser.add_argument("--traces", type=int, default=200)
    arguments = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        files = [*_of_traces(Path(folder), arguments.traces, arguments.seed), *_of_answers(Path(folder))]
        for file in files:
            for width in WIDTHS:
                with opened(browser, file, width=width) as shown:
                    for said in (*faults(shown.page), *shown.errors):
                        wrong += 1
                        print(f"{file.name} at {width}: {said}")
        count = len(files) * len(WIDTHS)
    print(f"{arguments.traces} traces, seed {arguments.seed}, and {len(TWELVE)} answers, {count} pages: {wrong} faults")
    return 1 if wrong else 0


def _of_traces(folder: Path, count: int, seed: int) -> list[Path]:
    words, files = Words(), list[Path]()
    traces = list(random_traces(count, seed))
    for first in range(0, count, _OF_ONE_PAGE):
        body = [
            way_figure(trace, None, f"way{number}", words, NO_HOSTS)
            for number, trace in enumerate(traces[first : first + _OF_ONE_PAGE])
        ]
        files.append(folder / f"traces-{first}.html")
        files[-1].write_text(whole_file("traces", "-", body, words), "utf-8")
    return files


def _of_answers(folder: Path) -> list[Path]:
    files = list[Path]()
    for name in TWELVE:
        for language in LANGUAGES:
            files.append(folder / f"{name}.{language}.html")
            files[-1].write_text(answer_page(answer_named(name), Words(language)), "utf-8")
    return files


if __name__ == "__main__":
    sys.exit(main())
