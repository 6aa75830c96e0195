"""The types of a layout.  A layout describes the files that one tool puts into its bundle."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.pasted.bundle.files import Files
from hairpin.pasted.form import Command, Fragment


class Piece(NamedTuple):
    """A text of a bundle: the output of one command, or a file of the host.

    ``path``: the file in the bundle.  ``line``: the line of that file, from 1, at which the text begins.  ``command``:
    the command line; empty if it is not known, and the text is then read like a pasted text.  ``parts``: the text's
    readings, if they are known already; the text is then not searched.  ``told``: the kind of output for which the text
    was taken."""

    path: str
    text: str
    command: str = ""
    netns: str = HOST
    line: int = 1
    parts: tuple[Fragment, ...] = ()
    told: str = ""

    @property
    def whole(self) -> Command:
        """The command line, in the type that the forms use."""
        return Command(-1, self.command, words_of(self.command), "", self.netns)


class Layout(NamedTuple):
    """How a tool arranges its bundle.

    ``keep`` returns how many bytes of the file at a path are read, as in ``tar.py``.  ``read`` returns the pieces, or
    None if the files are not of this tool.  If several pieces have the same facts, the less exact pieces come first.
    ``host`` returns the host's name, or an empty text.  ``root`` returns the folder of the bundle that contains all its
    files."""

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
    are no text are replaced by characters that no form reads."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


def roots(files: Iterable[str], mark: re.Pattern[str]) -> tuple[str, ...]:
    """Return the folders above the paths that the pattern matches: the text of the pattern's group ``root``, which ends
    with a slash or is empty."""
    found = (match["root"] for match in map(mark.match, files) if match is not None)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.count("/"), each)))


def below(files: Files, root: str) -> Iterator[tuple[str, str]]:
    """Yield each path relative to the folder, together with the whole path."""
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
    """Return the rank of a command among the commands that show the same facts.  A text with a higher rank has to come
    later.  For containers it is the reverse: the output with the most facts comes first, because later outputs only add
    facts."""
    words = " ".join(words_of(command))
    return next((number for number, each in enumerate(_EXACTNESS) if each.match(words)), -1)


def in_order(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces, less exact ones first."""
    return sorted(pieces, key=lambda each: exactness(each.command))
