"""What fails on the host as it is, as marks on the line of its story: what last showed that all was well, from when
on each cause was there, and the answer when the host was read."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.message import Message, message
from hairpin.report.blame_text import blame_text
from hairpin.report.cause_text import explaining
from hairpin.report.summary import summary
from hairpin.story.clock import moment


class StoryMark(msgspec.Struct, frozen=True):
    """``at``: seconds since the epoch.  ``lines``: the first one stands out."""

    at: float
    lines: tuple[Message, ...]
    fails: bool
    host: str = ""


def failures(answer: Answer) -> Iterator[StoryMark]:
    """Yield the marks, those of one cause together."""
    causes = [each for each in explaining(answer) if each.severity == "blocking"]
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
        fails = not all(each.succeeds for each in answer.flows) or bool(causes)
        where_next = (message("`hairpin check` tells why, and the repair."),) if fails else ()
        yield StoryMark(read_at, (message("The host was read: {said}", said=said), *unknown, *where_next), fails)


def _of_cause(cause: CauseAnswer) -> Iterator[StoryMark]:
    if cause.blame is None:
        return
    since, *_, well = blame_text(cause.blame)
    yield StoryMark(cause.blame.good.at, (well,), fails=False, host=cause.host)
    broken = message("It fails from here on: {title}", title=cause.candidate.title)
    yield StoryMark(cause.blame.not_after, (broken, since), fails=True, host=cause.host)
