"""The journal: what was begun on this host, written down before it begins, so that any process can take it back.

One SQLite file in a folder of root's, mode 0600, since steps hold the whole text of files.  Every mark is on the disk
before the call returns.  Source: SQLite's documentation, "Atomic Commit" and ``PRAGMA synchronous``
"""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import msgspec

from hairpin.apply.backups import forget_backups
from hairpin.apply.task import PlanState, Task, TaskState, Undertaking
from hairpin.change.step import steps_from_json, steps_to_json
from hairpin.errors import ApplyError, JournalError
from hairpin.message import Message, message

FOLDER = Path("/var/lib/hairpin")
_NAME, _LOCK = "journal.sqlite3", "lock"
_LOCK_EVERY_S = 0.2
_KEPT, _KEPT_BYTES = 50, 32 * 1024 * 1024
"""Plans that are kept, and the size of their steps; those that are in force, and the newest one, beyond that."""
_TABLES = """
CREATE TABLE IF NOT EXISTS plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, boot_id TEXT NOT NULL, begun_at TEXT NOT NULL,
    question BLOB NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    plan INTEGER NOT NULL REFERENCES plans ON DELETE CASCADE, number INTEGER NOT NULL, repair TEXT NOT NULL,
    step BLOB NOT NULL, lasting INTEGER NOT NULL, state TEXT NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (plan, number));
CREATE TABLE IF NOT EXISTS copies (
    destination TEXT NOT NULL, plan TEXT NOT NULL, undertaking BLOB NOT NULL, PRIMARY KEY (destination, plan));
"""


class Marks(Protocol):
    """What is written down while a plan is taken back."""

    def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
        """Write down what becomes of a task."""
        ...

    def end(self, plan: str, state: PlanState) -> None:
        """Write down how the plan stands."""
        ...


class PlanBook(Marks, Protocol):
    """What is written down of the plans of a host: :class:`Journal` here, ``remote/plans_there.py`` on another one."""

    def start(self, plan: str, number: int) -> bool:
        """Write down that a task begins, unless the plan is no longer carried out; return whether it is."""
        ...

    def seize(self, plan: str) -> bool:
        """Take an open plan over, so that nobody carries it on; return whether it was open."""
        ...

    def pass_on(self, plan: str) -> bool:
        """Tell the switch that an open plan is well; return whether it was open."""
        ...

    def is_watched(self, plan: str) -> bool:
        """Return whether a switch watches the plan."""
        ...

    def known(self, plan: str) -> Undertaking:
        """Return the plan of that id.  Raises ApplyError if there is none."""
        ...

    def find(self, plan: str) -> Undertaking | None:
        """Return the plan of that id; None if there is none."""
        ...

    def all(self) -> tuple[Undertaking, ...]:
        """Return every plan, the newest first."""
        ...


