"""What a layout is: the description of the files that one tool puts into its bundle."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle.files import Files
from hairpin.pasted.form import Command, Fragment


class Piece(NamedTuple):
    """A text of a bundle that one command has printed, or a file of the host.

    ``path``: the file in the bundle.  ``line``: the line of that file, from 1, at which the text begins.  ``command``:
    the command line; empty if it is not known, so that the text is read as a pasted one.  ``parts``: what the text
    tells, if that is known without looking: the text is then not looked through.  ``told``: what it was taken for."""

    path: str
    text: str
    command: str = ""
    netns: str = HOST
    line: int = 1
    parts: tuple[Fragment, ...] = ()
    told: str = ""

    @property
    def whole(self) -> Command:
        """The command line, as the forms know it."""
        return Command(-1, self.command, words_of(self.command), "", self.netns)


class Layout(NamedTuple):
    """How a tool arranges its bundle.

    ``keep``: how many bytes of the file at a path are read, as in ``tar.py``.  ``read``: returns the pieces, less exact
    ones before more exact ones that tell the same, or None if the files are not of this tool.  ``host``: returns the
    host's name, or an empty text.  ``root``: returns the folder of the bundle that has all of them."""

    name: str
    keep: Callable[[str], int]
    read: Callable[[Files], list[Piece] | None]
    host: Callable[[Files], str]
    root: Callable[[Files], str]


def words_of(command: str) -> tuple[str, ...]:
    """Return the words of a command line; the program without its folder."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return (words[0].rpartition("/")[2], *words[1:]) if words else ()


def text_of(data: bytes) -> str:
    """Return the bytes of a file as text.  Windows' programs save text as UTF-16, with a byte order mark.  Bytes that
    are no text cannot be part of anything that a form reads."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


def roots(files: Iterable[str], mark: re.Pattern[str]) -> tuple[str, ...]:
    """Return the folders above the paths that the pattern matches, each with a slash at its end, or empty: what the
    group ``root`` matches."""
    found = (match["root"] for match in map(mark.match, files) if match is not None)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.count("/"), each)))


def below(files: Files, root: str) -> Iterator[tuple[str, str]]:
    """Yield each path below the folder, and the whole path."""
    for path in files:
        if path.startswith(root):
            yield path.removeprefix(root), path


def first_word(files: Files, paths: Iterable[str]) -> str:
    """Return the first word of the first of these files that has one; empty if none has."""
    for path in paths:
        words = text_of(files.get(path, b"")[:1000]).split()
        if words:
            return words[0]
    return ""


_EXACTNESS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"ifconfig\b", r"route\b", r"netstat\b", r"ip (?:-o )?a", r"ip -d a", r"nft\b",
        r"ip6?tables\b.* (?:-\w*L|--list)\b", r"ip6?tables\b.* (?:-S|--list-rules)\b",
        r"ip6?tables(?:-nft|-legacy)?-save\b",
        r"(?:docker|podman)(?: container)? inspect\b", r"(?:docker|podman) network inspect\b", r"(?:docker|podman)\b",
    )
)  # fmt: skip


def exactness(command: str) -> int:
    """Return the place of a command among those that tell the same: the higher, the later its text has to come.  What
    tells most about a container comes first, because later outputs only add to it."""
    words = " ".join(words_of(command))
    return next((number for number, each in enumerate(_EXACTNESS) if each.match(words)), -1)


def in_order(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces, less exact ones first."""
    return sorted(pieces, key=lambda each: exactness(each.command))
