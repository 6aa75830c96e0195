"""Groups of flows that fail alike, and the line of each flow; many flows that succeed share a line."""

from collections.abc import Sequence

import msgspec

from hairpin.answer.answer import FlowAnswer
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.report.paper import Paper, Style
from hairpin.report.places import NO_HOSTS, Places
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, Verdict

FEW = 6
"""The most lines of one kind that are shown; further ones are only counted."""
_MARKS: dict[Verdict, tuple[str, Style]] = {
    "delivered": ("✓", "good"),
    "leaves": ("✓", "good"),
    "depends": ("?", "unsure"),
}


class Group(msgspec.Struct, frozen=True):
    """Flows that fail alike: with the same verdict and the same causes.  ``numbers``: their places in the report."""

    verdict: Verdict
    causes: tuple[str, ...]
    numbers: tuple[int, ...]


def groups(flows: Sequence[FlowAnswer]) -> tuple[Group, ...]:
    """Return the failing flows in groups: those with a cause first, undecided ones last."""
    found: dict[tuple[Verdict, tuple[str, ...], str], list[int]] = {}
    for number, flow in enumerate(flows):
        if not flow.succeeds:
            # Flows without a cause are alike if they stop at the same place for the same reason.
            place = (
                ""
                if flow.causes or flow.stop is None
                else f"{flow.stop.netns.host} {flow.stop.netns} {flow.stop.reason}"
            )
            found.setdefault((flow.verdict, flow.causes, place), []).append(number)
    made = [Group(verdict, causes, tuple(numbers)) for (verdict, causes, _), numbers in found.items()]
    return tuple(sorted(made, key=lambda each: (not each.causes, each.verdict == "depends", each.numbers)))


def flow_text(flow: Flow, places: Places = NO_HOSTS) -> str:
    """Return ``192.0.2.10 → 198.51.100.2:8151/tcp (web)``; of several hosts ``(web@node2)``."""
    origin, name = places.client(flow), places.container(flow)
    named = name and f"container:{name}" != origin
    return f"{origin} → {places.target(flow)}" + (f" ({name})" if named else "")


def folded(flows: Sequence[Flow], words: Words, places: Places = NO_HOSTS) -> list[str]:
    """Return one line for each published port or asked address, and one for all containers with the same
    destinations."""
    into: dict[tuple[str, str], list[str]] = {}
    out: dict[str, list[str]] = {}
    for flow in flows:
        origin, to = places.client(flow), places.target(flow)
        if flow.purpose in ("egress", "dns"):
            out.setdefault(origin, []).append(to)
        else:
            port = to if flow.purpose == "asked" else to.rpartition(":")[2]
            into.setdefault((places.container(flow), port), []).append(places.client_name(flow))
    lines = [
        words(message("{port} ({name}) from {origins}", port=port, name=name or "-", origins=_joined(origins)))
        for (name, port), origins in into.items()
    ]
    alike: dict[str, list[str]] = {}
    for origin, targets in out.items():
        alike.setdefault(_joined(targets), []).append(origin)
    return [*lines, *(f"{_joined(origins)} → {targets}" for targets, origins in alike.items())]


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def write_flows(lines: list[str], verdict: Verdict, words: Words, paper: Paper, *, all_: bool) -> None:
    """Write a line for each flow; of many only the first ones, except with ``all_``."""
    shown = lines if all_ or len(lines) <= FEW else lines[: FEW - 1]
    for line in shown:
        verdict_line(verdict, line, words, paper)
    if len(shown) < len(lines):
        more = words(message("and {count} more (-v lists them)", count=len(lines) - len(shown)))
        verdict_line(verdict, more, words, paper)


def verdict_line(verdict: Verdict, text: str, words: Words, paper: Paper) -> None:
    """Write ``✓ delivered  TEXT``."""
    mark, style = _MARKS.get(verdict, ("✗", "bad"))
    paper.prose(text, first=f"{mark} {words(VERDICTS[verdict])}  ", first_style=style)
