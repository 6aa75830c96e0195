"""``python -m tests.fidelity.mistakes.judging COPY``: judges kept answers by the walk of the package at COPY.

Each line on standard input is the path of an answer that ``planted.write`` has kept; each line on standard output says
how many packets were compared, and ``agrees`` or ``differs``.
"""

import pickle
import sys
from pathlib import Path

import hairpin
from tests.fidelity.judge.compare import compare
from tests.fidelity.testbed.ask import Answer
from tests.fidelity.testbed.netns import SetupError


def main(copy: str) -> None:
    """Judge until standard input ends."""
    assert hairpin.__file__ is not None
    if Path(hairpin.__file__).parent != Path(copy):
        sys.exit(f"{hairpin.__file__} was imported, not {copy}")
    for line in sys.stdin:
        answer: object = pickle.loads(Path(line.strip()).read_bytes())  # noqa: S301 - this machine's own
        assert isinstance(answer, Answer)
        sys.stdout.write(f"{_judged(answer)}\n")
        sys.stdout.flush()


def _judged(answer: Answer) -> str:
    try:
        judgement = compare(answer)
    except SetupError:  # its packets can go too many ways
        return "0 agrees"
    return f"{judgement.packets} {'differs' if judgement.disagreements else 'agrees'}"


if __name__ == "__main__":
    main(*sys.argv[1:])
