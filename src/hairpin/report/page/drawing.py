"""Draws a picture as SVG: its structure says what it shows, so that a reader without eyes, or a test, can follow it.

Each point is a group ``point``; ``data-`` attributes have its step's number, stage, link, host and namespace.
"""

from itertools import pairwise
from xml.etree.ElementTree import Element

from hairpin.report.page.markup import SVG, element
from hairpin.report.page.picture import WIDTH, Label, Picture, PlaceFrame, Point

_RADIUS = {"quiet": 2.0, "decided": 3.5}


def drawing(picture: Picture, title: str, name: str) -> Element:
    """Return the picture.  ``title``: the sentence that says the same; ``name``: unique on the page."""
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
    """Return the packet's line: as far as the packet comes, and where it would have gone from there."""
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
    """Return the line through the points, with a bend where it moves to the side."""
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
