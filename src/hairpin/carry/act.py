"""What the runner can do, as values: a command run, a file replaced; and what came of it."""

from collections.abc import Generator

import msgspec

from hairpin.message import Message, message


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

    @property
    def is_complete(self) -> bool:
        """Whether mode and owner are known, so that the file can be made again as it is."""
        return None not in (self.mode, self.uid, self.gid)


NEW_MODE = 0o644


def settled(wanted: FileState, found: FileState | None) -> FileState:
    """Return the state that a file gets, with mode and owner: those that are wanted, else those that it has."""
    own = found if found is not None else FileState("", NEW_MODE, 0, 0)
    return FileState(
        wanted.content,
        wanted.mode if wanted.mode is not None else own.mode,
        wanted.uid if wanted.uid is not None else own.uid,
        wanted.gid if wanted.gid is not None else own.gid,
    )


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    """A file that holds ``before`` (None: is not there) will hold ``after`` (None: will not be there)."""

    path: str
    before: FileState | None
    after: FileState | None


Act = Command | Replace


class Done(msgspec.Struct, frozen=True):
    """What came of an act: the exit status (0: it was done), what was printed, and the complaint, if there was one."""

    status: int
    printed: str = ""
    complaint: Message | None = None


Acting = Generator[Act, Done, Message | None]
"""Yields acts, is sent what came of each, and returns the complaint: None when all was done."""


def ended_with(command: Command, status: int) -> Message:
    """Return what is said of a command that failed and printed no reason."""
    return message("{program} ended with status {status}", program=command.argv[0], status=status)
