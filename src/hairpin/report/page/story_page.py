"""The story of a host as a page: one time line, with the present failures on it.

Present failures are marks on the time line: the last proof of the good state, the time since which each cause has
existed, and the answer at the time of the reading.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal
from xml.etree.ElementTree import Element

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.evidence.reading import moment
from hairpin.message import Message, message
from hairpin.report.page.markup import element, whole_file
from hairpin.report.page.sheet import Sheet, prose
from hairpin.report.paper import Style
from hairpin.report.text.blame_text import blame_text
from hairpin.report.text.story_text import (
    Packages,
    entry_text,
    heading_of,
    time_of,
    with_packages_folded,
    write_not_seen,
)
from hairpin.report.text.summary import summary
from hairpin.report.words import Words
from hairpin.story.entry import Story, StoryEntry

Kind = Literal["failure", "undecided", "well"]


class StoryMark(msgspec.Struct, frozen=True):
    """A mark on the time line.

    ``at``: seconds since the epoch.  ``lines``: the sentences.  The first sentence is emphasised.

    ``kind``: ``undecided`` if no failure is proven, but some flow is undecided."""

    at: float
    lines: tuple[Message, ...]
    kind: Kind
    host: str = ""


_STYLES: dict[Kind, Style] = {"failure": "bad", "undecided": "unsure", "well": "good"}


def story_page(story: Story, words: Words, *, now: Answer | Message | None = None, several: bool = False) -> str:
    """Return the page.

    ``now``: the answer with the hosts' present failures, or the reason why the failures are unknown.  ``now`` is None
    if the user did not ask for present failures.  ``several``: whether the story is about more than one host."""
    hosts = ", ".join(dict.fromkeys(each.host for each in story.entries if each.host)) or "-"
    which = words(message("the story of {hosts}", hosts=hosts))
    marks = dict.fromkeys(failures(now)) if isinstance(now, Answer) else ()
    told = [*with_packages_folded(story), *marks]
    line: list[StoryEntry | Packages | StoryMark] = sorted(told, key=lambda each: each.at)
    days = groupby(line, key=lambda each: f"{datetime.fromtimestamp(each.at, UTC):%Y-%m-%d}")
    body = [*_without_entries(story, words), *(_day(day, [*each], words, several=several) for day, each in days)]
    sheet = Sheet(words, headings=True)
    write_not_seen(story.missing, words, sheet, several=several)
    if isinstance(now, Message):
        sheet.gap()
        sheet.prose(words(message("hairpin could not find out what fails now: {reason}", reason=now)), style="unsure")
    missing = sheet.elements()
    body += [element("section", *missing)] if missing else []
    return whole_file(words(heading_of(story)), which, body, words)


def _without_entries(story: Story, words: Words) -> Iterator[Element]:
    if not story.entries:
        said = words(message("No recorded event matters for the network."))
        yield element("section", element("p", said))


def _day(day: str, line: list[StoryEntry | Packages | StoryMark], words: Words, *, several: bool) -> Element:
    items = (_item(each, words, several=several) for each in line)
    return element("section", element("h2", day), element("ol", *items, class_="time"))


def _item(each: StoryEntry | Packages | StoryMark, words: Words, *, several: bool) -> Element:
    match each:
        case StoryMark():
            return _mark(each, words, several=several)
        case Packages():
            return _packages(each, words, several=several)
        case StoryEntry():
            return _entry(each, words, several=several)


def _packages(packages: Packages, words: Words, *, several: bool) -> Element:
    """Return one entry for packages that were installed together, with the list of packages folded."""
    items = (_entry(each, words, several=False) for each in packages.entries)
    return element(
        "li",
        _time(packages.at),
        element("strong", f"{packages.host} ") if several else None,
        *prose(words(packages.what)),
        element("details", element("summary", words(message("the packages"))), element("ol", *items, class_="time")),
        class_="package",
    )


def _entry(entry: StoryEntry, words: Words, *, several: bool) -> Element:
    """Return an entry: changes of the network are emphasised, and the text of the trace is folded."""
    said = entry_text(entry, words)
    quote = entry.quote if entry.quote and entry.quote not in said else ""
    return element(
        "li",
        _time(entry.at),
        element("strong", f"{entry.host} ") if several else None,
        *prose(said),
        element("details", element("summary", words(message("the record"))), element("pre", quote)) if quote else None,
        class_=f"{entry.kind} effect" if entry.effect is not None else entry.kind,
    )


def _mark(mark: StoryMark, words: Words, *, several: bool) -> Element:
    """Return the element of a mark: a failure, or the last proof of the good state."""
    first, *others = map(words, mark.lines)
    return element(
        "li",
        _time(mark.at),
        element("strong", f"{mark.host} ") if several and mark.host else None,
        element("strong", *prose(first), class_=_STYLES[mark.kind]),
        *(element("p", *prose(each)) for each in others),
        class_=mark.kind,
    )


def _time(at: float) -> Element:
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return element("time", time_of(at), datetime=moment)


def failures(answer: Answer) -> Iterator[StoryMark]:
    """Yield the marks for an answer: two for each blocking cause whose beginning is known, then one for the
    summary."""
    causes = [each for each in answer.causes if each.severity == "blocking"]
    for each in causes:
        yield from _of_cause(each)
    said = summary(answer)
    times = [moment(each.taken_at) for each in answer.network.hosts]
    read_at = max((each for each in times if each is not None), default=None)
    if said is not None and read_at is not None:
        unknown = (
            message("{title} (no record shows since when)", title=each.candidate.title)
            for each in causes
            if each.blame is None
        )
        kind = _kind_of(answer, causes)
        where_next = (message("`hairpin check` shows the cause and the repair."),) if kind == "failure" else ()
        yield StoryMark(read_at, (message("The host was read: {said}", said=said), *unknown, *where_next), kind)


def _kind_of(answer: Answer, causes: list[CauseAnswer]) -> Kind:
    failing = [each for each in answer.flows if not each.succeeds]
    if causes or any(each.verdict != "depends" for each in failing):
        return "failure"
    return "undecided" if failing else "well"


def _of_cause(cause: CauseAnswer) -> Iterator[StoryMark]:
    if cause.blame is None:
        return
    since, *_, well = blame_text(cause.blame)
    yield StoryMark(cause.blame.good.at, (well,), "well", host=cause.host)
    broken = message("From here on, this fails: {title}", title=cause.candidate.title)
    yield StoryMark(cause.blame.not_after, (broken, since), "failure", host=cause.host)
