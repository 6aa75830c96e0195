"""The sentences that say when and by whom a cause was made."""

from collections.abc import Iterator

from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.words import Words, time_text
from hairpin.story.blame import Blame
from hairpin.story.entry import Actor

_FEW = 4


def blame_text(found: Blame) -> Iterator[Message]:
    """Yield the sentence that says when and by whom the cause was made, then a sentence for each trace, then the
    sentence about the last proof of the good state."""
    actors = found.actors
    if found.not_before == found.not_after:
        since = message("since {time}", time=time_text(found.not_before))
    else:
        since = message(
            "since some time between {first} and {last}",
            first=time_text(found.not_before),
            last=time_text(found.not_after),
        )
    match len(actors):
        case 0:
            yield since
        case 1:
            yield message("{since}, through {actor}", since=since, actor=_told(actors[0]))
        case _:
            named = ", ".join(each.name for each in actors)
            yield message("{since}, through one of these: {actors}", since=since, actors=named)
    for each in found.entries:
        yield message("{time}: {what}", time=time_text(each.at), what=each.what)
    yield message(
        "the last record of the good state: {what}, {time}", what=found.good.what, time=time_text(found.good.at)
    )


def write_blame(found: Blame, words: Words, paper: Paper, *, whole: bool) -> None:
    """Write the sentences about the cause's makers.

    Without ``whole``, only the first sentence and the last few sentences are written."""
    first, *traces = map(words, blame_text(found))
    paper.prose(first, indent=2, style="strong")
    for each in traces if whole else traces[-_FEW:]:
        paper.prose(each, indent=4)


def _told(actor: Actor) -> Message:
    match actor.kind:
        case "person":
            return message("a person: {name}", name=actor.name)
        case "package":
            return message("the package {name}", name=actor.name)
        case "process":
            return message("the process {name}", name=actor.name)
        case "unit":
            return message("{name}", name=actor.name)
