"""Where a process can be killed: before, inside and after each journal write and each act of a step.

``inside``: of a command, while it runs; of a file, between two of its system calls; of a journal write, before its
commit.
"""

import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hairpin.carry.run
from hairpin.apply.journal import Journal
from hairpin.carry.act import Act, Command, Done


class Moments:
    """Counts the moments of this process, and ends it by SIGKILL at that of the number.  ``labels``: what they were,
    with the seconds that a command took."""

    def __init__(self, kill_at: int | None = None, fraction: float = 0.0, took: float = 0.0) -> None:
        self.labels: list[tuple[str, float]] = []
        self.kill_at = kill_at
        self.within = fraction * took
        self.act = ""

    def meet(self, label: str, took: float = 0.0) -> bool:
        """Count one moment; return whether it is the one at which to end, which ``inside a command`` does later."""
        number = len(self.labels)
        self.labels.append((label, took))
        return number == self.kill_at

    def pass_by(self, label: str) -> None:
        if self.meet(label):
            end()

    def install(self) -> None:
        """Watch this process from now on."""
        self._watch_journal()
        self._watch_acts()
        self._watch_files()

    def _watch_journal(self) -> None:
        original = Journal._transaction  # pyright: ignore[reportPrivateUsage]
        moments = self

        @contextmanager
        def transaction(journal: Journal) -> Generator[None]:
            moments.pass_by("before a journal write")
            with original(journal):
                yield
                moments.pass_by("inside a journal write")
            moments.pass_by("after a journal write")

        for name in ("_transaction",):
            setattr(Journal, name, transaction)

    def _watch_acts(self) -> None:
        original = hairpin.carry.run.do
        moments = self

        def do(act: Act) -> Done:
            name = _name(act)
            moments.pass_by(f"before {name}")
            number = len(moments.labels)
            if isinstance(act, Command):
                if moments.meet(f"inside {name}"):
                    threading.Timer(moments.within, end).start()
                began = time.monotonic()
                done = original(act)
                moments.labels[number] = (f"inside {name}", time.monotonic() - began)
                if number == moments.kill_at:
                    end()  # it was quicker this time
            else:
                moments.act = name
                done = original(act)
                moments.act = ""
            moments.pass_by(f"after {name}")
            return done

        hairpin.carry.run.do = do

    def _watch_files(self) -> None:
        """Watch the system calls by which a file is replaced, where they are made for that."""
        for owner, name in ((os, "fsync"), (os, "replace"), (os, "ftruncate"), (Path, "unlink"), (os, "fchmod")):
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, call: Any) -> Any:
        def watched(*arguments: Any, **named: Any) -> Any:
            if self.act:
                self.pass_by(f"inside {self.act}")
            found = call(*arguments, **named)
            if self.act:
                self.pass_by(f"inside {self.act}")
            return found

        return watched


def end() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def _name(act: Act) -> str:
    if isinstance(act, Command):
        words = [each for each in act.argv if not each.startswith("-")]
        return " ".join(
            ("a", "call" if words[0] in _MANAGERS else "command", *words[: 2 if words[0] == "docker" else 1])
        )
    if act.after is None:
        return "a file's deletion"
    return "a file's replacement"


_MANAGERS = ("firewall-cmd", "ufw", "docker", "podman", "systemctl")
