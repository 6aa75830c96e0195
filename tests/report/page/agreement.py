"""Whether a picture is its trace: each step is a point, in the trace's order, in the frame of its place.

``disagreements`` reads the SVG's own structure, as a browser or a screen reader has it, and not the layout.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.report.page.picture import Rounds, picture_of
from hairpin.report.page.way_figure import drawing
from hairpin.report.places import NO_HOSTS
from hairpin.report.text.ways import FlowWay, ways
from hairpin.report.words import Words
from hairpin.walk.state import Step
from hairpin.walk.trace import Trace


def disagreements(trace: Trace, words: Words) -> Iterator[str]:
    """Yield what differs between the trace and the pictures of its usual branch."""
    for way in ways(trace, trace.usual):
        picture = picture_of(way, words, NO_HOSTS)
        yield from (f"{way.kind}: {said}" for said in _of_way(way, picture.rounds, drawing(picture, "-", "w")))


def _of_way(way: FlowWay, rounds: Rounds | None, svg: Element) -> Iterator[str]:
    points = [each for each in svg.iter("g") if "point" in str(each.get("class")).split()]
    start, *steps, end = points
    drawn = [each for each in steps if each.get("data-step") is not None]
    wanted = [each for each in range(len(way.steps)) if rounds is None or not rounds.repeats(each)]
    if [int(str(each.get("data-step"))) for each in drawn] != wanted:
        yield "not every step is drawn once, in order"
    if rounds is not None and any(_wanted(way.steps[each]) != _wanted(way.steps[each - rounds.length])
                                  for each in range(len(way.steps)) if rounds.repeats(each)):  # fmt: skip
        yield "what is drawn once is not the same each time"
    for point, step in zip(drawn, (way.steps[each] for each in wanted), strict=False):
        if _told(point) != _wanted(step):
            yield f"{_told(point)} is drawn for {_wanted(step)}"
        if not _is_framed(svg, point, step):
            yield f"{_wanted(step)} is not in the frame of its place"
    heights = [_height(each) for each in points]
    if heights != sorted(heights):
        yield "a point lies above the one before it"
    crosses = [each for each in points if "stop" in str(each.get("class"))]
    if way.stop is None and crosses:
        yield "a red end is drawn where the packet arrives"
    if way.stop is not None and (crosses != [steps[-1]] or _told(crosses[0]) != _of_stop(way)):
        yield "the red end is not at the stop"
    if (start.get("class"), end.get("class")) != (
        "point start",
        "point reached" if way.stop is None else "point missed",
    ):
        yield "the ends are not those of the way"


def _told(point: Element) -> tuple[str | None, ...]:
    return tuple(point.get(f"data-{each}") for each in ("stage", "link", "host", "netns"))


def _wanted(step: Step) -> tuple[str, ...]:
    return step.stage, step.link, step.netns.host, step.netns.name


def _of_stop(way: FlowWay) -> tuple[str, ...]:
    assert way.stop is not None
    return way.stop.stage, way.stop.link, way.stop.netns.host, way.stop.netns.name


def _height(point: Element) -> float:
    mark = point.find("circle")
    if mark is not None:
        return float(str(mark.get("cy")))
    cross = point.find("path")
    assert cross is not None
    return float(str(cross.get("d")).split("L")[0].split()[1]) + 5


def _is_framed(svg: Element, point: Element, step: Step) -> bool:
    """Return whether the innermost frame around the point is that of the step's place."""
    around = [each for each in svg.iter("g") if "frame" in str(each.get("class")).split() and _holds(each, point)]
    inner = max(around, key=lambda each: float(str(_box(each).get("x"))), default=None)
    if inner is None:
        return False
    if step.stage == "outside":
        return inner.get("class") == "frame outside"
    name = step.netns.host if step.netns.is_host else step.netns.name
    return inner.get("data-name") == name


def _holds(frame: Element, point: Element) -> bool:
    box = _box(frame)
    top, height = float(str(box.get("y"))), float(str(box.get("height")))
    return top <= _height(point) <= top + height


def _box(frame: Element) -> Element:
    box = frame.find("rect")
    assert box is not None
    return box
