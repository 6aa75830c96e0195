"""Holds the pictures of random traces against the traces.

python -m tests.report.page [--traces N] [--seed S]: prints each disagreement; exits 1 if there is one.
"""

import argparse
import sys
from collections import Counter

from hairpin.report.words import Words
from tests.report.page.agreement import disagreements
from tests.report.page.traces import random_traces


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.report.page")
    parser.add_argument("--traces", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
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
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
