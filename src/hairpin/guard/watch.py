"""Joins what the kernel, engines and managers tell into bursts: changes that follow each other closely are one.

Everything is opened in the network namespace of the calling thread.  What could not be opened is named: a guard that
sees half of it is not silent about the other half.
"""

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from hairpin.guard.change import SeenChange
from hairpin.guard.culprit import Makers
from hairpin.guard.sources import audit, hearing
from hairpin.guard.sources.bus import Bus
from hairpin.guard.sources.config_files import ConfigFiles
from hairpin.guard.sources.conntrack_level import ConntrackLevel
from hairpin.guard.sources.engines import engines
from hairpin.guard.sources.legacy import LegacyTables
from hairpin.guard.sources.links import Links
from hairpin.guard.sources.nftables import Generations
from hairpin.guard.sources.processes import StartedProcesses
from hairpin.guard.sources.source import Source
from hairpin.guard.sources.sysctls import SysctlSource
from hairpin.guard.sources.told import unseen
from hairpin.message import Message, message

QUIET_S, LONGEST_S = 0.05, 0.5
"""A burst ends after this time without a change, and at the latest after the second time."""
MOST = 4096
"""The most changes of one burst; those that follow are the next one's."""
_LONGEST_MESSAGE = 1 << 20
_Opened = TypeVar("_Opened", bound=Source)


class Watch:
    """The sources of changes.  ``blind``: what cannot be watched, and why.  ``process``: the one that hears them."""

    def __init__(self) -> None:
        self.blind: list[Message] = []
        self.sees_nothing = False
        self.process = 0
        self._others: dict[int, Callable[[], None]] = {}
        self._begin()

    def _begin(self) -> None:
        """Open the sources, and start the process that hears them."""
        self.blind.clear()
        makers = Makers()
        processes = self._open(lambda: StartedProcesses(makers), message("which programs start"))
        rules = self._open(lambda: Generations(makers), message("the rules of nftables"))
        sysctls = self._open(lambda: SysctlSource(makers), message("who writes settings of the kernel"))
        files = self._open(lambda: ConfigFiles(makers), message("files that are loaded later"))
        links = self._open(lambda: Links(makers), message("links, addresses and routes"))
        tables = LegacyTables()
        records = self._audit(makers, tables)
        bus = Bus()
        if bus.complaint is not None:
            self.blind.append(bus.complaint)
        every = (
            processes, rules, sysctls, files, links, records, tables, ConntrackLevel(), *engines(makers, files), bus,
        )  # fmt: skip
        sources = [each for each in every if each is not None]
        self.sees_nothing = rules is None and links is None and sysctls is None
        self._heard, self.process = hearing.begin(sources, sysctls.mark_links if sysctls is not None else _nothing)

    def _open(self, make: Callable[[], _Opened], what: Message) -> _Opened | None:
        try:
            return make()
        except OSError as error:
            reason = error.strerror or str(error)
            self.blind.append(message("{what} cannot be watched: {reason}", what=what, reason=reason))
            return None

    def _audit(self, makers: Makers, tables: LegacyTables) -> Source | None:
        """Return audit's records where they are told, and say how they would be if there are tables they matter to."""
        with suppress(OSError):
            found = audit.Audit(makers, tables)
            if tables.are_there and not tables.is_told:
                self.blind.append(
                    message(
                        "the kernel does not tell who writes tables of iptables-legacy, because audit is off:"
                        " `{command}` switches it on",
                        command="auditctl -e 1",
                    )
                )
            return found
        if tables.are_there:
            self.blind.append(message("who writes tables of iptables-legacy cannot be watched: no audit records"))
        return None

    def heed(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call something whenever the descriptor can be read, while a burst is awaited.  No change comes of it."""
        self._others[descriptor] = call

    def leave(self, descriptor: int) -> None:
        """Heed the descriptor no more."""
        del self._others[descriptor]

    def burst(self, patience_s: float) -> tuple[SeenChange, ...]:
        """Return the changes of the next burst; none if there is no change for ``patience_s`` seconds.

        Of changes that are alike in all but the time, the first one stays."""
        found: dict[SeenChange, SeenChange] = {}
        self._hear(found, patience_s)
        until = time.monotonic() + LONGEST_S
        while found and len(found) < MOST and (left := until - time.monotonic()) > 0:
            if not self._hear(found, min(left, QUIET_S)):
                break
        return tuple(found.values())

    def _hear(self, found: dict[SeenChange, SeenChange], wait_s: float) -> bool:
        """Add what is told within this time, and return whether there was something."""
        until = time.monotonic() + wait_s
        while self._heard.fileno() not in (ready := self._ready(until - time.monotonic())):
            if not ready:
                return False
            for each in ready & self._others.keys():
                self._others[each]()
        data = self._heard.recv(_LONGEST_MESSAGE)
        if not data:  # the process that hears has ended
            self.close()
            self._begin()
            lost = unseen(time.time())
            found.setdefault(lost._replace(at_s=0), lost)
            return True
        for change in msgspec.msgpack.decode(data, type=list[SeenChange]):
            found.setdefault(change._replace(at_s=0.0), change)
        return True

    def _ready(self, wait_s: float) -> frozenset[int]:
        """Return the descriptors that can be read within this time."""
        poll = select.poll()
        for each in (self._heard.fileno(), *self._others):
            poll.register(each, select.POLLIN)
        return frozenset(each for each, _ in poll.poll(max(1, round(wait_s * 1000))))

    def close(self) -> None:
        """End the process that hears."""
        with suppress(OSError):
            self._heard.close()
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def _nothing() -> None:
    return
