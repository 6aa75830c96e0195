"""The layout of a picture of a packet's path: the position of each place, step and label.  ``way_figure`` draws it.

The path goes down: hosts and their namespaces are frames around its line, each step is a point on the line with its
label beside it.  While the packet is in docker-proxy or in a tunnel, the line is shifted to the right.  All numbers are
in units of the picture, which is ``WIDTH`` wide.  Labels use a monospaced font (``CELL`` is the width of a column).
Therefore no browser has to measure the labels.
"""

from itertools import zip_longest
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.report.paper import cells, wrapped
from hairpin.report.places import Places
from hairpin.report.printable import printable
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.text.path import briefly, is_policy, stage_text, way_back
from hairpin.report.text.ways import FlowWay, change, headers, packets_inside
from hairpin.report.words import Words
from hairpin.walk.state import Step, Stop

WIDTH = 320.0
CELL = 7.35
"""The width of one text column.

The monospaced font has a size of 12 units, and its advance is at most 0.61 of its size."""
_LINE = 16.0
_MARGIN, _PADDING, _LINE_AT, _DETOUR, _BESIDE = 1.0, 6.0, 24.0, 18.0, 13.0
"""Distances: the margin of the picture; the padding between nested frames; the position of the packet's line; the shift
of the line in a detour; the distance between a label and the line."""
_LEAST_COLUMNS = 16
_LEAST_ROUNDS = 3

FrameKind = Literal["host", "netns", "outside"]
Mark = Literal["start", "again", "quiet", "decided", "mended", "stop", "reached", "missed"]
LabelStyle = Literal["place", "stage", "quiet", "told", "bad", "end"]


class Label(msgspec.Struct, frozen=True):
    """One line of text in a picture.  ``y``: the position of the text's base line."""

    text: str
    x: float
    y: float
    style: LabelStyle


class PlaceFrame(msgspec.Struct, frozen=True):
    """The frame of a host, of a namespace or of the outside, around the steps that the packet takes in it.

    ``name``: the name that the walk uses; empty for the outside."""

    kind: FrameKind
    name: str
    x: float
    y: float
    width: float
    height: float
    title: tuple[Label, ...]


class Point(msgspec.Struct, frozen=True):
    """A point on the line: a step, or an end of the path, for which ``step`` is None.  ``number``: the step's number in
    the path.  ``whole``: the full text of the step, if the labels show only a part of it."""

    x: float
    y: float
    mark: Mark
    labels: tuple[Label, ...]
    step: Step | None = None
    number: int | None = None
    whole: str = ""


class Rounds(msgspec.Struct, frozen=True):
    """Steps that the packet repeats.

    From the step ``first`` on, the packet takes ``length`` steps, ``count`` times in all."""

    first: int
    length: int
    count: int

    def repeats(self, number: int) -> bool:
        """Return whether the step with this number is in the second round or a later round."""
        return self.first + self.length <= number < self.first + self.length * self.count


class Picture(msgspec.Struct, frozen=True):
    """A path with the positions of all its parts, from top to bottom.  The first point is the start of the path, the
    last point its end.

    ``rounds``: the rounds of a loop.  Only the first round is drawn, and a point with the number of repetitions follows
    it."""

    way: FlowWay
    height: float
    frames: tuple[PlaceFrame, ...]
    points: tuple[Point, ...]
    rounds: Rounds | None = None


_FIRST_AT_START = ("outside", "output-route", "output")
_LAST_AT_END = ("outside", "socket")
"""If the first step has a stage of ``_FIRST_AT_START``, the start of the path is drawn in the frame of this step.

If the last step has a stage of ``_LAST_AT_END``, the end of the path is drawn in the frame of this step."""


