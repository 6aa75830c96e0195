"""The kernel's messages about links and full tables, and link managers' messages about carriers."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.message import Message, message
from hairpin.story.entry import Effect, StoryEntry
from hairpin.story.line import Line
from hairpin.story.traces import Traces

_LINK = re.compile(r"(?:^|[\s(])(?P<link>[\w.@-]+)\)?:? (?:NIC )?[Ll]ink is (?P<state>[Uu]p|[Dd]own)\b")
_NETWORKD = re.compile(r"^(?P<link>\S+): (?P<state>Lost|Gained) carrier")
_MANAGER = re.compile(r"\((?P<link>[^)]+)\): carrier: link (?P<state>connected|disconnected)")
_SHORT_S = 120.0
"""If a link gets its carrier back within this number of seconds, the carrier counts as only interrupted."""
_LOADED = "Bridge firewalling registered"
_FULL = (
    ("nf_conntrack: table full", message("the connection tracking table was full: new connections were dropped")),
    ("table overflow", message("the neighbour table was full: packets to new neighbours were dropped")),
    ("SYN flooding", message("a listening socket got more connections than its backlog can hold")),
)


class Carrier(msgspec.Struct, frozen=True):
    """A change of a link's carrier: the link has got or lost it."""

    link: str
    state: Literal["up", "down"]
    at: float
    evidence: str
    quote: str


def kernel_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield entries for the messages about carriers, br_netfilter, full tables and SYN floods.  All messages of one
    kind of full table, and all about SYN floods, are one entry with their first and last time."""
    lines = traces.lines("trace-kernel")
    yield from _carrier_entries(traces, _carriers(lines))
    for line in lines:
        if _LOADED in line.message:
            yield _entry(
                traces,
                line,
                message("the kernel loaded br_netfilter: from then on iptables sees bridged packets"),
                Effect(event="br-netfilter-load"),
            )
    for words, said in _FULL:
        found = [line for line in lines if words in line.message]
        if found:
            first = _entry(traces, found[0], said, None)
            yield msgspec.structs.replace(first, until=found[-1].at if len(found) > 1 else None)


def _entry(traces: Traces, line: Line, said: Message, effect: Effect | None) -> StoryEntry:
    return StoryEntry(
        at=line.at,
        kind="kernel",
        what=said,
        subject="kernel",
        evidence=line.evidence,
        effect=effect,
        quote=line.message,
        host=traces.host,
    )


def _carriers(lines: tuple[Line, ...]) -> Iterator[Carrier]:
    """Yield the changes of carriers.  A change that both the kernel and the link's manager log is yielded only once."""
    last: dict[str, Carrier] = {}
    for line in lines:
        found = (
            _LINK.search(line.message)
            if line.program in ("kernel", "")
            else _NETWORKD.match(line.message) or _MANAGER.search(line.message)
        )
        if found is None:
            continue
        state: Literal["up", "down"] = "up" if found["state"].lower() in ("up", "gained", "connected") else "down"
        carrier = Carrier(found["link"], state, line.at, line.evidence, line.message)
        before = last.get(carrier.link)
        if before is None or before.state != state or carrier.at - before.at > _SHORT_S:
            last[carrier.link] = carrier
            yield carrier


def _carrier_entries(traces: Traces, carriers: Iterator[Carrier]) -> Iterator[StoryEntry]:
    down: dict[str, Carrier] = {}
    for carrier in carriers:
        before = down.pop(carrier.link, None)
        if carrier.state == "down":
            if before is not None:
                yield _of_carrier(traces, before, None)
            down[carrier.link] = carrier
        elif before is not None and carrier.at - before.at <= _SHORT_S:
            yield _of_carrier(traces, before, carrier.at)
        else:
            if before is not None:
                yield _of_carrier(traces, before, None)
            yield _of_carrier(traces, carrier, None)
    for carrier in down.values():
        yield _of_carrier(traces, carrier, None)


def _of_carrier(traces: Traces, carrier: Carrier, again: float | None) -> StoryEntry:
    said = (
        message("{link} lost its carrier for {seconds} s", link=carrier.link, seconds=round(again - carrier.at))
        if again is not None
        else message("{link} lost its carrier", link=carrier.link)
        if carrier.state == "down"
        else message("{link} has a carrier", link=carrier.link)
    )
    return StoryEntry(
        at=carrier.at,
        kind="kernel",
        what=said,
        subject=carrier.link,
        evidence=carrier.evidence,
        until=again,
        effect=Effect(event="link-bounce", name=carrier.link) if again is not None else None,
        quote=carrier.quote,
        host=traces.host,
    )
