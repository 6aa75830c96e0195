"""Holds the pictures of random traces against the traces, and pages of hosts with hostile names against markup.

python -m tests.report.page [--traces N] [--hostile N] [--seed S]: prints each disagreement; exits 1 if there is one.
"""

import sys
from collections import Counter
from random import Random

from hairpin.report.words import Words
from tests.machine.command import command
from tests.report.page.agreement import disagreements
from tests.report.page.hostile import STRUCTURE, hostile_text, page_with
from tests.report.page.reading import PageReader
from tests.report.page.traces import random_traces


def main() -> int:
    """Return the exit status."""
    parser = command("tests.report.page", "Hold pictures of random traces against what they show.", seed=1)
    parser.add_argument("--traces", type=int, default=1000)
    parser.add_argument("--hostile", type=int, default=0)
    arguments = parser.parse_args()
    words, verdicts, wrong, steps = Words(), Counter[str](), 0, 0
    for trace in random_traces(arguments.traces, arguments.seed):
        verdicts[trace.verdict] += 1
        steps += len(trace.usual.request) + len(trace.usual.reply) + len(trace.usual.data)
        for said in disagreements(trace, words):
            wrong += 1
            print(f"{trace.flow}: {said}")
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    print(f"{arguments.traces} traces, seed {arguments.seed} ({told}), {steps} steps: {wrong} disagreements")
    if arguments.hostile:
        wrong += _hostile(arguments.hostile, arguments.seed)
    return 1 if wrong else 0


def _hostile(count: int, seed: int) -> int:
    """Return in how many pages a hostile name is more than text."""
    random, harmless, wrong = Random(seed), PageReader(page_with("")), 0  # noqa: S311
    for _ in range(count):
        text = hostile_text(random)
        found = PageReader(page_with(text))
        if not found.names <= harmless.names or any(
            found.tags.count(each) != harmless.tags.count(each) for each in STRUCTURE
        ):
            wrong += 1
            print(f"{text!r}: other elements than without it")
    print(f"{count} hostile texts, seed {seed}: {wrong} are more than text")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
