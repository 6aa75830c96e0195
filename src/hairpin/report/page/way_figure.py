"""The figure of one flow: its paths side by side, and a button that shows the same paths with the repair.

A picture is an SVG.  The elements of the SVG also contain the picture's facts as text and attributes, by which a blind
reader or a test can follow the path.

Each point is an SVG group of class ``point``, whose ``data-`` attributes are the number, stage, link, host and
namespace of the step.
"""

from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from hairpin.message import Message, message
from hairpin.report.page.markup import SVG, element
from hairpin.report.page.picture import WIDTH, Label, Picture, PlaceFrame, Point, picture_of
from hairpin.report.page.sheet import Sheet
from hairpin.report.places import Places
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.text.path import draw, write_branch_head
from hairpin.report.text.ways import FlowWay, ways
from hairpin.report.verdicts import flow_text
from hairpin.report.words import Words
from hairpin.walk.trace import Branch, Trace
from hairpin.walk.verdicts import VERDICTS

_NOW, _THEN = message("now"), message("with the repair")
_RADIUS = {"quiet": 2.0, "decided": 3.5}


def way_figure(trace: Trace, repaired: Trace | None, name: str, words: Words, places: Places) -> Element:
    """Return the figure.

    ``repaired``: the walk of the same flow with the repair; None for a figure without this button.  ``name``: a name
    that is unique on the page."""
    caption = element("figcaption", f"{flow_text(trace.flow, places)}: {words(VERDICTS[trace.verdict])}")
    now = _drawn(trace, None, f"{name}-now", words, places)
    if trace.verdict == "depends":
        branches = _branches(trace, name, words, places)
        return element("figure", caption, *branches, _steps(trace, words, places), class_="undecided")
    if repaired is None or repaired.flow != trace.flow:
        return element("figure", caption, now, _steps(trace, words, places))
    then = _drawn(repaired, trace, f"{name}-then", words, places)
    chosen = {"type": "radio", "name": name}
    return element(
        "figure",
        caption,
        element(
            "div",
            element("input", **chosen, id=f"{name}-is-now", class_="is-now", checked=True),
            element("label", words(_NOW), for_=f"{name}-is-now"),
            element("input", **chosen, id=f"{name}-is-then", class_="is-then"),
            element("label", words(_THEN), for_=f"{name}-is-then"),
            element("div", now, _steps(trace, words, places), class_="now"),
            element("div", then, _steps(repaired, words, places), class_="then"),
            class_="switch",
        ),
    )


def _branches(trace: Trace, name: str, words: Words, places: Places) -> Iterator[Element]:
    """Yield each path that the flow can take, with its conditions.  All branches except the usual branch are folded."""
    for number, branch in enumerate(trace.branches, 1):
        sheet = Sheet(words)
        write_branch_head(trace, number, words, sheet)
        shown = (*sheet.elements(), _drawn(trace, None, f"{name}-{number}", words, places, branch))
        if branch is trace.usual:
            yield from shown
        else:
            which = f"{words(message('way {number}', number=number))}: {words(VERDICTS[branch.verdict])}"
            yield element("details", element("summary", which), *shown)


def _drawn(
    trace: Trace, without: Trace | None, name: str, words: Words, places: Places, branch: Branch | None = None
) -> Element:
    """Return the pictures of a branch's paths, each with its heading.  ``branch``: None for the usual branch."""
    others = {each.kind: each for each in ways(without, without.usual, places)} if without is not None else {}
    drawn = element("div", class_="ways")
    for number, way in enumerate(ways(trace, branch or trace.usual, places), 1):
        beside = others.get(way.kind)
        picture = picture_of(way, words, places, beside)
        title = words(title_of(way, words))
        drawn.append(
            element("div", element("h3", words(way.name)), drawing(picture, title, f"{name}-{number}"), class_=way.kind)
        )
    return drawn


def title_of(way: FlowWay, words: Words) -> Message:
    """Return the sentence that describes the picture of the path."""
    facts = {"name": way.name, "start": way.start, "end": way.end}
    if way.stop is None:
        return message("{name}: the packet from {start} reaches {end}", **facts)
    return message(
        "{name}: the packet from {start} to {end} stops in {netns}, {stage} {link}: {why} ({decided})",
        netns=way.stop.netns.name,
        stage=way.stop.stage,
        link=way.stop.link or "-",
        why=stop_sentence(way.stop),
        decided=decided_text(way.stop.decided_by, words) or "-",
        **facts,
    )


