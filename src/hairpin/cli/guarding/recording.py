"""Keeps and tells what a guard sees: the memory, the kept snapshots, the alerts and the metrics, and what is blind."""

import time
from collections.abc import Callable, Iterable
from typing import Self

import msgspec

from hairpin.cli.face.asked import Shown
from hairpin.cli.face.output import complain, words
from hairpin.cli.guarding.alerting import AlertDesk
from hairpin.cli.guarding.metering import Meter
from hairpin.cli.guarding.snapshots import SnapshotKeeper
from hairpin.errors import EvidenceError
from hairpin.expect.expectation import Expectations
from hairpin.expect.settings import GuardSettings
from hairpin.guard.memory import FILE, FOLDER, Memory
from hairpin.guard.record import Recording, blind_parts
from hairpin.guard.round import Round
from hairpin.message import Message, message
from hairpin.report.documents.guard_document import round_document
from hairpin.report.words import Words

_AGAIN_S = 60.0
"""How often a memory that could not be opened is tried again, in seconds."""


class Recorder:
    """Heeds each round, after those who repair and tell.  Everything here survives a full disk and a folder that
    became read-only: the guard says so, and goes on watching."""

    def __init__(
        self, watch_blind: Callable[[], Iterable[Message]], expected: Expectations, file: str, shown: Shown
    ) -> None:
        """``watch_blind``: returns what cannot be watched now.  ``file``: the file of the expectations.

        Raises UsageError if the file of a webhook cannot be used."""
        self._watch_blind = watch_blind
        self._file, self._shown = file, shown
        self._failed: Message | None = None
        self._settings = expected.guard
        self._began_s = time.time()
        self._is_settled = True
        self._desk = AlertDesk(expected.alerts, lambda: self._memory, words(shown.lang))
        self._meter = Meter(expected.guard)
        self._snapshots = SnapshotKeeper(expected.guard)
        self._memory, self._no_memory = self._open_memory(self._began_s)
        self._recording = Recording(self._memory.number if self._memory is not None else 0)
        self.blind = self._blind_now()
        if self._memory is not None:
            self._memory.see(tuple(map(str, self.blind)), blind_parts(self._watch_blind()))
        self._meter.totals.blind = len(self.blind)
        if self.blind:
            self._desk.see(self._began_s, self.blind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._meter.deliver(self._desk.close())
        self._meter.close()
        if self._memory is not None:
            self._memory.end(time.time())
            self._memory.__exit__()

    def heed(self, found: Round) -> None:
        """Keep the round, and tell it to those who want to know."""
        now = time.time()
        self._failed = found.failed if found.held is None else None
        self._desk.heed(found)
        self._keep(found, now)
        self._snapshots.heed(found)
        self._meter.heed(found)
        self._is_settled = False
        self._look(now)

    def beat(self, *, heard: bool) -> None:
        """Keep that the guard lives.  ``heard``: whether the kernel told of a change since the last call."""
        now = time.time()
        if self._memory is None and now - self._tried_s >= _AGAIN_S:
            self._memory, self._no_memory = self._open_memory(now)
            self._recording = Recording(self._memory.number if self._memory is not None else 0)
        if self._memory is not None:
            if not heard and not self._is_settled:
                self._memory.settle(now)
                self._is_settled = True
            self._memory.beat(now)
        self._meter.deliver(self._desk.ended())
        self._look(now)
        self._meter.beat(now)

    def _open_memory(self, now_s: float) -> tuple[Memory | None, Message | None]:
        """Return the memory of this host's guards, or the reason why nothing is kept."""
        self._tried_s = now_s
        limits: GuardSettings = self._settings
        try:
            memory = Memory(FOLDER / FILE, writes=True, most_bytes=limits.history_bytes, oldest_s=limits.history_s)
            memory.begin(self._file, self._began_s, tuple(map(str, self._watch_blind())))
        except EvidenceError as error:
            return None, message("no history is kept: {reason}", reason=error.said)
        return memory, None

    def _keep(self, found: Round, now_s: float) -> None:
        memory = self._memory
        if memory is None:
            return
        blind = () if found.changes else self.blind
        document = round_document(found, blind, Words("en"))
        tells = found.is_told
        recorded = self._recording.record(found, blind=self._watch_blind())
        memory.keep(found.at_s, msgspec.json.encode(document) if tells else None, recorded)
        memory.beat(now_s, (document.expectations, document.broken))

    def _blind_now(self) -> tuple[Message, ...]:
        """Return what the guard cannot watch or do now."""
        found: list[Message | None] = [*self._watch_blind(), self._no_memory, self._meter.trouble,
                                       self._snapshots.trouble]  # fmt: skip
        if self._memory is not None:
            found.append(self._memory.failure)
        if self._failed is not None:
            found.append(message("the host could not be read: {reason}", reason=self._failed))
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def _look(self, now_s: float) -> None:
        """Say aloud what became blind, and that the guard sees everything again."""
        memory = self._memory
        if memory is not None and memory.said is not None:
            complain(memory.said, self._shown.lang)
            memory.said = None
        blind = self._blind_now()
        if blind == self.blind:
            return
        for each in blind:
            if each not in self.blind:
                complain(message("blind: {said}", said=each), self._shown.lang)
        if not blind:
            complain(message("the guard sees everything again"), self._shown.lang)
        self.blind = blind
        self._meter.totals.blind = len(blind)
        self._desk.see(now_s, blind)
        if memory is not None:
            memory.see(tuple(map(str, blind)), blind_parts(self._watch_blind()))
