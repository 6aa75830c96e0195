"""The process that sends the probes of one flow and watches the namespaces on their path.

It is a child of hairpin's process, because it enters namespaces.  All that it makes ends with it, also when it is
killed: sockets, the table of the trace, which has an owner, the events of the kernel's drops, and the mount of these
events, which is in a mount namespace of its own.
"""

import os
import socket
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Literal

import msgspec

from hairpin.errors import ReplicaError
from hairpin.host.netns import Netns
from hairpin.judges.observation import LiveObservation, MovedCounter, ProbeAttempt, TracedVerdict
from hairpin.live.moved import moved_counters, read_counters
from hairpin.live.nft_trace import NftTrace, Traced
from hairpin.live.probing import BLOCK, ProbeOrder, send_probes
from hairpin.live.remote import send_from
from hairpin.live.taps import Capture, arrived_from, by_probe, ends_of, hops_of, open_tap
from hairpin.live.tracked import Tracked
from hairpin.message import Message, message
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP
from hairpin.replica.run.netns import die_with, enter, own_trace_events
from hairpin.replica.run.process_apart import ProcessApart, send, without_interrupts
from hairpin.replica.watch.drops import Drops
from hairpin.replica.watch.tap import SO_TIMESTAMPNS, Tap

_SETTLE_S = 0.15
"""The time after the last probe within which packets on their way are still seen."""
_LOOK_S = 0.02
_TIMEOUT_S = 600.0
_Does = Literal["drop", "reject", "other"]


class Watched(msgspec.Struct, frozen=True):
    """A namespace that is watched: the file by which it is entered, and the dialects of its rules; without dialects
    no counter of a rule is read."""

    netns: Netns
    file: str
    dialects: frozenset[str] = frozenset()


class LiveOrder(msgspec.Struct, frozen=True):
    """What the process does.

    ``start``: the namespace in which the probes start; None if another machine sends them, with ``probe_from`` and its
    address ``sender``.  ``ports``: the ports of the asked service at any hop.  ``watched``: the namespaces on the path,
    this host's own one first."""

    standpoint: str
    probes: ProbeOrder
    ports: tuple[int, ...]
    watched: tuple[Watched, ...]
    start: Netns | None = None
    probe_from: str = ""
    sender: str = ""
    sender_packed: bytes = b""


def observe(order: LiveOrder) -> LiveObservation:
    """Carry the order out in a child process, and return what was seen.

    Raises ReplicaError if the child ends early."""
    with without_interrupts():
        process = ProcessApart(partial(_work, order))
    try:
        data = process.answer(_TIMEOUT_S)
    finally:
        process.end()
    try:
        return msgspec.json.decode(data, type=LiveObservation)
    except msgspec.DecodeError as error:
        said = data.decode("utf-8", "replace").strip() or message("killed")
        raise ReplicaError(message("the process that sends the probes ended early: {said}", said=said)) from error


def _work(order: LiveOrder, write: int) -> None:
    send(write, msgspec.json.encode(_Watch(order).observation()))