def picture_of(way: FlowWay, words: Words, places: Places, without: FlowWay | None = None) -> Picture:
    """Return the picture.

    ``without``: the same path without the repair.  The first step that differs from the path ``without`` is marked."""
    layout = _Layout(words, places)
    depths, mended = _depths(way.steps), _first_difference(way, without)
    at_stop = len(way.steps) - 1 if way.stop is not None and way.steps and _is_at(way.steps[-1], way.stop) else None
    rounds = _rounds(way.steps)
    if way.steps and way.steps[0].stage in _FIRST_AT_START:
        layout.enter(way.steps[0], 0)
    layout.end(way.start, "start")
    for number, step in enumerate(way.steps):
        if rounds is not None and rounds.repeats(number):
            if number == rounds.first + rounds.length:
                layout.again(rounds)
            continue
        layout.enter(step, depths[number])
        if number == at_stop and way.stop is not None:
            layout.stop(step, way.stop, number)
        else:
            layout.step(way.steps, number, mended=number == mended)
    if way.stop is not None and at_stop is None:
        last = Step(way.stop.netns, way.stop.stage, way.stop.link, way.stop.seen.packet, way.stop.decided_by)
        layout.enter(last, 0)
        layout.stop(last, way.stop, None)
    if way.stop is not None or not way.steps or way.steps[-1].stage not in _LAST_AT_END:
        layout.leave()
    layout.end(way.end, "reached" if way.stop is None else "missed")
    layout.leave()
    return Picture(way, layout.y + _MARGIN, tuple(layout.frames), tuple(layout.points), rounds)


