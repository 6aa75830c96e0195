"""The acts of the runner as values (run a command, replace a file), and their results."""

from collections.abc import Generator

import msgspec


class Command(msgspec.Struct, frozen=True, tag="command"):
    """A program with its arguments and what it reads on standard input."""

    argv: tuple[str, ...]
    text: str = ""


class FileState(msgspec.Struct, frozen=True):
    """A file's content, permission bits and owner.  None: not known.  A file that exists then keeps its own; a new file
    is root's and has mode 0644."""

    content: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    """Replaces a file.  ``before``: what the runner has to find there; ``after``: what it leaves.  None: no file."""

    path: str
    before: FileState | None
    after: FileState | None


Act = Command | Replace


class Done(msgspec.Struct, frozen=True):
    """An act's result: the exit status (0: done), standard output, and why the act failed (empty if it was done)."""

    status: int
    printed: str = ""
    complaint: str = ""


Acting = Generator[Act, Done, str]
"""Yields acts, is sent the result of each, and returns the complaint: empty if all were done."""
