"""The acts of the runner as values (run a command, replace a file), and their results."""

from collections.abc import Generator

import msgspec

from hairpin.message import Message, message


class Command(msgspec.Struct, frozen=True, tag="command"):
    """A program with its arguments and its standard input."""

    argv: tuple[str, ...]
    text: str = ""


Attributes = tuple[tuple[str, bytes], ...]
"""Extended attributes by name: ACLs, the SELinux context, attributes that users set."""


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file's content, permission bits, owner and extended attributes.  None: not known.  Then an existing file keeps
    its own; a new file is owned by root and has mode 0644 and its folder's default attributes."""

    content: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    attributes: Attributes | None = None

    @property
    def is_complete(self) -> bool:
        """Whether mode and owner are known, so that the file can be made again as it is."""
        return None not in (self.mode, self.uid, self.gid)


NEW_MODE = 0o644


def with_mode_and_owner(wanted: FileState, found: FileState | None) -> FileState:
    """Return the new state of a file: each part as ``wanted``, or as ``found`` if ``wanted`` does not have it."""
    own = found if found is not None else FileState("", NEW_MODE, 0, 0)
    return FileState(
        wanted.content,
        wanted.mode if wanted.mode is not None else own.mode,
        wanted.uid if wanted.uid is not None else own.uid,
        wanted.gid if wanted.gid is not None else own.gid,
        wanted.attributes if wanted.attributes is not None else own.attributes,
    )


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    """Replaces a file.  ``before``: the state that the runner must find; ``after``: the state that it leaves.  None: no
    file."""

    path: str
    before: FileState | None
    after: FileState | None


Act = Command | Replace


class Done(msgspec.Struct, frozen=True):
    """An act's result: the exit status (0: done), standard output, and why the act failed (None if it was done)."""

    status: int
    printed: str = ""
    complaint: Message | None = None


Acting = Generator[Act, Done, Message | None]
"""Yields acts, is sent the result of each, and returns the complaint: None if all were done."""


def ended_with(command: Command, status: int) -> Message:
    """Return the complaint about a command that failed without a printed reason."""
    return message("{program} ended with status {status}", program=command.argv[0], status=status)
