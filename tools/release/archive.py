"""Zip files whose bytes follow from their members alone: sorted, of one time, with fixed modes."""

import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

_OLDEST = 315532800
"""1980-01-01: no zip file knows an earlier time."""


class Member(msgspec.Struct, frozen=True):
    """One file in an archive.  ``packed``: deflated."""

    data: bytes
    packed: bool = True


def members_of(wheel: Path) -> dict[str, Member]:
    """Return the files of a wheel by their paths."""
    with zipfile.ZipFile(wheel) as archive:
        return {each.filename: Member(archive.read(each)) for each in archive.infolist() if not each.is_dir()}


def write_archive(path: Path, members: Mapping[str, Member], epoch: int, *, prefix: bytes = b"") -> None:
    """Write the archive, executable if there is a ``prefix`` such as ``#!…``.  ``epoch``: the time of all members, in
    seconds since 1970."""
    moment = time.gmtime(max(epoch, _OLDEST))[:6]
    with path.open("wb") as file:
        file.write(prefix)
        with zipfile.ZipFile(file, "w") as archive:
            for name, member in _in_order(members.items()):
                info = zipfile.ZipInfo(name, moment)
                info.create_system = 3  # Unix: the mode below means something
                info.external_attr = 0o100644 << 16
                kind = zipfile.ZIP_DEFLATED if member.packed else zipfile.ZIP_STORED
                archive.writestr(info, member.data, kind, 9)
    path.chmod(0o755 if prefix else 0o644)


def _in_order(members: Iterable[tuple[str, Member]]) -> list[tuple[str, Member]]:
    return sorted(members, key=lambda each: each[0])
