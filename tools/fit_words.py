"""Fits the points of hairpin/words/leans.words to the public threads, and says whether the fit is better than the hand.

    python tools/fit_words.py TEXTS.json

``TEXTS.json``: what tools/word_rows.py has written.  Only causes that are true in at least five threads are fitted; the
points of all others stay.  A cause's score is how often people have it, plus its points; the model is the chance of the
true cause among all causes by their scores.  The sign of a point stays, so what speaks for a cause never lowers it, and
the points are held near those of the hand.  Judged is each round by a fit that has not seen it, against the hand.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from math import exp
from pathlib import Path
from typing import NamedTuple

from hairpin.words.leans import leans

_FEWEST = 5
_SCALE = 3.0
"""A cause that has this number of points more than another is e times as likely."""
_STEPS = 30
_RATE = 0.6
_PULLS = (0.02, 0.1, 0.5)
"""How strongly the points are held near those of the hand, for each fit that is tried."""
_MOST = 14.0
_OFTEN = ""
"""The name of the point that each text has: how often people have the cause."""

Points = dict[str, dict[str, float]]
"""The points of each cause, by features."""


class Text(NamedTuple):
    """A thread's features, its true causes, and its round."""

    features: frozenset[str]
    causes: frozenset[str]
    round: int


def texts_in(path: Path) -> tuple[Text, ...]:
    """Return the threads whose true cause has points."""
    known = {each.cause for each in leans()}
    told = json.loads(path.read_text("utf-8"))["texts"].values()
    found = (Text(frozenset(each["features"]), frozenset(each["causes"]) & known, each["round"]) for each in told)
    return tuple(each for each in found if each.causes)


def by_hand() -> Points:
    """Return the points of the table."""
    return {each.cause: {_OFTEN: each.often, **each.points} for each in leans() if each.cause}


def score(points: dict[str, float], features: frozenset[str]) -> float:
    """Return the score of a cause."""
    return points[_OFTEN] + sum(number for name, number in points.items() if name in features)


def chances(points: Points, features: frozenset[str]) -> dict[str, float]:
    """Return the chance of each cause."""
    scores = {cause: score(own, features) for cause, own in points.items()}
    most = max(scores.values())
    parts = {cause: exp((each - most) / _SCALE) for cause, each in scores.items()}
    whole = sum(parts.values())
    return {cause: each / whole for cause, each in parts.items()}


def fitted(texts: Iterable[Text], pull: float) -> Points:
    """Return the points that make the true causes likelier."""
    texts = tuple(texts)
    hand, points = by_hand(), by_hand()
    often = Counter(cause for each in texts for cause in each.causes)
    free = {cause for cause, count in often.items() if count >= _FEWEST}
    for _ in range(_STEPS):
        slope: dict[tuple[str, str], float] = {}
        for text in texts:
            chance = chances(points, text.features)
            right = sum(chance[each] for each in text.causes)
            for cause in free:
                wanted = chance[cause] / right if cause in text.causes else 0.0
                gain = (wanted - chance[cause]) / _SCALE
                for name in points[cause]:
                    if not name or name in text.features:
                        slope[cause, name] = slope.get((cause, name), 0.0) + gain
        for (cause, name), gain in slope.items():
            own = points[cause][name] + _RATE * (gain - pull * (points[cause][name] - hand[cause][name]))
            points[cause][name] = max(0.0, min(_MOST, own)) if hand[cause][name] >= 0 else max(-_MOST, min(0.0, own))
    return {
        cause: {name: round(number) if cause in free else number for name, number in own.items()}
        for cause, own in points.items()
    }


def place(points: Points, text: Text) -> int:
    """Return the place of the true cause, from 0.  A cause that has equally many points stands before it."""
    scores = {cause: score(own, text.features) for cause, own in points.items()}
    best = max(scores[each] for each in text.causes)
    return sum(each >= best for cause, each in scores.items() if cause not in text.causes)


def shares(places: Iterable[int]) -> tuple[float, float]:
    """Return the shares of true causes at the first place, and at the first or second."""
    places = tuple(places)
    return (sum(not each for each in places) / len(places), sum(each < 2 for each in places) / len(places))


def left_out(texts: tuple[Text, ...], pull: float) -> Iterator[int]:
    """Yield the place in each thread, by a fit without the thread's round."""
    for number in sorted({each.round for each in texts}):
        points = fitted((each for each in texts if each.round != number), pull)
        yield from (place(points, each) for each in texts if each.round == number)


def main(arguments: list[str]) -> None:
    """Print the judgement and the fitted points."""
    texts = texts_in(Path(arguments[0]))
    hand = by_hand()
    print(f"{len(texts)} threads, {len({each.round for each in texts})} rounds")
    print("by hand: first {:.1%}, first two {:.1%}".format(*shares(place(hand, each) for each in texts)))
    for pull in _PULLS:
        points = fitted(texts, pull)
        seen = shares(place(points, each) for each in texts)
        unseen = shares(left_out(texts, pull))
        print(
            f"fitted, held by {pull}: first {seen[0]:.1%}, first two {seen[1]:.1%}; "
            f"of rounds that were left out: first {unseen[0]:.1%}, first two {unseen[1]:.1%}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
