"""What `hairpin check` reads if its answer has a cause: the hosts' traces and the logs of containers.  `hairpin story`
runs the same check, and `hairpin diff` asks for the story between two readings of a host.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from hairpin.answer.answer import Answer, Further
from hairpin.cli.answering import answer_question
from hairpin.cli.face.asked import Asked, Given
from hairpin.cli.keeping import snapshots_folder
from hairpin.cli.material import gather
from hairpin.collect.snapshot import AskedTraces, with_traces
from hairpin.errors import CollectError, EvidenceError, HairpinError
from hairpin.evidence.reading import Evidence, moment
from hairpin.evidence.several import together
from hairpin.message import Message

if TYPE_CHECKING:
    from hairpin.answer.logged import Logged
    from hairpin.compare.makers import Between
    from hairpin.story.entry import Story


def further_reading(sources: tuple[Given, ...], *, traces: bool) -> Further:
    """Return what can be read for the causes of an answer about these sources.

    A live host is read a second time.  A snapshot has its traces.  ``traces``: whether the hosts' own logs are asked,
    too."""
    live = all(each.kind == "host" for each in sources)
    return Further(partial(_read_again, sources) if live else None, tuple if sources else passing_times, traces)


def _read_again(
    sources: tuple[Given, ...], answer: Answer, containers: "tuple[Logged, ...]", blamed: bool
) -> tuple[Evidence, ...]:
    """Return the answer's evidence with the traces of its live hosts, if they are wanted, and the logs of the
    containers."""
    from hairpin.collect.container_logs import MOST, log_word

    logs = tuple(
        log_word(each.engine.kind, each.engine.user, each.container.id, each.container.name)
        for each in containers[:MOST]
    )
    known = all(each.all("docker-containers") for each in answer.evidence)
    asked = AskedTraces(kinds=() if blamed else ("logs",), knows_containers=known, logs=logs)
    read = together(gather(sources, what="traces", traces=asked))
    traces = {each.name: each for each in read if isinstance(each, Evidence)}
    return tuple(with_traces(each, traces[each.name]) if each.name in traces else each for each in answer.evidence)


def failing_now(asked: Asked, story: "Story", lang: str | None) -> Answer | Message:
    """Return the answer of `hairpin check` about the targets, with the times of the causes.

    If there is no answer, return the reason why."""
    from hairpin.answer.blamed import has_question, with_blame

    try:
        answer = answer_question(asked.question(), asked, lang)
    except HairpinError as error:
        return error.said
    passing = () if asked.sources else tuple(passing_times())
    return with_blame(answer, story, passing) if has_question(answer) else answer


def between(was: Evidence, now: Evidence, later: Given | None) -> "Between | None":
    """Return the story between the two readings of a host; None if the traces of the later reading do not reach back to
    the earlier reading.

    ``later``: the source of the later reading; None if it is this host.  The traces of a live host are read now."""
    first, last = moment(was.taken_at), moment(now.taken_at)
    if first is None or last is None or first >= last:
        return None
    if later is None or later.kind == "host":
        try:
            (read,) = gather((later,) if later is not None else (), what="traces", traces=AskedTraces(first))
        except CollectError:
            return None
        now = read if isinstance(read, Evidence) else now
    from hairpin.compare.makers import Between
    from hairpin.story.missing import tells_from
    from hairpin.story.timeline import story_of

    return Between(story_of((now,), first), now, first, last) if tells_from(now, first) else None


def passing_times() -> Iterator[float]:
    """Yield the times of this host's kept snapshots in which every flow passed."""
    from hairpin.collect.kept_snapshots import kept_snapshots

    try:
        for each in kept_snapshots(snapshots_folder()):
            taken_at = moment(each.taken_at)
            if each.passing and taken_at is not None:
                yield taken_at
    except EvidenceError:  # other users may write into this folder, so its snapshots prove nothing
        return
