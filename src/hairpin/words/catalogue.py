"""The entries of texts, made of the rows of ``texts/``.

A row ``text`` is an entry with a meaning for people.  A row ``start`` is the error of a container's start that has
nothing to do with a network, or means something only beside its container; ``explain`` does not use it.  A row
``forms`` has the patterns in which many programs tell any error of a connection: ``{error}`` and ``{english}`` stand
for the error's texts, ``{errno}``, ``{code}`` and ``{kind}`` for its names and its number.  ``lines FORMS ERROR`` in an
entry means these patterns for one error.  ``like ID``: the fields that the entry lacks are those of another entry.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from hairpin.message import sentence
from hairpin.words.errors import errors
from hairpin.words.meaning import Failure, TextEntry, TextMeaning
from hairpin.words.rows import WordRow, rows_of

FILES = (
    "docker", "starts", "refused", "around_engines", "podman", "firewalls", "kernel", "clients", "servers",
)  # fmt: skip
"""The files of ``texts/``.  If two patterns match and say equally much, the entry in the earlier file counts."""
_TEXTS = {
    "program": "program", "subject": "subject", "kept-by": "kept_by", "kind": "kind", "about": "about",
    "printed-by": "printed_by", "outcome": "outcome", "command": "command", "unless": "unless",
}  # fmt: skip
_FLAGS = {"general": "general", "passing": "passing", "other-causes": "other_causes", "met": "met"}
_LISTS = {"causes": "causes", "shown-by": "shown_by", "verdicts": "verdicts"}
_SENTENCES = {"means": "meaning", "shows": "shows"}


@cache
def entries() -> tuple[TextMeaning, ...]:
    """Return all entries that have a meaning for people."""
    return tuple(each for file in FILES for each in entries_of(file) if isinstance(each, TextMeaning))


@cache
def starts() -> tuple[TextEntry, ...]:
    """Return the entries about an engine's or a container's start, which causes look up."""
    return entries_of("starts")


@cache
def entries_of(file: str) -> tuple[TextEntry, ...]:
    """Return the entries of a file of ``texts/``."""
    rows = rows_of(f"texts/{file}.words")
    made: dict[str, dict[str, Any]] = {}
    found: list[TextEntry] = []
    for row in rows:
        if row.kind == "forms":
            continue
        made[row.name] = made.get(row.one("like"), {}) | _fields(row, file)
        of_kind = TextMeaning if row.kind == "text" else TextEntry
        found.append(of_kind(**made[row.name]))
    return tuple(found)


def _fields(row: WordRow, file: str) -> dict[str, Any]:
    """Return the fields of the entry that the row has."""
    found: dict[str, Any] = {"id": row.name}
    if patterns := (*_lines(row, file),):
        found["patterns"] = patterns
    if wider := row.all_of("wider"):
        found["wider"] = wider
    for key, value, _ in row.fields:
        if key in _TEXTS:
            found[_TEXTS[key]] = value
        elif key in _FLAGS:
            found[_FLAGS[key]] = True
        elif key in _LISTS:
            found[_LISTS[key]] = row.listed(key)
        elif key in _SENTENCES:
            found[_SENTENCES[key]] = sentence(value)
    if row.has("of-host"):
        found["failure"] = "of-host"
    elif row.has("failed"):
        repair = sentence(row.one("repair")) if row.has("repair") else None
        found["failure"] = Failure(sentence(row.one("failed")), repair, again=row.has("again"))
    return found


def _lines(row: WordRow, file: str) -> Iterator[str]:
    for key, value, _ in row.fields:
        if key == "line":
            yield value
        elif key == "lines":
            yield from told_forms(file, *value.split(" "))


def told_forms(file: str, name: str, error: str) -> Iterator[str]:
    """Yield the patterns of a row ``forms`` of the file for one error: one for each form, or one for each of the
    error's English texts."""
    errno = errors()[error]
    forms = next(each for each in rows_of(f"texts/{file}.words") if (each.kind, each.name) == ("forms", name))
    for form in forms.all_of("line"):
        line = form.replace("{error}", f"{{{error}}}").replace("{errno}", errno.name)
        line = line.replace("{code}", errno.number).replace("{kind}", errno.kind)
        yield from (line.replace("{english}", words) for words in (errno.words if "{english}" in line else ("",)))
