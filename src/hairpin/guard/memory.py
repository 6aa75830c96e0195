"""What guards of this host have seen: rounds that told something, and whether a guard runs.

SQLite keeps both in one file, in a mode in which a power cut loses nothing that was kept.  The oldest rounds go when
there are too many, or when they are too old.

    guard  number, process, file, started_s, beat_s, expectations, broken, blind
    round  guard, at_s, told                        ``told``: the document ``hairpin.guard/1``

Source: sqlite.org, Write-Ahead Logging
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from hairpin.errors import EvidenceError, UsageError
from hairpin.guard.change import GuardState
from hairpin.message import message

FILE = "guard.db"
FOLDER = Path("/var/lib/hairpin")
MOST_ROUNDS = 10_000
OLDEST_S = 180 * 86400.0
BEAT_S = 10.0
"""How often a guard says that it lives, in seconds."""
LATE_S = 60.0
"""A guard that has said nothing for this time hangs, or its process is gone."""
_COLUMNS = "process, file, started_s, beat_s, expectations, broken, blind"
_TABLES = """
create table if not exists guard (number integer primary key, process integer, file text, started_s real, beat_s real,
    expectations integer, broken integer, blind text);
create table if not exists round (guard integer, at_s real, told text);
create index if not exists round_at on round (at_s);
"""


class Memory:
    """The file of all guards of this host."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        """Open the file, and make it if ``writes``.

        Raises UsageError if there is no such file, and EvidenceError if it cannot be used."""
        try:
            import sqlite3  # noqa: PLC0415 - the one executable file has none
        except ImportError as error:
            said = message("this program is without SQLite, so it keeps no history; hairpin from pipx has it")
            raise EvidenceError(said) from error
        if not writes and not path.exists():
            raise UsageError(message("no guard has run on this host: there is no file {path}", path=path))
        try:
            if writes:
                path.parent.mkdir(parents=True, exist_ok=True)
            place = path if writes else f"file:{path}?mode=ro"
            self._base = sqlite3.connect(place, uri=not writes, isolation_level=None)
            if writes:
                self._base.execute("pragma journal_mode=wal")
                self._base.execute("pragma synchronous=full")
                self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise EvidenceError(message("{path} cannot be used: {reason}", path=path, reason=error)) from error
        self._guard = 0
        self._beat_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def begin(self, file: str, now_s: float, blind: tuple[str, ...]) -> None:
        """Keep that a guard of this process has begun."""
        row = (os.getpid(), file, now_s, now_s, 0, 0, msgspec.json.encode(blind).decode())
        written = self._base.execute(f"insert into guard ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        self._guard = written.lastrowid or 0

    def beat(self, now_s: float, counts: tuple[int, int] | None = None) -> None:
        """Keep that the guard lives, if it did not say so lately.  ``counts``: its expectations, and how many of them
        are broken."""
        if counts is not None:
            self._base.execute(
                "update guard set beat_s = ?, expectations = ?, broken = ? where number = ?",
                (now_s, *counts, self._guard),
            )
        elif now_s - self._beat_s >= BEAT_S:
            self._base.execute("update guard set beat_s = ? where number = ?", (now_s, self._guard))
        else:
            return
        self._beat_s = now_s

    def keep(self, at_s: float, told: bytes) -> None:
        """Keep a round, and let the oldest ones go."""
        self._base.execute("insert into round values (?, ?, ?)", (self._guard, at_s, told.decode()))
        self._base.execute("delete from round where at_s < ?", (at_s - OLDEST_S,))
        self._base.execute("delete from round where rowid <= (select max(rowid) from round) - ?", (MOST_ROUNDS,))

    def rounds(self, since_s: float = 0.0) -> Iterator[bytes]:
        """Yield the kept documents from this time on, the oldest first."""
        asked = self._base.execute("select told from round where at_s >= ? order by rowid", (since_s,))
        yield from (told.encode() for (told,) in asked)

    def last(self, now_s: float) -> GuardState | None:
        """Return the guard that began last; None if none did.  It lives if its process exists and said so lately."""
        row = self._base.execute(f"select {_COLUMNS} from guard order by number desc limit 1").fetchone()  # noqa: S608
        if row is None:
            return None
        lives = now_s - row[3] < LATE_S and Path(f"/proc/{row[0]}").exists()
        process, file, started_s, beat_s, expectations, broken, blind = row
        told = msgspec.json.decode(blind, type=tuple[str, ...])
        return GuardState(process, file, started_s, beat_s, expectations, broken, told, lives)
