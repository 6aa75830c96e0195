"""Drops outputs of recorded hosts at random: what a part of a host proves, the whole host proves, too.

``python -m tests.agreement.dropped [--cases N]`` draws N pairs of a host and a question, and drops each output of the
host with an even chance.  The law: a cause that the part proves is a cause of the whole, or the whole stops the flow
before it.  A flow that the part stops never passes on the whole.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.agreement.law import Row, compared
from tests.agreement.reworded import PROMPT, text_of
from tests.machine.command import command
from tests.machine.run import beside, tell

FOLDER = Path(__file__).parents[1] / "fixtures" / "hosts"
NAMES: tuple[str, ...] = tuple(sorted(json.loads((FOLDER / "expected.json").read_text("utf-8"))))
QUESTIONS = (
    ("192.0.2.10", "198.51.100.11:8151"), ("host", "127.0.0.1:8151"), ("container:web", "192.0.2.10:9000"),
    ("192.0.2.10", "198.51.100.11:7000"),
)  # fmt: skip
_KEPT = 0.5
_SAID = {"same": "decided", "depends": "open", "wrong": "wrong"}


@cache
def _text(name: str) -> str:
    return text_of(load(FOLDER / f"{name}.hairpin"))


@cache
def _truth(name: str, start: str, target: str) -> Answer:
    return ask(parse_question("check", (target,), start, (), World()), (load(FOLDER / f"{name}.hairpin"),))


def row_of(number: int, seed: int) -> Row:
    """Return the row of a drawn part: ``same`` if it proves a cause, ``depends`` if it proves none."""
    drawn = random.Random(f"{seed} {number}")  # noqa: S311
    name, (start, target) = drawn.choice(NAMES), drawn.choice(QUESTIONS)
    outputs = _text(name).split(f"\n{PROMPT}")
    kept = f"\n{PROMPT}".join(each for each in outputs if drawn.random() < _KEPT)
    question = parse_question("check", (target,), start, (), World())
    rows = tuple(compared(question, _truth(name, start, target), kept))
    wrong = next((each.wrong for each in rows if each.wrong), "")
    proves = any(each.word == "same" for each in rows)
    return Row(name, str(number), f"{start} -> {target}", "wrong" if wrong else "same" if proves else "depends", wrong)


def main() -> int:
    """Hold the law; return 1 if it is broken once."""
    parser = command("tests.agreement.dropped", "Compare what parts of hosts prove with the whole hosts.", seed=1)
    parser.add_argument("--cases", type=int, default=200, metavar="N", help="how many parts (200)")
    given = parser.parse_args()
    found = beside(partial(row_of, seed=given.seed), tuple(range(given.cases)), 1)
    return tell(found, broken_lines, is_broken, table=summary, seed=given.seed)


def broken_lines(row: Row) -> Iterator[str]:
    """Yield a line if the law is broken."""
    if row.wrong:
        yield f"{row.host} | {row.text} | {row.flow} | {row.wrong}"


def is_broken(row: Row) -> bool:
    """Return whether the law is broken."""
    return bool(row.wrong)


def summary(found: Sequence[Row]) -> Iterator[str]:
    """Yield how many parts prove a cause or a verdict."""
    words = [each.word for each in found]
    sums = ", ".join(f"{words.count(word)} {said}" for word, said in _SAID.items())
    yield f"{len(found)} parts: {sums}"


if __name__ == "__main__":
    sys.exit(main())
