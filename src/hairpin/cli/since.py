"""Reads the hosts' traces if an answer has a cause, or if two readings of a host differ.  For a healthy host the traces
are not read, which saves time.  For ``hairpin story``, this module runs the same check as `hairpin check`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.blamed import has_question, with_blame
from hairpin.cli.answering import answer_question
from hairpin.cli.face.asked import Asked, Given
from hairpin.cli.keeping import snapshots_folder
from hairpin.cli.material import gather
from hairpin.collect.kept_snapshots import kept_snapshots
from hairpin.collect.snapshot import with_traces
from hairpin.errors import CollectError, EvidenceError, HairpinError
from hairpin.evidence.reading import Evidence
from hairpin.evidence.several import together
from hairpin.message import Message
from hairpin.story.clock import moment
from hairpin.story.entry import Story
from hairpin.story.missing import tells_from
from hairpin.story.timeline import story_of

if TYPE_CHECKING:
    from hairpin.compare.makers import Between


def with_since(answer: Answer, sources: tuple[Given, ...]) -> Answer:
    """Return the answer in which each cause has its time and its maker, if a trace proves them.

    For a snapshot, the traces in the snapshot are used.  A live host is read a second time.  If this second reading
    fails, the answer is returned unchanged."""
    if not has_question(answer):
        return answer
    evidence = answer.evidence
    if all(each.kind == "host" for each in sources):
        try:
            found = together(gather(sources, what="traces"))
        except CollectError:
            return answer
        traces = {each.name: each for each in found if isinstance(each, Evidence)}
        evidence = tuple(with_traces(each, traces[each.name]) if each.name in traces else each for each in evidence)
        answer = msgspec.structs.replace(answer, evidence=evidence)
    return _blamed(answer, story_of(evidence, None), sources)


def failing_now(asked: Asked, story: Story, lang: str | None) -> Answer | Message:
    """Return the answer of `hairpin check` about the targets, with the times of the causes.

    If there is no answer, return the reason why."""
    try:
        answer = answer_question(asked.question(), asked, lang)
    except HairpinError as error:
        return error.said
    return _blamed(answer, story, asked.sources) if has_question(answer) else answer


def _blamed(answer: Answer, story: Story, sources: tuple[Given, ...]) -> Answer:
    return with_blame(answer, story, () if sources else tuple(passing_times()))


def between(was: Evidence, now: Evidence, later: Given | None) -> "Between | None":
    """Return the story between the two readings of a host; None if the traces of the later reading do not reach back to
    the earlier reading.

    ``later``: the source of the later reading; None if it is this host.  The traces of a live host are read now."""
    first, last = moment(was.taken_at), moment(now.taken_at)
    if first is None or last is None or first >= last:
        return None
    if later is None or later.kind == "host":
        try:
            (read,) = gather((later,) if later is not None else (), what="traces", since=first)
        except CollectError:
            return None
        now = read if isinstance(read, Evidence) else now
    from hairpin.compare.makers import Between

    return Between(story_of((now,), first), now, first, last) if tells_from(now, first) else None


def passing_times() -> Iterator[float]:
    """Yield the times of this host's kept snapshots in which every flow passed."""
    try:
        for each in kept_snapshots(snapshots_folder()):
            taken_at = moment(each.taken_at)
            if each.passing and taken_at is not None:
                yield taken_at
    except EvidenceError:  # other users may write into this folder, so its snapshots prove nothing
        return
