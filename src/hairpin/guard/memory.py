"""What guards of this host have seen: every round with its changes, the causes that came and went, what broke, the
alerts, and whether a guard runs.

SQLite keeps it in one file, in a mode in which a power cut loses nothing that was kept.  The oldest rounds go when they
are too old, or when the file has its greatest size.

    guard  one run: number, process, file, started_s, beat_s, expectations, broken, blind, settled_s, ended_s, netns,
           unwatched (the parts of the host)
    round  guard, at_s, told, seen    ``told``: the document ``hairpin.guard/1`` of a round that tells something;
                                      ``seen``: what ``story`` and ``check`` read (story/guarded.py); both compressed
    alert  number, guard, at_s, kind, way, state, tries, reason

A full disk, or a folder that became read-only, ends no guard: what could not be written waits, as far as there is room,
and the guard says so.  A file that turns out to be damaged is set aside.
"""

import os
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from hairpin.errors import EvidenceError
from hairpin.guard.change import GuardState, Undelivered
from hairpin.message import Message, message
from hairpin.story.guarded import GuardedRound, GuardRun, Line

if TYPE_CHECKING:
    from hairpin.guard.memory_file import Base

FILE = "guard.db"
FOLDER = Path("/var/lib/hairpin")
MOST_BYTES = 64 * 1024 * 1024
OLDEST_S = 180 * 86400.0
BEAT_S = 10.0
"""How often a guard says that it lives, in seconds."""
LATE_S = 60.0
"""A guard that has said nothing for this time hangs, or its process is gone."""
MOST_WAITING = 200
"""The greatest number of rounds that wait until they can be written."""
_MOST_ALERTS = 2000
_COLUMNS = "process, file, started_s, beat_s, expectations, broken, blind"
_OWN_NETNS = Path("/proc/self/ns/net")


