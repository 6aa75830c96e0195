"""A question that another process asks the guard, and how its answer is to look."""

from typing import NamedTuple


class Asking(NamedTuple):
    """The command line ``words``, the encoding of the asker's standard output, and the width of its terminal: empty if
    it is none.  ``environment``: the variables that decide how an answer looks."""

    encoding: str
    columns: str
    environment: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
