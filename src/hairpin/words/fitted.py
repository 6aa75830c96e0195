"""How likely each cause is by the words of a text alone: weights that ``tools/fit_words.py`` fits to public threads.

``fitted.tsv`` has the causes, how often people have each, and a line for each token: a word or a pair of neighbours,
with the weights that it gives to causes.  No weight is against a cause.  An address counts by its kind, and numbers and
hashes are alike.  A text is about one trouble, however long it is, so the sum of the weights is divided by the root of
the number of tokens.
"""

import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from math import exp, sqrt
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}\b)|(?P<hash>\b[0-9a-f]{12,}\b)|(?P<number>\b\d{4,5}\b)"
    r"|[a-z_][a-z_-]+|[\u3400-\u9fff]"
)
_KINDS = (
    ("127.", "<loopback>"), ("0.0.0.0", "<any>"), ("192.168.", "<private>"), ("10.88.", "<pool>"), ("10.", "<private>"),
    *((f"172.{second}.", "<pool>") for second in range(16, 32)),
)  # fmt: skip
"""The beginnings of addresses, each with the kind as which the address counts."""
_MOST_CHARACTERS = 20_000
"""Words count only in this number of characters of a text, because the question is at its beginning."""
_SHORT = 60
"""A text with fewer tokens counts as one with this number: few words decide little."""
SCALE = 5
"""A weight of this size makes a cause e times as likely, before the division."""


class Fitted(NamedTuple):
    """The table.  ``often``: a weight that each text gives, by causes.  ``tokens``: the weights of each token, as the
    line has them."""

    often: dict[str, int]
    tokens: dict[str, str]

    def weights(self, token: str) -> Iterator[tuple[str, int]]:
        """Yield the causes to which the token gives a weight, with the weight."""
        causes = tuple(self.often)
        for each in self.tokens.get(token, "").split():
            number, _, weight = each.partition(":")
            yield causes[int(number)], int(weight)


@cache
def package_table() -> Fitted:
    """Return the table of the package."""
    data = pkgutil.get_data("hairpin.words", "fitted.tsv")
    assert data is not None
    return table_in(data.decode())


def table_in(text: str) -> Fitted:
    """Return the table that a text has: the causes with their weights in the first line."""
    first, *lines = text.splitlines()
    often = (each.partition(":") for each in first.split())
    return Fitted({cause: int(weight) for cause, _, weight in often}, dict(each.split("\t") for each in lines))


def tokens_of(text: str) -> frozenset[str]:
    """Return the tokens of the lines at the beginning of a text."""
    return frozenset(token for line in text[:_MOST_CHARACTERS].splitlines() for token in tokens_in(line))


def tokens_in(line: str) -> frozenset[str]:
    """Return the words of a line and the pairs of neighbours."""
    words = [_word(each) for each in _TOKEN.finditer(line.lower())]
    return frozenset((*words, *(f"{one} {other}" for one, other in pairwise(words))))


def _word(found: re.Match[str]) -> str:
    if found["address"]:
        return next((kind for begins, kind in _KINDS if found[0].startswith(begins)), "<public>")
    return "<hash>" if found["hash"] else "<number>" if found["number"] else found[0]


def chances(tokens: frozenset[str], table: Fitted) -> dict[str, float]:
    """Return how likely each cause of the table is, by the tokens of a text; the likeliest comes first."""
    sums = dict.fromkeys(table.often, 0)
    for token in tokens:
        for cause, weight in table.weights(token):
            sums[cause] += weight
    root = sqrt(max(len(tokens), _SHORT))
    parts = {cause: exp((table.often[cause] + each / root) / SCALE) for cause, each in sums.items()}
    whole = sum(parts.values())
    return {cause: parts[cause] / whole for cause in sorted(parts, key=lambda each: -parts[each])}


def speaking_for(cause: str, lines: Iterable[str], table: Fitted) -> int | None:
    """Return the place of the line that speaks most for the cause; None if no line speaks for it."""
    places = tuple(sum(dict(table.weights(each)).get(cause, 0) for each in tokens_in(line)) for line in lines)
    most = max(places, default=0)
    return places.index(most) if most > 0 else None
