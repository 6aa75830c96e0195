"""Reads the regular files of a folder.  No link is followed, and nothing but regular files is opened."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hairpin.message import message
from hairpin.pasted.bundle.limits import MOST_DEPTH, MOST_FILES, too_much
from hairpin.pasted.bundle.tar import Keep


def files_of_folder(path: str, keep: Keep) -> Iterator[tuple[str, bytes]]:
    """Yield the path below the folder and the content of each wanted regular file, in the order of their names.

    A file that cannot be read is skipped and counts as unread."""
    left = MOST_FILES
    folders = [("", 0)]
    while folders:
        below, depth = folders.pop()
        for each in _entries(Path(path) / below):
            left -= 1
            if left < 0:
                raise too_much(path, message("more than {number} files", number=MOST_FILES))
            name = f"{below}/{each.name}" if below else each.name
            if each.is_dir(follow_symlinks=False):
                if depth < MOST_DEPTH:
                    folders.append((name, depth + 1))
            elif each.is_file(follow_symlinks=False) and (wanted := keep(name)):
                data = _content(each.path, wanted)
                if data is not None:
                    yield name, data


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda each: each.name)
    except OSError:
        return []


def _content(path: str, wanted: int) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            if wanted < 0:
                stream.seek(max(0, os.fstat(handle).st_size + wanted))
            return stream.read(abs(wanted))
    except OSError:
        return None
