"""Replaces a file of this host and keeps its metadata: mode, owner, ACLs, SELinux context, other names.

A reader sees either the old file or the new file.  The new file is written in the same folder, synced, and renamed over
the old file.  A file with several hard links is written in place, because a rename would replace only one of its names.
While such a file is written, a copy of its old content is in the same folder.  If the process is killed, the next run
recognizes the half-written file by this copy.

Source: rename(2), xattr(7), acl(5), ioctl_iflags(2)
"""

import array
import errno
import fcntl
import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

from hairpin.carry.act import Attributes, FileState, Replace, with_mode_and_owner
from hairpin.message import Message, message, verbatim

_OF_CONTENT = frozenset({"security.ima", "security.evm"})
"""The attributes that sign a file's content.  If a file with new content kept these attributes, the file could not be
read."""
_GET_FLAGS = 0x80086601
"""The ioctl ``FS_IOC_GETFLAGS``, which reads the inode flags."""
_FROZEN: tuple[tuple[int, str], ...] = ((0x10, "i"), (0x20, "a"))
"""The inode flags ``FS_IMMUTABLE_FL`` and ``FS_APPEND_FL``, with their letters in chattr(1)."""
_MADE = ".network.d"
"""The suffix of a drop-in folder.  The folder is made with its first file, and removed with its last file."""
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENOSYS)


def replace_file(act: Replace) -> Message | None:
    """Replace the file; return the error, or None.  After an error the file is unchanged.  If the path is a symbolic
    link, the link's target is replaced."""
    path = Path(os.path.realpath(act.path))
    try:
        found = state_of(path)
        if not _is(found, act.before) and not _was_interrupted(path, act.before, act.after):
            return message("{path} is not as expected: somebody has changed, created or deleted it", path=act.path)
        _replace(path, found, act.after)
    except OSError as error:
        return _complaint(act.path, path, error)
    return None


def _replace(path: Path, found: FileState | None, wanted: FileState | None) -> None:
    if wanted is None:
        path.unlink(missing_ok=True)
        if path.parent.name.endswith(_MADE) and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
            _sync(path.parent.parent)
            return
    elif found is not None and path.stat().st_nlink > 1:
        _write_in_place(path, found.content, with_mode_and_owner(wanted, found))
    else:
        _write_beside(path, with_mode_and_owner(wanted, found))
    for left in (_new(path), _old(path)):  # also the files that a killed process has left
        left.unlink(missing_ok=True)
    _sync(path.parent)


def state_of(path: Path) -> FileState | None:
    """Return the content and metadata of a file; None if it does not exist.  Bytes that are not UTF-8 are kept (PEP
    383)."""
    try:
        return _with_belongings(path, path.read_bytes().decode("utf-8", "surrogateescape"))
    except FileNotFoundError:
        return None


def _with_belongings(path: Path, content: str) -> FileState:
    status = path.stat()
    return FileState(content, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, _attributes(path))


def _is(found: FileState | None, expected: FileState | None) -> bool:
    if found is None or expected is None:
        return found is expected
    asked = ((expected.mode, found.mode), (expected.uid, found.uid), (expected.gid, found.gid))
    return found.content == expected.content and all(wanted in (None, held) for wanted, held in asked)


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.hairpin-new")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.hairpin-old")


def _write_beside(path: Path, state: FileState) -> None:
    """Write the new file in the folder of the old file, and rename it over the old file."""
    if path.parent.name.endswith(_MADE):
        path.parent.mkdir(mode=0o755, exist_ok=True)
    new = _new(path)
    with ExitStack() as cleanup:  # also after an interrupt
        cleanup.callback(new.unlink, missing_ok=True)
        _make(new, state)
        new.replace(path)


