"""Reads the hosts' traces and the logs of containers if an answer has a cause, or the traces if two readings of a host
differ.  For a healthy host neither is read, which saves time.  For ``hairpin story``, this module runs the same check
as `hairpin check`.
"""

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
from hairpin.collect.snapshot import AskedTraces, with_traces
from hairpin.errors import CollectError, EvidenceError, HairpinError
from hairpin.evidence.reading import Evidence, moment
from hairpin.evidence.several import together
from hairpin.message import Message
from hairpin.story.entry import Story
from hairpin.story.missing import tells_from
from hairpin.story.timeline import story_of

if TYPE_CHECKING:
    from hairpin.compare.makers import Between


def with_since(answer: Answer, sources: tuple[Given, ...], *, traces: bool = True) -> Answer:
    """Return the answer in which each cause has its time and its maker, if a trace proves them, and the words of its
    containers' logs.

    For a snapshot, the traces in the snapshot are used.  A live host is read a second time.  If this second reading
    fails, the answer is returned unchanged.  ``traces``: whether the hosts' own logs are asked, too."""
    blamed = traces and has_question(answer)
    logged = any(each.candidate.logs for each in answer.causes) and answer.event is None and not answer.is_of_text
    if not blamed and not logged:
        return answer
    if all(each.kind == "host" for each in sources):
        try:
            answer = _read_again(answer, sources, blamed=blamed, logged=logged)
        except CollectError:
            return answer
    if logged:
        from hairpin.explain.logged import with_logs

        answer = with_logs(answer, None if sources else lambda: gather(()))
    return _blamed(answer, story_of(answer.evidence, None), sources) if blamed else answer


def _read_again(answer: Answer, sources: tuple[Given, ...], *, blamed: bool, logged: bool) -> Answer:
    """Return the answer whose evidence has the traces of its live hosts, too, and the logs of its causes'
    containers."""
    logs: tuple[str, ...] = ()
    if logged:
        from hairpin.collect.container_logs import MOST, log_word
        from hairpin.explain.logged import logged_containers

        found = logged_containers(answer)[:MOST]
        logs = tuple(
            log_word(each.engine.kind, each.engine.user, each.container.id, each.container.name) for each in found
        )
    if not blamed and not logs:
        return answer
    known = all(each.all("docker-containers") for each in answer.evidence)
    asked = AskedTraces(kinds=() if blamed else ("logs",), knows_containers=known, logs=logs)
    read = together(gather(sources, what="traces", traces=asked))
    traces = {each.name: each for each in read if isinstance(each, Evidence)}
    evidence = tuple(with_traces(each, traces[each.name]) if each.name in traces else each for each in answer.evidence)
    return msgspec.structs.replace(answer, evidence=evidence)


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
            (read,) = gather((later,) if later is not None else (), what="traces", traces=AskedTraces(first))
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