class Journal:
    """The open journal of one folder.  Raises JournalError where the folder or the file cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or FOLDER
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_foreign(folder)
            path = folder / _NAME
            os.close(os.open(path, os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            self._base = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._base.execute("PRAGMA synchronous = EXTRA")
            self._base.execute("PRAGMA foreign_keys = ON")
            if not self._base.execute("PRAGMA schema_version").fetchone()[0]:
                self._base.execute("PRAGMA auto_vacuum = FULL")  # what is forgotten is given back
                self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise JournalError(_unusable(folder, error)) from error

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def locked(self, wait_s: float = 0.0) -> Generator[None]:
        """Hold the lock of the host: one process at a time changes it.  Raises ApplyError if another one does so for
        longer than ``wait_s``."""
        until = time.monotonic() + wait_s
        with self._complaining():
            file = _opened(self._lock_file)
        try:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        said = message("another hairpin changes this host at this moment; try again")
                        raise ApplyError(said) from None
                    time.sleep(_LOCK_EVERY_S)
            with suppress(OSError):  # a full disk, or one that cannot be written
                os.ftruncate(file, 0)
                os.write(file, str(os.getpid()).encode())
            yield
        finally:
            os.close(file)

    @property
    def _lock_file(self) -> Path:
        return self.folder / _LOCK

    @property
    def holder(self) -> int | None:
        """The process that holds the lock, or was the last to hold it."""
        try:
            return int(self._lock_file.read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def switch_file(self, plan: str) -> Path:
        """Return the file that the plan's switch holds locked while it watches."""
        return self.folder / f"switch-{plan}"

    def is_watched(self, plan: str) -> bool:
        """Return whether a switch watches the plan."""
        try:
            with self.switch_file(plan).open("r", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def begin(self, undertaking: Undertaking) -> Undertaking:
        """Write the plan down with all its tasks; return it with its id."""
        with self._transaction():
            row = self._base.execute(
                "INSERT INTO plans (host, boot_id, begun_at, question, state) VALUES (?, ?, ?, ?, ?)",
                (undertaking.host, undertaking.boot_id, undertaking.begun_at,
                 msgspec.json.encode(undertaking.question), undertaking.state),
            )  # fmt: skip
            self._base.executemany(
                "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.lastrowid,
                        number,
                        each.repair,
                        steps_to_json((each.step,)),
                        each.lasting,
                        each.state,
                        each.said,
                    )
                    for number, each in enumerate(undertaking.tasks)
                ],
            )
            self._forget_old()
        return msgspec.structs.replace(undertaking, id=str(row.lastrowid))

    def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
        """Write down what becomes of a task."""
        with self._transaction():
            self._base.execute(
                "UPDATE tasks SET state = ?, said = ? WHERE plan = ? AND number = ?", (state, said, int(plan), number)
            )

    def start(self, plan: str, number: int) -> bool:
        """Write down that a task begins; return whether the plan is still to be carried out.  At that moment nobody
        else can seize it."""
        with self._transaction():
            row = self._base.execute(
                "UPDATE tasks SET state = 'running', said = '' WHERE plan = ? AND number = ?"
                " AND EXISTS (SELECT 1 FROM plans WHERE id = plan AND state IN ('open', 'keeping'))",
                (int(plan), number),
            )
            return row.rowcount == 1

    def end(self, plan: str, state: PlanState) -> None:
        """Write down how the plan stands."""
        with self._transaction():
            self._base.execute("UPDATE plans SET state = ? WHERE id = ?", (state, int(plan)))
        if state in ("applied", "taken-back", "partly") and not self.is_watched(plan):
            with suppress(OSError):  # of a switch that was killed: nothing is under way any more
                self.switch_file(plan).unlink(missing_ok=True)

    def seize(self, plan: str) -> bool:
        """Take an open plan over, so that nobody carries it on; return whether it was open."""
        return self._pass(plan, "ending")

    def pass_on(self, plan: str) -> bool:
        """Tell the switch that an open plan is well; return whether it was open."""
        return self._pass(plan, "keeping")

    def _pass(self, plan: str, state: PlanState) -> bool:
        with self._transaction():
            row = self._base.execute("UPDATE plans SET state = ? WHERE id = ? AND state = 'open'", (state, int(plan)))
            return row.rowcount == 1

    def known(self, plan: str) -> Undertaking:
        """Return the plan of that id.  Raises ApplyError if there is none."""
        found = self.find(plan)
        if found is None:
            raise ApplyError(message("no plan {plan} in the journal; `hairpin undo --list` names them", plan=plan))
        return found

    def all(self) -> tuple[Undertaking, ...]:
        """Return every plan, the newest first."""
        with self._complaining(), closing(self._base.execute("SELECT id FROM plans ORDER BY id DESC")) as rows:
            return tuple(self._read(number) for (number,) in rows.fetchall())

    def find(self, plan: str) -> Undertaking | None:
        """Return the plan of that id; None if there is none.  The switch asks so five times a second."""
        if not plan.isdecimal():
            return None
        with self._complaining():
            there = self._base.execute("SELECT 1 FROM plans WHERE id = ?", (int(plan),)).fetchone()
            return self._read(int(plan)) if there is not None else None

    def keep_copy(self, destination: str, plan: Undertaking) -> None:
        """Keep how a plan of another host stands, whose own journal is on that host."""
        with self._transaction():
            self._base.execute(
                "INSERT OR REPLACE INTO copies VALUES (?, ?, ?)", (destination, plan.id, msgspec.json.encode(plan))
            )
            self._base.execute(
                "DELETE FROM copies WHERE rowid NOT IN (SELECT rowid FROM copies ORDER BY rowid DESC LIMIT ?)", (_KEPT,)
            )

    def copies(self, destination: str) -> tuple[Undertaking, ...]:
        """Return what was kept of the plans of another host, the newest first."""
        with self._complaining():
            rows = self._base.execute(
                "SELECT undertaking FROM copies WHERE destination = ? ORDER BY CAST(plan AS INTEGER) DESC",
                (destination,),
            ).fetchall()
        return tuple(msgspec.json.decode(copy, type=Undertaking) for (copy,) in rows)

    def _read(self, number: int) -> Undertaking:
        host, boot_id, begun_at, question, state = self._base.execute(
            "SELECT host, boot_id, begun_at, question, state FROM plans WHERE id = ?", (number,)
        ).fetchone()
        tasks = self._base.execute(
            "SELECT repair, step, lasting, state, said FROM tasks WHERE plan = ? ORDER BY number", (number,)
        ).fetchall()
        return Undertaking(
            str(number), host, boot_id, begun_at, msgspec.json.decode(question, type=tuple[str, ...]), state,
            tuple(Task(repair, steps_from_json(step)[0], bool(lasting), how, said)
                  for repair, step, lasting, how, said in tasks),
        )  # fmt: skip

    def _forget_old(self) -> None:
        """Forget the oldest plans beyond the number and the size that are kept: never the newest, nor one that is in
        force."""
        rows = self._base.execute(
            "SELECT id, state, (SELECT total(length(step)) FROM tasks WHERE plan = id) FROM plans ORDER BY id DESC"
        ).fetchall()
        sizes = accumulate(size for *_, size in rows)
        for number, ((plan, state, _), size) in enumerate(zip(rows, sizes, strict=True)):
            if number and state == "taken-back" and (number >= _KEPT or size > _KEPT_BYTES):
                self._base.execute("DELETE FROM plans WHERE id = ?", (plan,))
        forget_backups(self.folder, frozenset(str(each) for (each,) in self._base.execute("SELECT id FROM plans")))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._complaining(), self._base:  # commits, or rolls back
            self._base.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _complaining(self) -> Generator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise JournalError(_unusable(self.folder, error)) from error