class _Watch:
    """All that is open while the probes are sent."""

    def __init__(self, order: LiveOrder) -> None:
        self._order = order
        self._missing: dict[Message, None] = {}
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._files: dict[Netns, int] = {}
        for each in order.watched:
            with self._lacking(message("the network namespace {netns}", netns=each.netns)):
                self._files[each.netns] = os.open(each.file, os.O_RDONLY)
        with self._lacking(message("the kernel's drop reasons")):
            own_trace_events()
        self._drops = Drops()
        if not self._drops.available:
            self._missing.setdefault(message("the kernel's drop reasons"))
        # The kernel begins to record packet times only some time after the first socket has asked for them.
        self._clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._clock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._traces: list[NftTrace] = []
        self._tracked: list[Tracked] = []
        self._taps: list[Tap] = []
        for each in order.watched:
            if each.netns in self._files:
                self._open(each)
        self._capture = Capture(self._taps)

    def _open(self, watched: Watched) -> None:
        """Open the watchers of one namespace."""
        netns, probes = watched.netns, self._order.probes
        number = _protocol(probes)
        first, last = probes.first_sport, probes.first_sport + BLOCK - 1
        with self._inside(netns):
            with self._lacking(message("the packets in {netns}", netns=netns)):
                self._taps.append(open_tap(netns, self._order.ports))
            with self._lacking(message("nft's trace in {netns}", netns=netns)):
                self._traces.append(NftTrace(netns, Traced(number, first, last, self._order.sender_packed)))
            with self._lacking(message("the events of conntrack in {netns}", netns=netns)):
                self._tracked.append(Tracked(netns, number, first, last))

    @contextmanager
    def _inside(self, netns: Netns) -> Generator[None]:
        enter(self._files[netns])
        try:
            yield
        finally:
            enter(self._home)

    @contextmanager
    def _lacking(self, what: Message) -> Generator[None]:
        """Note ``what`` as missing if the kernel refuses."""
        try:
            yield
        except OSError as error:
            self._missing.setdefault(message("{what}: {reason}", what=what, reason=error.strerror or str(error)))

    def observation(self) -> LiveObservation:
        """Send the probes, and return what was seen."""
        order = self._order
        before = self._counters()
        self._drops.read()
        means, attempts, lacking = self._attempts()
        until = time.monotonic() + _SETTLE_S
        while time.monotonic() < until:
            time.sleep(_LOOK_S)
            self._drain()
        reasons = Counter(self._drops.read())
        traced = self._end_traces()
        after = self._counters()
        grown: list[MovedCounter] = []
        for each in self._files:
            grown += moved_counters(each, before[each], after[each])
        if self._capture.is_cut:
            self._missing.setdefault(message("some packets: there were more than hairpin keeps"))
        ports = frozenset(order.ports)
        probes = by_probe(self._capture.seen, attempts, order.start, order.sender, order.probes.patience_s)
        return LiveObservation(
            order.standpoint,
            order.probes.protocol,
            means,
            attempts,
            hops_of(probes, ports),
            ends_of(probes, attempts, ports),
            traced,
            tuple(reasons.most_common()) if order.start is not None else (),
            tuple(grown),
            tuple(each.counted() for each in self._tracked),
            tuple(self._files),
            tuple(self._missing),
            lacking,
            arrived_from(probes, ports, order.sender) if order.start is None else "",
        )

    def _attempts(self) -> tuple[str, tuple[ProbeAttempt, ...], Message | None]:
        order = self._order
        if order.start is None:
            guarded = partial(die_with, os.getpid())
            return send_from(order.probe_from, order.probes, self._drain, guarded)
        with self._inside(order.start):
            return "", send_probes(order.probes, self._drain), None

    def _drain(self) -> None:
        self._capture.drain()
        for trace in self._traces:
            trace.drain()
        for tracked in self._tracked:
            tracked.drain()

    def _end_traces(self) -> tuple[TracedVerdict, ...]:
        """Return what the traces say, and remove their tables."""
        found: list[TracedVerdict] = []
        for each in self._traces:
            with self._inside(each.netns):
                found += each.verdicts()
            each.close()
        self._traces.clear()
        return tuple(found)

    def _counters(self) -> dict[Netns, dict[tuple[str, _Does], int]]:
        found: dict[Netns, dict[tuple[str, _Does], int]] = {}
        for each in self._order.watched:
            if each.netns in self._files:
                with self._inside(each.netns):
                    found[each.netns] = read_counters(each.netns, each.dialects)
        return found


def _protocol(probes: ProbeOrder) -> int:
    """Return the number of the probes' protocol."""
    return {"tcp": TCP, "udp": UDP, "icmp": ICMP if probes.version == 4 else ICMP6}[probes.protocol]


def without_root(order: ProbeOrder, standpoint: str, missing: tuple[Message, ...]) -> LiveObservation:
    """Send the probes from this process and namespace, with nothing watched."""
    attempts = send_probes(order)
    return LiveObservation(standpoint, order.protocol, attempts=attempts, missing=missing)
