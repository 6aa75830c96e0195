"""The figure of one flow: its ways side by side, and with one switch the same ways with the repair."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.message import Message, message
from hairpin.report.page.drawing import drawing
from hairpin.report.page.markup import element
from hairpin.report.page.picture import picture_of
from hairpin.report.page.sheet import Sheet
from hairpin.report.places import Places
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.text.path import draw
from hairpin.report.text.walk_text import write_branch_head
from hairpin.report.text.ways import FlowWay, ways
from hairpin.report.verdicts import flow_text
from hairpin.report.words import Words
from hairpin.walk.trace import Branch, Trace
from hairpin.walk.verdicts import VERDICTS

_NOW, _THEN = message("now"), message("with the repair")


def way_figure(trace: Trace, repaired: Trace | None, name: str, words: Words, places: Places) -> Element:
    """Return the figure.  ``repaired``: the same flow with the repair; None: no switch.  ``name``: unique on the
    page."""
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
    """Yield each way that the flow can go, with its conditions; all but the usual one folded."""
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
    """Return the ways of a branch (None: the usual one), each with its heading."""
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
    """Return the sentence that says what the picture shows."""
    facts = {"name": way.name, "start": way.start, "end": way.end}
    if way.stop is None:
        return message("{name}: the packet comes from {start} to {end}", **facts)
    return message(
        "{name}: the packet from {start} to {end} ends in {netns}, {stage} {link}: {why} ({decided})",
        netns=way.stop.netns.name,
        stage=way.stop.stage,
        link=way.stop.link or "-",
        why=stop_sentence(way.stop),
        decided=decided_text(way.stop.decided_by, words) or "-",
        **facts,
    )


def _steps(trace: Trace, words: Words, places: Places) -> Element:
    """Return every step in the terminal's words, folded."""
    sheet = Sheet(words)
    draw(trace, sheet, words, places, every=True)
    return element("details", element("summary", words(message("every step as text"))), *sheet.elements())