def last_in_force(book: PlanBook) -> Undertaking | None:
    """Return the newest plan that can be taken back; one of which a part has stayed only if there is no other."""
    known = [each for each in book.all() if each.state != "taken-back"]
    return next((each for each in known if each.state != "partly"), known[0] if known else None)


def _opened(path: Path) -> int:
    """Open the file, for reading where it cannot be written: a lock needs no more."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.ENOSPC):
            raise
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)


class Unwritable:
    """A journal that may no longer be written, since its disk is full or cannot be written: all that a plan has changed
    is taken back in spite of it.  What the journal then still says is half done, the next command finds taken back."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
        with suppress(JournalError):
            self._journal.mark(plan, number, state, said)

    def end(self, plan: str, state: PlanState) -> None:
        with suppress(JournalError):
            self._journal.end(plan, state)

    def seize(self, plan: str) -> bool:
        """Take the plan over; return whether it was open, or may be."""
        try:
            return self._journal.seize(plan)
        except JournalError:
            return True


def _refuse_foreign(folder: Path) -> None:
    """Raise JournalError if others may write into the folder: they could hand over steps to carry out."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise JournalError(message("{folder} can be written by others, so its journal is not trusted", folder=folder))


def _unusable(folder: Path, error: Exception) -> Message:
    return message("the journal in {folder} cannot be used: {reason}", folder=folder, reason=error)