def _steps(trace: Trace, words: Words, places: Places) -> Element:
    """Return a folded part with every step as the terminal shows it."""
    sheet = Sheet(words)
    draw(trace, sheet, words, places, every=True)
    return element("details", element("summary", words(message("every step as text"))), *sheet.elements())


def drawing(picture: Picture, title: str, name: str) -> Element:
    """Return the picture as SVG.  ``title``: the sentence that describes the picture.  ``name``: a name that is unique
    on the page."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        *(_frame(each) for each in sorted(picture.frames, key=lambda each: each.x)),
        *_line(picture),
        *(_point(each, is_open=picture.way.is_open) for each in picture.points),
        xmlns=SVG,
        viewBox=f"0 0 {WIDTH:g} {picture.height:g}",
        role="img",
        aria_labelledby=f"{name}-title",
        class_="way",
    )


def _frame(frame: PlaceFrame) -> Element:
    box = element("rect", x=frame.x, y=frame.y, width=frame.width, height=frame.height, rx=5)
    return element("g", box, *map(_label, frame.title), class_=f"frame {frame.kind}", data_name=frame.name)


def _line(picture: Picture) -> list[Element]:
    """Return the lines of the packet's path: the part that the packet takes, and the part after its stop, which it does
    not take."""
    reached = next((n for n, each in enumerate(picture.points) if each.mark == "stop"), len(picture.points) - 1)
    paths = [element("path", d=_path(picture.points[: reached + 1]), class_="line")]
    if reached < len(picture.points) - 1:
        paths.append(element("path", d=_path(picture.points[reached:]), class_="line missed"))
    again = next((each for each in picture.points if each.mark == "again"), None)
    if again is not None and picture.rounds is not None:
        first = next(each for each in picture.points if each.number == picture.rounds.first)
        left = again.x - 12
        bow = f"M{again.x:g} {again.y:g}C{left:g} {again.y:g} {left:g} {first.y:g} {first.x:g} {first.y:g}"
        tip = f"M{first.x - 9:g} {first.y - 5:g}L{first.x - 2:g} {first.y:g}L{first.x - 9:g} {first.y + 5:g}Z"
        paths += [element("path", d=bow, class_="line round"), element("path", d=tip, class_="tip")]
    return paths


def _path(points: tuple[Point, ...]) -> str:
    """Return the SVG path through the points, with a bend where the path moves to the side."""
    first = points[0]
    drawn = [f"M{first.x:g} {first.y:g}"]
    for before, each in pairwise(points):
        if before.x == each.x:
            drawn.append(f"V{each.y:g}")
        else:
            middle = (before.y + each.y) / 2
            drawn.append(f"C{before.x:g} {middle:g} {each.x:g} {middle:g} {each.x:g} {each.y:g}")
    return "".join(drawn)


def _point(point: Point, *, is_open: bool) -> Element:
    step = point.step
    return element(
        "g",
        element("title", point.whole) if point.whole else None,
        *_marks(point),
        *map(_label, point.labels),
        class_=f"point {point.mark} open" if point.mark == "stop" and is_open else f"point {point.mark}",
        data_step=point.number,
        data_stage=step.stage if step is not None else None,
        data_link=step.link if step is not None else None,
        data_host=step.netns.host if step is not None else None,
        data_netns=step.netns.name if step is not None else None,
    )


def _marks(point: Point) -> list[Element]:
    x, y = point.x, point.y
    if point.mark == "stop":
        cross = f"M{x - 5:g} {y - 5:g}L{x + 5:g} {y + 5:g}M{x + 5:g} {y - 5:g}L{x - 5:g} {y + 5:g}"
        return [element("path", d=cross, class_="cross")]
    return [element("circle", cx=x, cy=y, r=_RADIUS.get(point.mark, 4.5))]


def _label(label: Label) -> Element:
    return element("text", label.text, x=label.x, y=label.y, class_=label.style)
