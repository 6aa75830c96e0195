"""The acts that the runner carries out, as values (run a command, replace a file), and their results."""

from collections.abc import Generator

import msgspec

from hairpin.message import Message, message


class Command(msgspec.Struct, frozen=True, tag="command"):
    """A program with its arguments and its standard input."""

    argv: tuple[str, ...]
    text: str = ""


Attributes = tuple[tuple[str, bytes], ...]
"""The extended attributes of a file, by name: ACLs, the SELinux context, attributes that users set."""


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content, permission bits, owner and extended attributes of a file.  A part that is None is unknown.

    If a part is unknown, an existing file keeps this part.  A new file belongs to root, and has mode 0644 and the
    default attributes of its folder."""

    content: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    attributes: Attributes | None = None

    @property
    def is_complete(self) -> bool:
        """Whether mode and owner are known.  If mode and owner are known, the file can be made again exactly as it
        is."""
        return None not in (self.mode, self.uid, self.gid)


NEW_MODE = 0o644


def with_mode_and_owner(wanted: FileState, found: FileState | None) -> FileState:
    """Return the new state of a file.  Each part is taken from ``wanted``, or from ``found`` if it is unknown in
    ``wanted``."""
    own = found if found is not None else FileState("", NEW_MODE, 0, 0)
    return FileState(
        wanted.content,
        wanted.mode if wanted.mode is not None else own.mode,
        wanted.uid if wanted.uid is not None else own.uid,
        wanted.gid if wanted.gid is not None else own.gid,
        wanted.attributes if wanted.attributes is not None else own.attributes,
    )


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    """Act: replace a file.  ``before``: the state that the runner must find.  ``after``: the state that the runner
    makes.  None stands for a file that does not exist."""

    path: str
    before: FileState | None
    after: FileState | None


Act = Command | Replace


class Done(msgspec.Struct, frozen=True):
    """The result of an act: the exit status (0: the act was done), standard output, and why the act failed (None if it
    was done)."""

    status: int
    printed: str = ""
    complaint: Message | None = None


Acting = Generator[Act, Done, Message | None]
"""A generator that yields acts and is sent the result of each act.  The generator returns the complaint, or None if all
acts were done."""


def ended_with(command: Command, status: int) -> Message:
    """Return the complaint about a command that failed without a printed reason."""
    return message("{program} ended with status {status}", program=command.argv[0], status=status)
