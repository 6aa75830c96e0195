"""A pattern that is compiled when a text has the letters that each match needs.

Most patterns match no part of a given text.  To compile a pattern takes several times as long as to find its letters,
and some hundred times as long as to see that a text lacks them.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

_TOKEN = re.compile(
    r"""(?P<letters>[^\\[\](){}|.^$*+?]+)
    |(?P<escaped>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|\d{1,3}|[^xu\d]))
    |(?P<flags>\(\?[aiLmsux]+\))
    |(?P<open>\((?:\?(?:P<\w+>|P=\w+|<?[=!]|[aiLmsux-]*:))?)
    |(?P<close>\))
    |(?P<or>\|)
    |(?P<repeat>(?:[*+?]|\{\d*,?\d*\})[?+]?)
    |(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_MAY_BE_ABSENT = re.compile(r"[*?]|\{0?[,}]")
_AROUND = ("(?=", "(?!", "(?<=", "(?<!", "(?P=")
"""The beginnings of groups that add nothing to a match, or what another group has."""


_OneOf = tuple[str, ...]
"""Letters of which a text has at least one."""
_Demands = tuple[_OneOf, ...]
"""The needs of one alternative of a pattern.  A text meets them if it has one member of each."""


class Sought:
    """A regular expression that is compiled when it is needed.  Its methods are those of ``re.Pattern``."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self.flags = flags

    @cached_property
    def _alternatives(self) -> tuple[_Demands, ...]:
        """The needs of the alternatives; empty if any text may match."""
        found = () if self.flags & re.VERBOSE else _alternatives(_TOKEN.finditer(self.pattern))
        return found if all(found) else ()

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def may_match(self, text: str) -> bool:
        """Return whether the text has the letters of the pattern."""
        if not self._alternatives:
            return True
        folded = _casefold(text)
        # Loops, because any() and all() with generators would take three times as long.
        for demands in self._alternatives:
            for one_of in demands:
                for letters in one_of:
                    if letters in folded:
                        break
                else:
                    break
            else:
                return True
        return False

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first place of the text between ``start`` and ``end`` that the pattern matches."""
        return self._expression.search(text, start, end) if self.may_match(text) else None

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the match at the beginning of the text, or at ``start``."""
        return self._expression.match(text, start) if self._is_worth(text) else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match of the whole text."""
        return self._expression.fullmatch(text) if self._is_worth(text) else None

    def _is_worth(self, text: str) -> bool:
        """Return whether to try the pattern at one place of the text.  A pattern that is compiled is tried at once."""
        return "_expression" in vars(self) or self.may_match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield all places of the text that the pattern matches."""
        return self._expression.finditer(text) if self.may_match(text) else iter(())

    def findall(self, text: str) -> list[Any]:
        """Return the groups of all places of the text that the pattern matches."""
        return self._expression.findall(text) if self.may_match(text) else []

    def split(self, text: str, at_most: int = 0) -> list[Any]:
        """Return the parts of the text between the matches."""
        return self._expression.split(text, at_most) if self.may_match(text) else [text]

    def sub(self, into: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        """Return the text with the first ``count`` matches replaced; 0 for all."""
        return self._expression.sub(into, text, count) if self.may_match(text) else text


class AnyOf:
    """A pattern of many alternatives.  In the first texts each alternative is tried alone, so that only those are
    compiled of which a text has the letters; the whole pattern is compiled for many texts."""

    def __init__(self, whole: Sought, *alternatives: Sought) -> None:
        self._whole = whole
        self._alternatives = alternatives
        self._tried = 0

    def search(self, text: str) -> re.Match[str] | None:
        """Return a place of the text that an alternative matches."""
        self._tried += 1
        if self._tried > _MANY_TEXTS:
            return self._whole.search(text)
        found = (each.search(text) for each in self._alternatives)
        return next((each for each in found if each is not None), None)


_MANY_TEXTS = 400


@lru_cache(maxsize=4)  # a text may have megabytes
def _casefold(text: str) -> str:
    return text.casefold()


def _alternatives(tokens: Iterator[re.Match[str]]) -> tuple[_Demands, ...]:
    """Read the tokens to the end of the group, and return what each alternative needs: its runs of plain letters, and
    its groups that cannot be absent."""
    found: list[_Demands] = []
    runs: list[str] = [""]
    groups: list[_OneOf] = []
    is_behind_group = False
    for token in tokens:
        kind, text = token.lastgroup, token[0]
        letters = text if kind == "letters" else _letter_of(text) if kind == "escaped" else ""
        if letters:
            runs[-1] += letters
        elif kind == "repeat":
            if _MAY_BE_ABSENT.match(text):
                if is_behind_group:
                    groups.pop()
                runs[-1] = runs[-1][:-1]
            runs.append("")  # what follows may be apart from the repeated letter
        else:
            runs.append("")
        is_behind_group = kind == "open"
        if kind == "open":
            within = _one_of(_alternatives(tokens))
            groups.append(() if text.startswith(_AROUND) else within)
        elif kind in ("or", "close"):
            found.append(_demands(runs, groups))
            runs, groups = [""], []
        if kind == "close":
            return tuple(found)
    return (*found, _demands(runs, groups))


def _demands(runs: Iterable[str], groups: Iterable[_OneOf]) -> _Demands:
    letters = dict.fromkeys((each.casefold(),) for each in runs if each)
    return tuple(sorted((*letters, *filter(None, groups)), key=_rarity, reverse=True))


def _rarity(one_of: _OneOf) -> tuple[int, int]:
    """Return the rank of letters: few texts have long letters, and more texts have one of many."""
    return min(map(len, one_of)), -len(one_of)


def _one_of(alternatives: tuple[_Demands, ...]) -> _OneOf:
    """Return the letters of which a match of a group has at least one: the rarest of each alternative."""
    return tuple(letters for each in alternatives for letters in each[0]) if all(alternatives) else ()


def _letter_of(text: str) -> str:
    """Return the letter that an escape stands for; empty if it stands for a class, a bound or a group."""
    if text[1] in "xu":
        return text.encode("ascii").decode("unicode-escape")
    return "" if text[1].isalnum() else text[1]
