"""Reads a file that a person writes: TOML, or JSON with the same names.  Each of its tables may be repeated.

An error names the wrong table and key, and marks its place in the text.
"""

import re
from collections.abc import Mapping

import msgspec

from hairpin.errors import MalformedError, Mark
from hairpin.message import message

Entries = dict[str, list[dict[str, object]]]
"""The entries of each table, in their order."""


def tables_in(
    text: str,
    known: Mapping[str, type[msgspec.Struct]],
    *,
    is_json: bool = False,
    single: frozenset[str] = frozenset(),
    private: frozenset[str] = frozenset(),
) -> Entries:
    """Return the entries of the text's tables.  ``known``: the type of each table's entries.  ``single``: the tables
    that a text has only once.  ``private``: those whose values may be secrets, which no error has; a text has one of
    them once, or repeats it.

    Raises MalformedError if the text is no TOML or JSON, or if a table or key is unknown, missing or has an invalid
    value."""
    import json  # noqa: PLC0415 - few questions come with a file
    import tomllib  # noqa: PLC0415

    try:
        document: object = json.loads(text) if is_json else tomllib.loads(text)
    except ValueError as error:
        said = message("the file is not {form}: {words}", form="JSON" if is_json else "TOML", words=error)
        mark = _mark_of(str(error), text)
        is_told = mark is None or not private or _SECRET.search(mark.line) is None
        raise MalformedError(said, mark=mark if is_told else None) from error
    found: Entries = {}
    for name, entries in _tables(document).items():
        if name not in known:
            said = message("no table {name!r} exists; the tables are {known}", name=name, known=", ".join(known))
            raise MalformedError(said, mark=mark_of_key(name, text))
        is_one = name in single or (name in private and _is_table(entries))
        found[name] = _only_entry(name, entries) if is_one else _entries(name, entries)
        for entry in found[name]:
            _check(name, entry, known[name], text, is_private=name in private)
    return found


_SECRET = re.compile(r"://|webhook|command")
"""What stands in a line that may have a secret, of a text with private tables."""
_PLACE = re.compile(r"line (?P<line>\d+),? column (?P<column>\d+)")


def _mark_of(said: str, text: str) -> Mark | None:
    """Return the position that the error of a TOML or JSON parser names, or None."""
    place = _PLACE.search(said)
    lines = text.split("\n")
    if place is None or int(place["line"]) > len(lines):
        return None
    return Mark(lines[int(place["line"]) - 1], int(place["column"]) - 1)


def mark_of_key(name: str, text: str) -> Mark | None:
    """Return the first position of the name of a table or key in the text, or of a value in quotes."""
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    for line in text.split("\n"):
        found = word.search(line.partition("#")[0])
        if found is not None:
            return Mark(line, found.start(), len(name))
    return None


def _tables(document: object) -> dict[str, object]:
    try:
        return msgspec.convert(document, dict[str, object])
    except msgspec.ValidationError as error:
        raise MalformedError(message("the file has no tables")) from error


def _entries(table: str, entries: object) -> list[dict[str, object]]:
    try:
        return msgspec.convert(entries, list[dict[str, object]])
    except msgspec.ValidationError as error:
        raise MalformedError(message("{name} is a table that may be repeated; write [[{name}]]", name=table)) from error


def _is_table(entry: object) -> bool:
    return isinstance(entry, dict)


def _only_entry(table: str, entry: object) -> list[dict[str, object]]:
    try:
        return [msgspec.convert(entry, dict[str, object])]
    except msgspec.ValidationError as error:
        raise MalformedError(message("{name} is a table that is not repeated; write [{name}]", name=table)) from error


def _check(table: str, entry: dict[str, object], form: type[msgspec.Struct], text: str, *, is_private: bool) -> None:
    """Raise MalformedError if the entry lacks a key that its table needs, or has an unknown key or an invalid value."""
    fields = {each.encode_name: each for each in msgspec.structs.fields(form)}
    for key, value in entry.items():
        if key not in fields:
            said = message(
                "table {table} has no key {key!r}; its keys are {known}", table=table, key=key, known=", ".join(fields)
            )
            raise MalformedError(said, mark=None if is_private else mark_of_key(key, text))
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as error:
            if is_private:
                raise MalformedError(message("table {table}: {key} has a wrong form", table=table, key=key)) from None
            raise MalformedError(
                message("table {table}: {key} cannot be {value!r}", table=table, key=key, value=value),
                mark=mark_of_key(key, text),
            ) from error
    for key, field in fields.items():
        if field.required and key not in entry:
            said = message("table {table} lacks the key {key}", table=table, key=key)
            raise MalformedError(said, mark=mark_of_key(table, text))
