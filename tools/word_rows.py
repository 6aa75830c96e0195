"""Judges the rows of hairpin/words by the public threads of tests/pasted: which row changes a place of a cause?

    python tools/word_rows.py OUT.json [EVERY [FIRST]]

Each thread is asked once.  Then the likely causes are ranked again without each hint that the text has.  OUT.json has
for each row the number of threads in which a cause has another place without it, and in which the true cause comes
nearer to the first place (``worse``: the row does harm) or goes away from it (``better``).  The chances of
``hairpin.words.fitted`` are left out.  ``EVERY``, ``FIRST``: only each EVERY-th thread from the FIRST, which is counted
from 0.
"""

import contextlib
import io
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from hairpin.answer.answer import Answer
from hairpin.answer.likely import hinted, likely
from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.cli.main import run
from hairpin.message import verbatim
from hairpin.suppose.hints.hint import Hinted, hints_in, prose_of
from hairpin.words.hints import hints

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "pasted" / "threads"
_NOBODY = Candidate(verbatim(""), verbatim(""), Change(()), OfFile(""), "nothing-listens-there")
Keys = tuple[str, ...]


class Text(NamedTuple):
    """What ranks the likely causes of a text: its answer before the ranking, and the hints of rows (by the row's
    number) and of facts."""

    answer: Answer
    of_rows: tuple[tuple[int, Hinted], ...]
    of_facts: tuple[Hinted, ...]


def part(module: ModuleType, name: str) -> Any:
    """Return a private part of a module."""
    return vars(module)[name]


@contextlib.contextmanager
def replaced(module: ModuleType, parts: dict[str, Any]) -> Generator[None]:
    """Give the module other parts for a while."""
    usual = {name: part(module, name) for name in parts}
    vars(module).update(parts)
    try:
        yield
    finally:
        vars(module).update(usual)


def asked(name: str) -> Iterator[Answer]:
    """Yield the answer about a thread, as it is before its likely causes are ranked."""
    truth = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    held: list[Answer] = []
    usual = likely.with_likely

    def keep(answer: Answer) -> Answer:
        held.append(answer)
        return usual(answer)

    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with replaced(likely, {"with_likely": keep}), quiet[0], quiet[1]:
        run(["check", *truth["ask"], "--text", str(FOLDER / f"{name}.txt"), "--json", "--no-replica"])
    yield from held[-1:]


def read(answer: Answer) -> Text:
    """Return what ranks the causes of the answer."""
    told = (host.told for host in answer.network.hosts if host.told is not None)
    failures = tuple(each for one in told for each in one.outcomes if each.failed)
    prose = prose_of(part(hinted, "_lines")(answer))
    fill = dict(part(hinted, "_places")(answer))
    of_rows = tuple(
        (number, found)
        for number, row in enumerate(hints())
        for found in hints_in(prose, (row,), has_failure=bool(failures), fill=fill)
    )

    def nothing(*_: object, **_named: object) -> tuple[Hinted, ...]:
        return ()

    with replaced(hinted, {"_in_words": nothing}):
        of_facts = tuple(part(hinted, "_all")(answer, failures))
    return Text(answer, of_rows, of_facts)


class Ranking:
    """Ranks the likely causes of a text again and again.  All that no row changes is done once."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self._kept: dict[Any, Any] = {}

    def keys(self, without_hint: int = -1) -> Keys:
        """Return the likely causes by their places."""
        text = self.text
        raw = [found for number, found in text.of_rows if number != without_hint] + [*text.of_facts]
        named: dict[tuple[str, str], Hinted] = {}
        for each in sorted(raw, key=lambda one: -one.weight):
            named.setdefault((each.cause, "" if each.cause else each.means.template), each)

        instead: dict[str, Any] = {
            "hints_of": _always(tuple(named.values())),
            "_candidate": _always(_NOBODY),
            **{name: _always(None) for name in _NEXT},
            **{name: self._once(name) for name in _OF_WALKS},
        }
        with replaced(likely, instead):
            answer = likely.with_likely(text.answer)
        return tuple(likely.known_by(each) for each in answer.causes)

    def _once(self, name: str) -> Callable[..., Any]:
        """Return the function with this name, which keeps what it has returned for the same arguments."""
        usual = _OF_WALKS[name]

        def found(*arguments: Any) -> Any:
            # The arguments are kept, so no other object gets their identity.
            key = (name, *(_identity(each) for each in arguments))
            if key not in self._kept:
                made = usual(*arguments)
                self._kept[key] = (tuple(made) if name == "alternatives" else made, arguments)
            return self._kept[key][0]

        return found


def _always(value: Any) -> Callable[..., Any]:
    def found(*_: object) -> Any:
        return value

    return found


def _identity(value: Any) -> Any:
    return tuple(map(id, value)) if isinstance(value, tuple) else id(value)  # pyright: ignore[reportUnknownArgumentType]


_NEXT = ("of_suppositions", "of_alternatives", "of_basics", "both")
_OF_WALKS: dict[str, Callable[..., Any]] = {
    name: part(likely, name)
    for name in ("with_supposed", "resting_behind", "about", "flows_of", "alternatives", "simulate", "walked", "fits")
}


def variants(text: Text) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row that the text has, and how to rank without it."""
    rows = hints()
    for number in dict.fromkeys(number for number, _ in text.of_rows):
        yield f"hint {number} {rows[number].cause or '-'} {rows[number].weight}", {"without_hint": number}


def truth_at(keys: Keys, patterns: list[str]) -> int:
    """Return the place of the true cause, from 0; a large number if it is not listed."""
    return next((at for at, key in enumerate(keys) if any(re.search(one, key, re.IGNORECASE) for one in patterns)), 99)


def main(arguments: list[str]) -> None:
    """Judge the rows and write the result."""
    out, every, first = Path(arguments[0]), *map(int, (*arguments[1:], *("1", "0")[len(arguments) - 1 :]))
    changed: Counter[str] = Counter()
    better: Counter[str] = Counter()
    worse: Counter[str] = Counter()
    has: Counter[str] = Counter()
    texts = 0
    for name in sorted(each.stem for each in FOLDER.glob("*.toml"))[first::every]:
        truth = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        for answer in asked(name):
            text = read(answer)
            ranking = Ranking(text)
            usual = ranking.keys()
            place = truth_at(usual, truth["names"])
            texts += 1
            for row, without in variants(text):
                has[row] += 1
                keys = ranking.keys(**without)
                if keys != usual:
                    changed[row] += 1
                    then = truth_at(keys, truth["names"])
                    better[row] += then > place
                    worse[row] += then < place
    rows = {row: [count, changed[row], better[row], worse[row]] for row, count in sorted(has.items())}
    out.write_text(json.dumps({"rows": rows}, ensure_ascii=False, indent=0), "utf-8")
    print(f"{texts} threads, {len(rows)} rows, {sum(not count[1] for count in rows.values())} change no place")


if __name__ == "__main__":
    main(sys.argv[1:])
