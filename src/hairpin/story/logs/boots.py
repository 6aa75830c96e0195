"""Finds the boots of a host, from the journal's list of boots and from wtmp, and the jumps of the host's clock."""

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from hairpin.evidence.reading import Reading, moment
from hairpin.kept import kept
from hairpin.message import message
from hairpin.story.entry import Effect, StoryEntry
from hairpin.story.traces import Traces, boot_offsets

_LISTED = re.compile(
    r"^\s*-?\d+ (?P<id>[0-9a-f]{32}) \w{3} (?P<first>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\W+"
    r"\w{3} (?P<last>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC",
    re.MULTILINE,
)
_WTMP = re.compile(
    r"^(?P<what>reboot|shutdown)\s+system (?:boot|down)\s+(?P<kernel>\S+)\s+(?P<at>\d{4}-\d\d-\d\dT\S+|"
    r"\w{3} \w{3}\s+\d+ \d\d:\d\d:\d\d \d{4})",
    re.MULTILINE,
)
_LONG = re.compile(r"\w{3} (\w{3})\s+(\d+) (\d\d:\d\d:\d\d) (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KERNEL = re.compile(r"Linux version (\S+)")
_SAME_S = 180.0
"""The greatest difference in seconds between wtmp's time of a boot and the journal's first line of the same boot.

The record in wtmp is written later than the journal's first line."""
_DOWN_S = 300.0


class HostBoot(msgspec.Struct, frozen=True):
    """A boot of a host.

    ``begins`` and ``ends``: its first and its last time, in seconds since the epoch; ``ends`` is None for the present
    boot, and for a boot whose end no trace shows.  ``id``: the boot's id in the journal; empty for a boot that only
    wtmp shows.  ``kernel``: the kernel release; empty if it is unknown."""

    begins: float
    ends: float | None
    id: str
    kernel: str
    evidence: str


@kept
def boots_of(traces: Traces) -> tuple[HostBoot, ...]:
    """Return the boots of the host, the oldest boot first."""
    found = [boot for reading in traces.readings("trace-boots") for boot in _listed(reading)]
    downs: list[float] = []
    for reading in traces.readings("trace-wtmp"):
        for what, at, kernel in _written(reading):
            if what == "shutdown":
                downs.append(at)
                continue
            near = [index for index, each in enumerate(found) if abs(each.begins - at) <= _SAME_S]
            if near:
                found[near[0]] = msgspec.structs.replace(found[near[0]], kernel=kernel)
            else:
                found.append(HostBoot(at, None, "", kernel, reading.id))
    clock = traces.clock
    if clock.booted is not None and not any(abs(each.begins - clock.booted) <= _SAME_S for each in found):
        found.append(HostBoot(clock.booted, None, "", traces.evidence.kernel, clock.evidence))
    found.sort(key=lambda each: each.begins)
    if not found:
        return ()
    *earlier, last = found
    ended = (_ended(each, following.begins, downs) for each, following in zip(earlier, found[1:], strict=True))
    return (*ended, msgspec.structs.replace(last, ends=None, kernel=last.kernel or traces.evidence.kernel))


def _ended(boot: HostBoot, next_begins: float, downs: list[float]) -> HostBoot:
    """Return the boot with the time of its end.

    The end is the time of the shutdown in wtmp or of the boot's last line in the journal, whichever is later."""
    down = [each for each in downs if boot.begins < each <= next_begins]
    ends = max((*down, *(() if boot.ends is None else (boot.ends,))), default=None)
    return msgspec.structs.replace(boot, ends=ends)


def _listed(reading: Reading) -> Iterator[HostBoot]:
    for found in _LISTED.finditer(reading.text):
        first, last = moment(found["first"].replace(" ", "T")), moment(found["last"].replace(" ", "T"))
        if first is not None:
            yield HostBoot(first, last, found["id"], "", reading.id)


def _written(reading: Reading) -> Iterator[tuple[str, float, str]]:
    for found in _WTMP.finditer(reading.text):
        text, long = found["at"], _LONG.match(found["at"])
        if long is not None and long[1] in _MONTHS:
            text = f"{long[4]}-{_MONTHS.index(long[1]) + 1:02}-{int(long[2]):02}T{long[3]}"
        at = moment(text)
        if at is not None:
            yield found["what"], at, found["kernel"]


def boot_at(traces: Traces, at: float) -> HostBoot | None:
    """Return the boot that contains the time."""
    return next((each for each in reversed(boots_of(traces)) if each.begins - 1.0 <= at), None)


def ends_orderly(traces: Traces, boot: HostBoot) -> bool | None:
    """Return whether systemd stopped units before the boot ended; None if no log shows this."""
    if boot.ends is None:
        return None
    lines = [each for each in traces.lines("trace-units") if boot.begins <= each.at <= boot.ends + 1.0]
    if not lines:
        return None
    return any(each.message.startswith(("Stopped ", "Stopping ")) and boot.ends - each.at < _DOWN_S for each in lines)


def boot_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for the start and an entry for the end of each boot."""
    kernels = {
        line.boot: found[1]
        for line in traces.lines("trace-kernel")
        if line.boot and (found := _KERNEL.search(line.message)) is not None
    }
    before: HostBoot | None = None
    last_kernel = ""
    for boot in boots_of(traces):
        kernel = boot.kernel or kernels.get(boot.id, "")
        if before is not None and before.ends is not None:
            yield _end(traces, before, before.ends)
        changed = bool(kernel and last_kernel and kernel != last_kernel)
        said = (
            message("the host started, with kernel {kernel} instead of {before}", kernel=kernel, before=last_kernel)
            if changed
            else message("the host started, with kernel {kernel}", kernel=kernel)
            if kernel
            else message("the host started")
        )
        yield StoryEntry(
            at=boot.begins,
            kind="boot",
            what=said,
            subject=kernel or boot.id,
            evidence=boot.evidence,
            effect=Effect(event="kernel-upgrade" if changed else "reboot"),
            host=traces.host,
        )
        before, last_kernel = boot, kernel or last_kernel


def _end(traces: Traces, boot: HostBoot, at: float) -> StoryEntry:
    orderly = ends_orderly(traces, boot)
    said = (
        message("the host went down without stopping its units first: it crashed, or it lost its power")
        if orderly is False
        else message("the host went down")
    )
    return StoryEntry(at, "boot", said, boot.kernel or boot.id, boot.evidence, host=traces.host)


def clock_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each jump of the clock.  The journal shows jumps, because its entries contain both the clock's
    time and the uptime."""
    for jumps in boot_offsets(traces).values():
        last = jumps[-1][1]
        for (_, before, _), (uptime, after, evidence) in pairwise(jumps):
            seconds = round(abs(after - before))
            yield StoryEntry(
                at=last + uptime,
                kind="clock",
                what=(
                    message(
                        "the clock was set forward by {seconds} s: earlier entries of this boot are shown with the "
                        "corrected time", seconds=seconds)
                    if after > before
                    else message(
                        "the clock was set back by {seconds} s: earlier entries of this boot are shown with the "
                        "corrected time", seconds=seconds)
                ),
                subject="clock",
                evidence=evidence,
                host=traces.host,
            )  # fmt: skip