def _rounds(steps: tuple[Step, ...]) -> Rounds | None:
    """Return the rounds of a loop with at least three rounds; None if the packet is in no such loop."""
    seen = [_essence(each) for each in steps]
    for first in range(len(seen)):
        for length in range(1, (len(seen) - first) // _LEAST_ROUNDS + 1):
            count = 1
            while seen[first : first + length] == seen[first + length * count : first + length * (count + 1)]:
                count += 1
            if count >= _LEAST_ROUNDS:
                return Rounds(first, length, count)
    return None


def short_lines(text: str, columns: int) -> list[str]:
    """Return the text in lines of at most this many columns.  A longer word is broken."""
    lines: list[str] = []
    for line in wrapped(printable(text), columns):
        rest = line
        while cells(rest) > columns:
            kept = _fitting(rest, columns)
            lines.append(kept)
            rest = rest[len(kept) :]
        lines.append(rest)
    return lines


def _fitting(text: str, columns: int) -> str:
    """Return the longest beginning of the text that fits into the columns, but at least one character."""
    width = 0
    for number, character in enumerate(text):
        width += cells(character)
        if width > columns and number:
            return text[:number]
    return text


def _is_at(step: Step, stop: Stop) -> bool:
    return (step.netns, step.stage, step.link) == (stop.netns, stop.stage, stop.link)


def _first_difference(way: FlowWay, without: FlowWay | None) -> int | None:
    """Return the number of the first step that differs from the path ``without``; None if no step differs, or if there
    is no other path."""
    if without is None:
        return None
    for number, (step, other) in enumerate(zip_longest(way.steps, without.steps)):
        if step is None:
            break
        if other is None or _essence(step) != _essence(other):
            return number
    return None


def _essence(step: Step) -> tuple[object, ...]:
    return step.netns, step.stage, step.link, step.decided_by, step.note, headers(step.packet)


def _depths(steps: tuple[Step, ...]) -> list[int]:
    """Return the depth of each step: the number of tunnels that carry the packet, plus one in a proxy."""
    depths = [len(inside) for inside in packets_inside(steps)]
    for number, step in enumerate(steps):
        if step.stage == "relay":
            depths[number] += 1
            if number and steps[number - 1].stage == "socket":
                depths[number - 1] += 1
    return depths


class _Open(msgspec.Struct, frozen=True):
    """A frame whose lower edge is not known yet."""

    kind: FrameKind
    name: str
    x: float
    y: float
    title: tuple[Label, ...]


class _Layout:
    """Computes the positions of a picture's parts, from top to bottom."""

    def __init__(self, words: Words, places: Places) -> None:
        self._words, self._places = words, places
        self.y = _MARGIN
        self.frames: list[PlaceFrame] = []
        self.points: list[Point] = []
        self._open: list[_Open] = []
        self._line_x = _LINE_AT

    def end(self, text: str, mark: Mark) -> None:
        """Add the point for the start or the end of the path."""
        self._line_x = _LINE_AT
        self._point(mark, [(text, "end")])
        self.y += 3

    def enter(self, step: Step, depth: int) -> None:
        """Open the frames around the next step, and close the frames that the packet has left."""
        self._line_x = _LINE_AT + _DETOUR * depth
        outside = step.stage == "outside"
        wanted: list[tuple[FrameKind, str, Message]] = []
        if outside:
            wanted.append(("outside", "", message("outside")))
        else:
            wanted.append(("host", step.netns.host, message("host {name}", name=step.netns.host or "-")))
            if not step.netns.is_host:
                wanted.append(("netns", step.netns.name, _netns_title(step.netns)))
        kept = 0
        while (
            kept < min(len(self._open), len(wanted))
            and (self._open[kept].kind, self._open[kept].name) == wanted[kept][:2]
        ):
            kept += 1
        self.leave(kept)
        for kind, name, title in wanted[kept:]:
            x = _MARGIN + _PADDING * len(self._open)
            top = self.y
            self.y += 2
            labels = self._labels(self._words(title), "place", _LINE_AT + _BESIDE)
            self._open.append(_Open(kind, name, x, top, labels))

    def leave(self, kept: int = 0) -> None:
        """Close all open frames except the ``kept`` outermost frames."""
        while len(self._open) > kept:
            each = self._open.pop()
            self.y += 3
            self.frames.append(
                PlaceFrame(each.kind, each.name, each.x, each.y, WIDTH - 2 * each.x, self.y - each.y, each.title)
            )
            self.y += 5

    def step(self, steps: tuple[Step, ...], number: int, *, mended: bool) -> None:
        """Add a step that the packet passes."""
        step = steps[number]
        told = "" if is_policy(step.decided_by) else briefly(step.decided_by) or self._decided(step)
        if step.note == "reverse path":
            told = self._words(way_back(step, told))
        translated = change(steps[number - 1].packet, step.packet) if number else ""
        mark: Mark = "mended" if mended else "decided" if told or translated else "quiet"
        self._point(mark, [(told, "told"), (translated, "told")], step, number, self._decided(step))

    def again(self, rounds: Rounds) -> None:
        """Add the point from which the packet repeats a round."""
        self._line_x = _LINE_AT
        said = message("the same {steps} steps follow {count} more times", steps=rounds.length, count=rounds.count - 1)
        self._point("again", [(self._words(said), "told")])

    def stop(self, step: Step, stop: Stop, number: int | None) -> None:
        """Add the step at which the packet stops, with the full reason for the stop."""
        decided = decided_text(stop.decided_by, self._words)
        why = "" if stop.reason == "loop" and decided else self._words(stop_sentence(stop))
        self._point("stop", [(decided, "bad"), (why, "bad")], step, number)

    def _decided(self, step: Step) -> str:
        return decided_text(step.decided_by, self._words)

    def _point(
        self,
        mark: Mark,
        told: list[tuple[str, LabelStyle]],
        step: Step | None = None,
        number: int | None = None,
        whole: str = "",
    ) -> None:
        top, x = self.y, self._line_x + _BESIDE
        labels: list[Label] = []
        if step is not None and (step.stage != "outside" or step.link or any(text for text, _ in told)):
            place = f"{stage_text(step.stage, self._words)}  {step.link}".rstrip()
            labels += self._labels(place, "quiet" if mark == "quiet" else "stage", x)
        for text, style in told:
            labels += self._labels(text, style, x) if text else ()
        self.y += 0 if mark == "quiet" else 4
        y = top + _LINE / 2 if labels else top - _LINE / 2  # without labels, the point stands beside the frame's title
        self.points.append(Point(self._line_x, y, mark, tuple(labels), step, number, whole))

    def _labels(self, text: str, style: LabelStyle, x: float) -> tuple[Label, ...]:
        """Return the text as labels, one per line, below the labels that are already there."""
        columns = max(_LEAST_COLUMNS, int((WIDTH - _MARGIN - 2 * _PADDING - x) / CELL))
        made: list[Label] = []
        for line in short_lines(text, columns):
            self.y += _LINE
            made.append(Label(line, x, self.y - 4, style))
        return tuple(made)


def _netns_title(netns: Netns) -> Message:
    kind, _, name = netns.name.partition(":")
    if kind == "container" and name:
        return message("container {name}", name=name)
    return message("network namespace {name}", name=name or netns.name)