class Memory:
    """The file of all guards of this host.  ``said``: what has to be said about the file itself: that it was damaged
    and set aside.  ``failure``: why nothing can be written now; None if all is well."""

    def __init__(self, path: Path, *, writes: bool, most_bytes: int = MOST_BYTES, oldest_s: float = OLDEST_S) -> None:
        """Open the file, and make it if ``writes``.

        Raises UsageError if there is no such file, and EvidenceError if it cannot be used."""
        try:
            from hairpin.guard import memory_file  # noqa: PLC0415 - the one executable file has no SQLite
        except ImportError as error:
            said = message("this program is without SQLite, so it keeps no history; hairpin from pipx has it")
            raise EvidenceError(said) from error
        self._file = memory_file
        self._path, self._most_bytes, self._oldest_s = path, most_bytes, oldest_s
        self.said: Message | None = None
        self.failure: Message | None = None
        self._base: Base
        if writes:
            self._base, self.said = memory_file.open_to_write(path)
        else:
            self._base = memory_file.open_to_read(path)
        self._is_current = memory_file.is_current(self._base)
        self._guard = 0
        self._begun: tuple[str, float, tuple[str, ...]] = ("", 0.0, ())
        self._beat_s = 0.0
        self._waiting: deque[tuple[float, bytes | None, bytes | None]] = deque(maxlen=MOST_WAITING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    @property
    def number(self) -> int:
        """The number of this run of a guard."""
        return self._guard

    def begin(self, file: str, now_s: float, blind: tuple[str, ...]) -> None:
        """Keep that a guard of this process has begun, and that alerts of earlier guards were not delivered if these
        guards ended before."""
        self._begun = (file, now_s, blind)
        row = (os.getpid(), file, now_s, now_s, 0, 0, msgspec.json.encode(blind).decode(), own_netns())
        written = self._base.execute(
            f"insert into guard ({_COLUMNS}, netns) values (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            row,
        )
        self._guard = written.lastrowid or 0
        self._base.execute(
            "update alert set state = 'failed', reason = 'the guard ended before' where state = 'waiting'"
        )
        self._base.execute("delete from guard where number <= ? - 1000", (self._guard,))

    def end(self, now_s: float) -> None:
        """Keep that the guard has ended in order."""
        self._write("update guard set beat_s = ?, ended_s = ? where number = ?", (now_s, now_s, self._guard))

    def beat(self, now_s: float, counts: tuple[int, int] | None = None) -> None:
        """Keep that the guard lives, if it did not say so lately.  ``counts``: its expectations, and how many of them
        are broken."""
        if counts is not None:
            self._write(
                "update guard set beat_s = ?, expectations = ?, broken = ? where number = ?",
                (now_s, *counts, self._guard),
            )
        elif now_s - self._beat_s >= BEAT_S:
            self._write("update guard set beat_s = ? where number = ?", (now_s, self._guard))
        else:
            return
        self._beat_s = now_s
        if self.failure is not None:  # a full disk has room for a time
            with suppress(OSError):
                os.utime(self._path, (now_s, now_s))
        if self._waiting:
            self._write_rounds()

    def settle(self, now_s: float) -> None:
        """Keep that the guard waited for a change, and heard none."""
        self._write("update guard set settled_s = ?, beat_s = ? where number = ?", (now_s, now_s, self._guard))

    def see(self, blind: tuple[str, ...], parts: tuple[str, ...] = ()) -> None:
        """Keep what the guard cannot watch or do now.  ``parts``: the parts of the host that it cannot watch."""
        told = (msgspec.json.encode(blind).decode(), msgspec.json.encode(parts).decode())
        self._write("update guard set blind = ?, unwatched = ? where number = ?", (*told, self._guard))

    def keep(self, at_s: float, told: bytes | None, seen: GuardedRound | None = None) -> None:
        """Keep a round, and let the oldest ones go.  ``told``: its document, if it tells something."""
        packed = None if told is None else zlib.compress(told)
        self._waiting.append((at_s, packed, None if seen is None else zlib.compress(msgspec.json.encode(seen))))
        self._write_rounds()

    def _write_rounds(self) -> None:
        """Write the waiting rounds in one transaction: all of them, or none."""
        base = self._base
        try:
            base.execute("begin immediate")
            for each in self._waiting:
                base.execute("insert into round values (?, ?, ?, ?)", (self._guard, *each))
            self._let_go(self._waiting[-1][0])
            base.execute("commit")
        except self._file.Failure as error:
            self._roll_back()
            self._fail(error)
            return
        self._waiting.clear()
        self.failure = None

    def _let_go(self, now_s: float) -> None:
        """Delete the rounds that are too old, and the oldest tenth if the file is as big as it may be."""
        base = self._base
        oldest = "delete from round where rowid in (select rowid from round order by rowid limit ?)"
        base.execute("delete from round where at_s < ?", (now_s - self._oldest_s,))
        if self._file.used_bytes(base) > self._most_bytes:
            (count,) = base.execute("select count(*) from round").fetchone()
            base.execute(oldest, (max(1, count // 10),))
        base.execute("delete from alert where number <= (select max(number) from alert) - ?", (_MOST_ALERTS,))

    def rounds(self, since_s: float = 0.0) -> Iterator[bytes]:
        """Yield the documents of the rounds that told something, from this time on, the oldest first."""
        asked = "select told from round where at_s >= ? and told is not null order by rowid"
        yield from (_document(told) for (told,) in self._base.execute(asked, (since_s,)))

    def all_rounds(self, since_s: float = 0.0) -> Iterator[bytes | GuardedRound]:
        """Yield each round from this time on, the oldest first: its document if it told something."""
        columns = "told, seen" if self._is_current else "told, null"
        asked = f"select {columns} from round where at_s >= ? order by rowid"  # noqa: S608
        for told, seen in self._base.execute(asked, (since_s,)):
            if told is not None:
                yield _document(told)
            elif seen is not None:
                yield msgspec.json.decode(_document(seen), type=GuardedRound)

    def lines(self, since_s: float, most_bytes: int) -> tuple[Line, ...]:
        """Return the runs and the rounds of this network namespace from this time on, the oldest first.  The oldest
        ones are left out if they are more than so many bytes of JSON."""
        if not self._is_current:
            return ()
        left = most_bytes
        rounds: list[Line] = []
        netns = own_netns()
        asked = (
            "select seen from round where at_s >= ? and seen is not null and guard in (select number from guard "
            "where netns = ?) order by rowid desc"
        )
        for (seen,) in self._base.execute(asked, (since_s, netns)):
            text = _document(seen)
            left -= len(text)
            if left < 0:
                break
            rounds.append(msgspec.json.decode(text, type=GuardedRound))
        runs = self._base.execute(
            "select number, started_s, beat_s, settled_s, unwatched from guard where beat_s >= ? and netns = ? "
            "order by number",
            (since_s, netns),
        )
        return (
            *(GuardRun(number, began, beat, settled or 0.0, msgspec.json.decode(unwatched, type=tuple[str, ...]))
              for number, began, beat, settled, unwatched in runs),
            *reversed(rounds),
        )  # fmt: skip

    def last(self, now_s: float) -> GuardState | None:
        """Return the guard that began last; None if none did.  It lives if its process exists and said so lately: in
        the file or, where nothing can be written, by the time of the file."""
        ended = ", ended_s" if self._is_current else ", null"
        row = self._base.execute(f"select {_COLUMNS}{ended}, number from guard order by number desc limit 1").fetchone()  # noqa: S608
        if row is None:
            return None
        process, file, started_s, beat_s, expectations, broken, blind, ended_s, number = row
        touched_s = self._path.stat().st_mtime
        said_s = max(beat_s, touched_s if touched_s <= now_s else 0.0)
        lives = ended_s is None and now_s - said_s < LATE_S and Path(f"/proc/{process}").exists()
        told = msgspec.json.decode(blind, type=tuple[str, ...])
        if lives and now_s - beat_s >= LATE_S:
            told = (*told, str(_unwritten(self._path, "nothing could be written lately")))
        return GuardState(
            process, file, started_s, beat_s, expectations, broken, told, lives, self._lost_alerts(number)
        )

    def _lost_alerts(self, guard: int) -> tuple[Undelivered, ...]:
        """Return the alerts of this run, and of those before it, that could not be delivered."""
        if not self._is_current:
            return ()
        asked = (
            "select way, count(*), max(at_s), reason from alert where state = 'failed' and guard >= ? - 1 group by way "
            "order by way"
        )
        return tuple(Undelivered(*row) for row in self._base.execute(asked, (guard,)))

    def begin_alert(self, at_s: float, kind: str, way: str) -> int:
        """Keep that an alert is to be delivered in this way, and return its number; 0 if it could not be written."""
        try:
            written = self._base.execute(
                "insert into alert (guard, at_s, kind, way, state) values (?, ?, ?, ?, 'waiting')",
                (self._guard, at_s, kind, way),
            )
        except self._file.Failure as error:
            self._fail(error)
            return 0
        return written.lastrowid or 0

    def end_alert(self, number: int, reason: str, tries: int) -> None:
        """Keep that an alert was delivered, or the reason why it could not be."""
        state = "failed" if reason else "delivered"
        self._write(
            "update alert set state = ?, reason = ?, tries = ? where number = ?", (state, reason, tries, number)
        )

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._base.execute(statement, values)
        except self._file.Failure as error:
            self._fail(error)
        else:
            self.failure = None if not self._waiting else self.failure

    def _roll_back(self) -> None:
        if self._base.in_transaction:
            with suppress(self._file.Failure):  # the error itself may have ended the transaction
                self._base.execute("rollback")

    def _fail(self, error: Exception) -> None:
        """Say why nothing can be written.  A damaged file is set aside, and a new one begun."""
        self.failure = _unwritten(self._path, error)
        if not isinstance(error, self._file.Failure) or not self._file.is_damage(error):
            return
        with suppress(self._file.Failure, OSError, EvidenceError):
            self._base.close()
            aside = self._file.set_aside(self._path)
            self._base, _ = self._file.open_to_write(self._path)
            self.said = message("{path} was damaged ({reason}); it is now {aside}, and a new one was begun",
                                path=self._path, reason=error, aside=aside)  # fmt: skip
            self.begin(*self._begun)
            self.failure = None


def own_netns() -> str:
    """Return the name of this process's network namespace, such as ``net:[4026531840]``."""
    try:
        return _OWN_NETNS.readlink().name
    except OSError:
        return ""


def _document(text: str | bytes) -> bytes:
    """Return a document.  The first files have it as text."""
    return text.encode() if isinstance(text, str) else zlib.decompress(text)


def _unwritten(path: Path, reason: object) -> Message:
    return message("no history is kept: {path}: {reason}", path=path, reason=reason)
