"""The file in which guards keep what they saw: makes it, brings an older one up to date, and sets a damaged one aside.

SQLite's write-ahead log makes a power cut harmless: a transaction is either in the file or not.  Only its owner may
read the file, because command lines are in it.

Source: sqlite.org, Write-Ahead Logging; PRAGMA user_version, quick_check, journal_size_limit
"""

import os
import sqlite3
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

from hairpin.errors import EvidenceError, UsageError
from hairpin.message import Message, message

Base = sqlite3.Connection
Failure = sqlite3.Error

VERSION = 2
"""The file's ``user_version``.  The first files had none, and no column ``seen``."""
_MOST_ASIDE = 3
"""The greatest number of damaged files that stay beside the file."""
_WAIT_S = 5.0
_LOG_BYTES = 4 * 1024 * 1024
_TABLES = """
create table if not exists guard (number integer primary key, process integer, file text, started_s real, beat_s real,
    expectations integer, broken integer, blind text, settled_s real default 0, ended_s real,
    netns text default '', unwatched text default '[]');
create table if not exists round (guard integer, at_s real, told blob, seen blob);
create index if not exists round_at on round (at_s);
create table if not exists alert (number integer primary key, guard integer, at_s real, kind text, way text,
    state text, tries integer default 0, reason text default '');
"""
_OLDER = """
alter table guard add column settled_s real default 0;
alter table guard add column ended_s real;
alter table guard add column netns text default '';
alter table guard add column unwatched text default '[]';
alter table round add column seen blob;
"""


def open_to_write(path: Path) -> tuple[Base, Message | None]:
    """Return the file, opened to be written, and what has to be said about it: that it was set aside.

    Raises EvidenceError if there is no SQLite, or if the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        path.chmod(0o600)  # files of the first version were readable by everybody
        try:
            return _open(path), None
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            aside = set_aside(path)
            said = message("{path} was damaged ({reason}); it is now {aside}, and a new one was begun", path=path,
                           reason=error, aside=aside)  # fmt: skip
            return _open(path), said
    except (OSError, sqlite3.Error) as error:
        raise EvidenceError(message("{path} cannot be used: {reason}", path=path, reason=_reason(error))) from error


def open_to_read(path: Path) -> Base:
    """Return the file, opened to be read.

    Raises UsageError if there is no such file, and EvidenceError if it cannot be used."""
    try:
        if not path.exists():
            raise UsageError(message("no guard has run on this host: there is no file {path}", path=path))
        if not os.access(path, os.R_OK):
            raise EvidenceError(message("{path} can be read by root only: run this as root", path=path))
        base = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=_WAIT_S)
        version = _number(base, "user_version")
        if version > VERSION:
            raise EvidenceError(message("{path} is of a newer hairpin: use that one", path=path))
        base.execute("select 1 from guard, round limit 1")
    except (OSError, sqlite3.Error) as error:
        raise EvidenceError(message("{path} cannot be used: {reason}", path=path, reason=_reason(error))) from error
    return base


def is_current(base: Base) -> bool:
    """Return whether the file has the columns of this version.  One that no guard has opened since may be older."""
    return _number(base, "user_version") == VERSION


def set_aside(path: Path) -> Path:
    """Give the file and its log another name, and return it.  The oldest of several such files go.

    Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    before = [each for each in _all_aside(path) if stamp in each.name]
    number = int(before[-1].name.rpartition("-")[2]) + 1 if before else 1
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{number:03}")
    path.replace(aside)
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).replace(aside.with_name(aside.name + end))
    for each in _all_aside(path)[:-_MOST_ASIDE]:
        for end in ("", "-wal", "-shm"):
            each.with_name(each.name + end).unlink(missing_ok=True)
    return aside


def _all_aside(path: Path) -> list[Path]:
    """Return the files that were set aside, the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*Z-[0-9][0-9][0-9]"))


def used_bytes(base: Base) -> int:
    """Return the size of what is in the file, without the pages that are free again."""
    return (_number(base, "page_count") - _number(base, "freelist_count")) * _number(base, "page_size")


def _open(path: Path) -> Base:
    """Return the file with this version's tables.  Raises sqlite3.Error, a DatabaseError if it is damaged."""
    with ExitStack() as opened:
        base = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_S)
        opened.callback(base.close)
        version = _checked_version(base)
        base.execute("pragma journal_mode=wal")
        base.execute("pragma synchronous=full")
        base.execute(f"pragma journal_size_limit={_LOG_BYTES}")
        has_older = not version and base.execute("select 1 from sqlite_schema where name = 'round'").fetchone()
        if version < VERSION:
            base.executescript(f"begin immediate; {_OLDER if has_older else ''} {_TABLES} "
                               f"pragma user_version={VERSION}; commit;")  # fmt: skip
        base.execute("select settled_s from guard limit 1")
        base.execute("select seen from round limit 1")
        base.execute("select reason from alert limit 1")
        opened.pop_all()
    return base


def _checked_version(base: Base) -> int:
    """Return the version of the file.  Raises DatabaseError if it is damaged or newer than this program."""
    version = _number(base, "user_version")
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it is of a newer hairpin, version {version}")
    (found,) = base.execute("pragma quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    return version


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is wrong, and not the disk or another process's lock."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")) or not name:
        return True
    return not isinstance(error, sqlite3.OperationalError)


def _number(base: Base, name: str) -> int:
    (found,) = base.execute(f"pragma {name}").fetchone()
    return int(found)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