def _make(path: Path, state: FileState) -> None:
    """Make a file with the given state, and return after it is on the disk."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(state.content.encode("utf-8", "surrogateescape"))
        file.flush()
        _give(descriptor, state)
        os.fsync(descriptor)


def _give(descriptor: int, state: FileState) -> None:
    """Give the open file its owner, its attributes and its mode."""
    assert state.mode is not None
    assert state.uid is not None
    assert state.gid is not None
    os.fchown(descriptor, state.uid, state.gid)
    if state.attributes is not None:
        _set_attributes(descriptor, state.attributes)
    os.fchmod(descriptor, state.mode)  # the mode is set after the ACL, because chmod(2) sets the ACL's mask


def _was_interrupted(path: Path, before: FileState | None, after: FileState | None) -> bool:
    """Return whether a process was killed while it overwrote the file in place, from ``before`` to ``after`` or
    back."""
    if before is None or after is None or not path.is_file():
        return False
    held = state_of(_old(path))
    if held is None or held.content not in (before.content, after.content):
        return False
    return _is_mixed(path.read_bytes(), *(each.content.encode("utf-8", "surrogateescape") for each in (before, after)))


def _is_mixed(found: bytes, one: bytes, other: bytes) -> bool:
    """Return whether each byte of the file comes from one of the two contents at the same offset, or is a zero that was
    allocated for the longer content.  After a power cut, any page of a file may be old or new."""
    shorter, longer = sorted((one, other), key=len)
    room = found[len(shorter) :]
    if not len(shorter) <= len(found) <= len(longer):
        return False
    return all(byte in pair for byte, *pair in zip(found, one, other, strict=False)) and all(
        byte in (0, wanted) for byte, wanted in zip(room, longer[len(shorter) :], strict=False)
    )


def _write_in_place(path: Path, before: str, state: FileState) -> None:
    """Overwrite the file in place, which keeps all its hard links.  Before, write a copy of its old content to the same
    folder, and sync the copy."""
    old, content = _old(path), state.content.encode("utf-8", "surrogateescape")
    with path.open("r+b") as file:  # this fails before any change if the file cannot be written
        with ExitStack() as cleanup:
            if not old.exists():
                cleanup.callback(old.unlink, missing_ok=True)
                _make(old, FileState(before, 0o600, os.geteuid(), os.getegid()))
                _sync(path.parent)
            length = os.fstat(file.fileno()).st_size
            if len(content) > length:  # if the disk is full, this fails while the old content is still complete
                cleanup.callback(os.truncate, path, length)
                os.posix_fallocate(file.fileno(), length, len(content) - length)
            cleanup.pop_all()
        file.write(content)
        file.truncate()
        file.flush()
        _give(file.fileno(), state)
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Sync the folder: return after the names in it are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _attributes(file: Path | int) -> Attributes:
    """Return the extended attributes of the file that stay valid if its content changes; none if the file system has no
    extended attributes."""
    try:
        names = os.listxattr(file)
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return ()
        raise
    return tuple((name, os.getxattr(file, name)) for name in sorted(names) if name not in _OF_CONTENT)


def _set_attributes(descriptor: int, wanted: Attributes) -> None:
    """Give a new file the given attributes, and remove all others, such as attributes from the default ACL of its
    folder."""
    held = dict(_attributes(descriptor))
    for name in held.keys() - dict(wanted).keys():
        os.removexattr(descriptor, name)
    for name, value in wanted:
        if held.get(name) != value:
            os.setxattr(descriptor, name, value)


def _complaint(told: str, path: Path, error: OSError) -> Message:
    if error.errno == errno.EPERM:
        for held in (path, path.parent):
            for letter in _frozen(held):
                return message("{path} cannot be changed: {held} has the attribute {letter}, which `chattr -{letter}` "
                               "removes", path=told, held=held, letter=letter)  # fmt: skip
    match error.errno:
        case errno.EROFS:
            return message("{path} is on a file system that is mounted read-only", path=told)
        case errno.ENOSPC | errno.EDQUOT:
            return message("the file system of {path} is full, so the file is left as it is", path=told)
        case _:
            return verbatim(f"{told}: {error.strerror}")


def _frozen(path: Path) -> tuple[str, ...]:
    """Return the letters of the inode flags that make the file system refuse a change of the file or the folder."""
    held = array.array("L", [0])
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _GET_FLAGS, held)
        finally:
            os.close(descriptor)
    return tuple(letter for bit, letter in _FROZEN if held[0] & bit)
