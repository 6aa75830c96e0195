"""Reads the files of rows: what programs and people write, and what it means, as data.

    file  := (row | comment | empty line)*
    row   := KIND " " NAME "\\n" field*
    field := "  " KEY [" " VALUE] "\\n" ("    " MORE "\\n")*

A comment begins with ``#``.  A longer value continues in lines with four spaces.  They are joined by one space, but
nothing stands before a ``|``.  A key may stand several times.  The files are read when something asks for their rows,
and each file once.
"""

import pkgutil
from functools import cache
from typing import NamedTuple

SENTENCES = ("means", "shows", "failed", "repair", "said")
"""The keys whose values are sentences for people, which ``tools/messages.py`` collects."""


class RowField(NamedTuple):
    """A key with its value.  ``line``: the number of its line, from 1."""

    key: str
    value: str
    line: int


class WordRow(NamedTuple):
    """A row.  ``line``: the number of its first line, from 1."""

    kind: str
    name: str
    fields: tuple[RowField, ...]
    line: int

    def all_of(self, key: str) -> tuple[str, ...]:
        """Return the values of the key, in their order."""
        return tuple(each.value for each in self.fields if each.key == key)

    def one(self, key: str) -> str:
        """Return the value of the key; empty if the row lacks it."""
        return next((each.value for each in self.fields if each.key == key), "")

    def listed(self, key: str) -> tuple[str, ...]:
        """Return the members of a value that is a list with commas."""
        value = self.one(key)
        return tuple(value.split(", ")) if value else ()

    def has(self, key: str) -> bool:
        """Return whether the row has the key, with or without a value."""
        return any(each.key == key for each in self.fields)


@cache
def rows_of(file: str) -> tuple[WordRow, ...]:
    """Return the rows of a file of this folder, such as ``texts/docker.words``."""
    data = pkgutil.get_data("hairpin.words", file)
    assert data is not None
    return rows_in(data.decode())


def rows_in(text: str) -> tuple[WordRow, ...]:
    """Return the rows of the text; raise ValueError, with its number, for a line that belongs to
    no row."""
    found: list[WordRow] = []
    fields: list[RowField] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("    ") and fields:
            last = fields[-1]
            more = line.strip()
            space = "" if more.startswith("|") else " "
            fields[-1] = RowField(last.key, f"{last.value}{space}{more}", last.line)
        elif line.startswith("  ") and found:
            key, _, value = line.strip().partition(" ")
            fields.append(RowField(key, value, number))
        elif line and not line.startswith("#"):
            kind, _, name = line.partition(" ")
            if line.startswith(" "):
                raise ValueError(number, line)
            if found:
                found[-1] = found[-1]._replace(fields=tuple(fields))
            found.append(WordRow(kind, name, (), number))
            fields = []
    if found:
        found[-1] = found[-1]._replace(fields=tuple(fields))
    return tuple(found)
