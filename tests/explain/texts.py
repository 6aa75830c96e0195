"""The real texts of tests/fixtures/texts.

``samples.tsv``, ``collected.tsv``: an entry's id, a text, where it is from.  The patterns were made from the samples.
The other texts were collected from memory of public threads after the patterns were frozen, and 97 of these 102 met
their entry then; five patterns were mended for the others.  The rows behind these 102 are a second variant of each
entry that was added later, from another thread or from the program's source.  The last 93 rows are of 101 lines of
clients in public threads, which were collected after the forms of ``errno_forms`` were written: 61 met an entry then.
``harmless.log``: lines that healthy hosts and services log.
"""

from pathlib import Path

from hairpin.explain.line import readable
from hairpin.explain.lookup import TextHit, find_meaning

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "texts"


def samples() -> tuple[tuple[str, str], ...]:
    """Return each sample with the id of its entry."""
    return _texts_of("samples.tsv")


def collected() -> tuple[tuple[str, str], ...]:
    """Return each collected text with the id of its entry."""
    return _texts_of("collected.tsv")


def _texts_of(file: str) -> tuple[tuple[str, str], ...]:
    rows = (line.split("\t") for line in (FOLDER / file).read_text("utf-8").splitlines())
    return tuple((id_, text) for id_, text, _ in rows)


def harmless() -> tuple[str, ...]:
    """Return the harmless lines."""
    return tuple((FOLDER / "harmless.log").read_text("utf-8").splitlines())


def met(text: str) -> TextHit | None:
    """Return the entry that a line means."""
    return find_meaning(readable(text.encode()))
