"""Which flows fail alike, and a line for each flow or for many that are fine."""

from collections.abc import Sequence

import msgspec

from hairpin.answer.answer import FlowAnswer
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.report.paper import Paper, Style
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, Verdict

FEW = 6
"""Lines of one kind that are shown before the rest is only counted."""
_MARKS: dict[Verdict, tuple[str, Style]] = {
    "delivered": ("✓", "good"),
    "leaves": ("✓", "good"),
    "depends": ("?", "unsure"),
}


class Group(msgspec.Struct, frozen=True):
    """Flows that fail alike: the same verdict for the same causes, by their numbers in the report."""

    verdict: Verdict
    causes: tuple[str, ...]
    numbers: tuple[int, ...]


def groups(flows: Sequence[FlowAnswer]) -> tuple[Group, ...]:
    """Return the failing flows that fail alike together: those with a cause first, undecided ones last."""
    found: dict[tuple[Verdict, tuple[str, ...], str], list[int]] = {}
    for number, flow in enumerate(flows):
        if not flow.trace.succeeds:
            # Without a cause it is the place that makes flows alike.
            place = "" if flow.causes or flow.stop is None else f"{flow.stop.netns} {flow.stop.reason}"
            found.setdefault((flow.verdict, flow.causes, place), []).append(number)
    made = [Group(verdict, causes, tuple(numbers)) for (verdict, causes, _), numbers in found.items()]
    return tuple(sorted(made, key=lambda each: (not each.causes, each.verdict == "depends", each.numbers)))


def flow_text(flow: Flow) -> str:
    """Return ``192.0.2.10 → 198.51.100.2:8151/tcp (web)``."""
    origin = flow.start_text()
    named = flow.container and f"container:{flow.container}" != origin
    return f"{origin} → {flow.target_text()}" + (f" ({flow.container})" if named else "")


def folded(flows: Sequence[Flow], words: Words) -> list[str]:
    """Return one line for each published port, and one for what containers ask for alike."""
    into: dict[tuple[str, str], list[str]] = {}
    out: dict[str, list[str]] = {}
    for flow in flows:
        origin, to = flow.start_text(), flow.target_text()
        if flow.purpose in ("egress", "dns"):
            out.setdefault(origin, []).append(to)
        else:
            into.setdefault((flow.container or "", to.rpartition(":")[2]), []).append(origin.partition(" ")[0])
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
    """Write a line for each flow; of many only the first ones, unless all are asked for."""
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
