"""Fits hairpin/words/fitted.tsv to the public threads of tests/pasted, and judges the fit on rounds it has not seen.

    python tools/fit_words.py          # writes the table
    python tools/fit_words.py ROUND…   # judges each round by a fit without it, and writes nothing

A token (a word, or a pair of neighbours) speaks for a cause if its share among the threads with the cause is greater
than among the other ones: the weight is the logarithm of the ratio.  A cause that few threads have borrows a part of
the others' share, so a token that one thread has by accident weighs little.  A token only speaks for causes: it lowers
none.  The same threads give the same table, and nothing is drawn at random.
"""

import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import log
from pathlib import Path
from typing import NamedTuple

from hairpin.causes.registry import known_cause
from hairpin.pasted.joining import telling_in
from hairpin.pasted.text import evidence_in_files
from hairpin.suppose.hints.hint import prose_of
from hairpin.words.fitted import SCALE, chances, table_in, tokens_of

ROOT = Path(__file__).resolve().parent.parent
THREADS = ROOT / "tests" / "pasted" / "threads"
TABLE = ROOT / "src" / "hairpin" / "words" / "fitted.tsv"

_BORROWED = 2.0
"""The number of threads that a cause borrows from the other causes."""
_TEMPER = 0.6
"""The words of a text say the same thing several times, so their weights are too great by about this."""
_FEWEST = 2
"""A token counts only if this number of threads have it."""
_COMMON = 0.3
"""A token that a greater share of the threads has says nothing."""
_LEAST = 4
"""A smaller weight is left out of the table."""


class Thread(NamedTuple):
    """A thread's tokens, its true causes, the likeliest first, and its round."""

    tokens: frozenset[str]
    causes: tuple[str, ...]
    round: int


def threads() -> tuple[Thread, ...]:
    """Return the threads whose cause is in the catalogue."""
    found: list[Thread] = []
    for each in sorted(THREADS.glob("*.toml")):
        truth = tomllib.loads(each.read_text("utf-8"))
        causes = tuple(one for one in truth.get("causes", ()) if known_cause(one) is not None)
        if causes:
            prose = prose_of(telling_in(evidence_in_files((str(each.with_suffix(".txt")),))))
            found.append(Thread(tokens_of(prose.text), causes, truth.get("round", 0)))
    return tuple(found)


def table_of(known: Iterable[Thread]) -> str:
    """Return the table that is fitted to the threads."""
    known = tuple(known)
    having = Counter(token for each in known for token in each.tokens)
    kept = {token for token, count in having.items() if _FEWEST <= count <= _COMMON * len(known)}
    by_cause: dict[str, list[Thread]] = defaultdict(list)
    for each in known:
        by_cause[each.causes[0]].append(each)
    causes = sorted(by_cause)
    weights: dict[str, list[str]] = defaultdict(list)
    for number, cause in enumerate(causes):
        own = by_cause[cause]
        for token, count in Counter(token for each in own for token in each.tokens & kept).items():
            elsewhere = (having[token] - count + 0.5) / (len(known) - len(own) + 1)
            ratio = (count + _BORROWED * elsewhere) / (len(own) + _BORROWED) / elsewhere
            weight = round(SCALE * _TEMPER * log(ratio))
            if weight >= _LEAST:
                weights[token].append(f"{number}:{weight}")
    often = (f"{each}:{round(SCALE / 2 * log(len(by_cause[each]) / len(known)))}" for each in causes)
    return "".join(
        f"{line}\n" for line in (" ".join(often), *(f"{at}\t{' '.join(weights[at])}" for at in sorted(weights)))
    )


def places(known: tuple[Thread, ...], number: int) -> list[int]:
    """Return the place of the true cause in each thread of the round, from 0, by a fit without the round."""
    table = table_in(table_of(each for each in known if each.round != number))
    found: list[int] = []
    for each in known:
        if each.round == number:
            order = list(chances(each.tokens, table))
            found.append(min((order.index(one) for one in each.causes if one in order), default=len(order)))
    return found


def main(rounds: list[str]) -> None:
    """Write the table, or judge the rounds."""
    known = threads()
    if not rounds:
        TABLE.write_text(table_of(known), "utf-8")
    every = [place for each in rounds for place in places(known, int(each))]
    for first in (1, 2, 3, 5) if every else ():
        print(f"of {len(every)} threads, the true cause is among the first {first}: {sum(at < first for at in every)}")


if __name__ == "__main__":
    main(sys.argv[1:])
