"""What fails on the host as it is, as marks on the line of its story: what last showed that all was well, from when
on each cause was there, and the answer when the host was read."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.message import Message, message
from hairpin.report.text.blame_text import blame_text
from hairpin.report.text.summary import summary
from hairpin.story.clock import moment

Kind = Literal["failure", "undecided", "well"]


class StoryMark(msgspec.Struct, frozen=True):
    """``at``: seconds since the epoch.  ``lines``: the first one stands out.

    ``kind``: ``undecided`` if nothing fails as far as is known."""

    at: float
    lines: tuple[Message, ...]
    kind: Kind
    host: str = ""


def failures(answer: Answer) -> Iterator[StoryMark]:
    """Yield the marks, those of one cause together."""
    causes = [each for each in answer.causes if each.severity == "blocking"]
    for each in causes:
        yield from _of_cause(each)
    said = summary(answer)
    times = [moment(each.taken_at) for each in answer.network.hosts]
    read_at = max((each for each in times if each is not None), default=None)
    if said is not None and read_at is not None:
        unknown = (
            message("{title} (no trace proves since when)", title=each.candidate.title)
            for each in causes
            if each.blame is None
        )
        kind = _kind_of(answer, causes)
        where_next = (message("`hairpin check` tells why, and the repair."),) if kind == "failure" else ()
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
    broken = message("It fails from here on: {title}", title=cause.candidate.title)
    yield StoryMark(cause.blame.not_after, (broken, since), "failure", host=cause.host)
