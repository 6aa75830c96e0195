"""What the runner can do, as values: a command run, a file replaced; and what came of it."""

from collections.abc import Generator

import msgspec


class Command(msgspec.Struct, frozen=True, tag="command"):
    """A program with its arguments and what it reads on standard input."""

    argv: tuple[str, ...]
    text: str = ""


class FileState(msgspec.Struct, frozen=True):
    """A file's content, permission bits and owner.  None: not read; a file keeps what it has, a new one is root's and
    may be read by everybody."""

    content: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    """A file that holds ``before`` (None: is not there) will hold ``after`` (None: will not be there)."""

    path: str
    before: FileState | None
    after: FileState | None


Act = Command | Replace


class Done(msgspec.Struct, frozen=True):
    """What came of an act: the exit status (0: it was done), what was printed, and what was complained."""

    status: int
    printed: str = ""
    complaint: str = ""


Acting = Generator[Act, Done, str]
"""Yields acts, is sent what came of each, and returns the complaint: empty when all was done."""
