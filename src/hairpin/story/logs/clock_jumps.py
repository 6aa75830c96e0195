"""When the host's clock was put forward or back."""

from collections.abc import Iterator
from itertools import pairwise

from hairpin.message import message
from hairpin.story.entry import StoryEntry
from hairpin.story.traces import Traces, boot_offsets


def clock_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield each jump of the clock that the journal shows: its entries have the time by the clock and by the uptime."""
    for jumps in boot_offsets(traces).values():
        last = jumps[-1][1]
        for (_, before, _), (uptime, after, evidence) in pairwise(jumps):
            seconds = round(abs(after - before))
            yield StoryEntry(
                at=last + uptime,
                kind="clock",
                what=(
                    message("the clock was put forward by {seconds} s: what was before in this boot is told by the "
                            "right time", seconds=seconds)
                    if after > before
                    else message("the clock was put back by {seconds} s: what was before in this boot is told by the "
                                 "right time", seconds=seconds)
                ),
                subject="clock",
                evidence=evidence,
                host=traces.host,
            )  # fmt: skip
