"""The words that machines take on the command line.  Each machine names those that it knows, and adds its own."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from secrets import randbelow
from typing import Literal


def command(
    module: str,
    about: str,
    *,
    cases: int | None = None,
    seed: int | Literal["fresh"] | None = None,
    number: str = "",
    parallel: int | None = None,
    results: bool = False,
) -> argparse.ArgumentParser:
    """Return the reader of the words of ``python -m MODULE``, with the defaults of those that the machine takes."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    if cases is not None:
        parser.add_argument("--cases", type=least(0), default=cases, metavar="N", help=f"how many cases ({cases})")
    if seed is not None:
        told, drawn = ("a new one", randbelow(1 << 32)) if seed == "fresh" else (f"{seed}", seed)
        parser.add_argument("--seed", type=int, default=drawn, help=f"the same seed draws the same cases ({told})")
    if number:
        parser.add_argument("--number", type=int, default=None, metavar="K", help=number)
    if parallel is not None:
        parser.add_argument(
            "--parallel", type=least(1), default=parallel, metavar="N", help=f"how many at a time ({parallel})"
        )
    if results:
        parser.add_argument("--results", default="", metavar="FILE", help="add each result to this file, a JSON line")
    return parser


def numbers(arguments: argparse.Namespace) -> Sequence[int]:
    """Return the numbers of the cases: so many from the seed on, or the one that is asked for."""
    only = vars(arguments).get("number")
    return range(arguments.seed, arguments.seed + arguments.cases) if only is None else (only,)


def add_words(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """Let the machine take words: of names (``NAME``, positional) or behind ``--NAME``, which may be repeated."""
    if name.startswith("-"):
        parser.add_argument(name, action="extend", nargs="*", default=[], metavar="WORD", help=f"only {what}")
    else:
        parser.add_argument(name, nargs="*", metavar="WORD", help=f"only {what}")


def least(number: int) -> Callable[[str], int]:
    """Return a reader of whole numbers that are not smaller."""

    def read(text: str) -> int:
        if int(text) < number:
            raise argparse.ArgumentTypeError(f"{text} is less than {number}")
        return int(text)

    return read


def has_word(text: str, words: Iterable[str]) -> bool:
    """Return whether the text has one of the words; without words each text is wanted."""
    wanted = tuple(words)
    return not wanted or any(word in text for word in wanted)
