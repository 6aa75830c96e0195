"""Adds to the causes of an answer what its hosts' traces and its containers' logs say of them: the time at which they
were made, their makers, and reasons.  Only times and makers that the story proves are added."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, Further
from hairpin.answer.guarded import cause_key, guarded_blame, is_told
from hairpin.change.simulation.in_turn import renumbered_change
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError, CollectError
from hairpin.evidence.reading import moment
from hairpin.evidence.several import Source
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.story.blame import Blame, BlameQuestion, blame
from hairpin.story.entry import Effect, Story, StoryEntry
from hairpin.story.timeline import story_of
from hairpin.story.traces import traces_of

if TYPE_CHECKING:
    from hairpin.answer.logged import Logged

_CLOCK_S = 1.0
"""Some logs have whole seconds."""
_FLOWS = 2
"""The greatest number of flows of a cause that are walked after each entry of the story."""


def with_since(answer: Answer, further: Further, whole: Callable[[], tuple[Source, ...]] | None = None) -> Answer:
    """Return the answer in which each cause has its time and its maker, if a trace proves them, and the words of its
    containers' logs.  If the hosts cannot be read again, the answer is returned unchanged.  ``whole``: reads all
    containers of this host."""
    blamed = further.traces and has_question(answer)
    logged = any(each.candidate.logs for each in answer.causes) and answer.event is None and not answer.is_of_text
    if not blamed and not logged:
        return answer
    containers: tuple[Logged, ...] = ()
    if logged:
        from hairpin.answer.logged import logged_containers  # noqa: PLC0415 - few causes have a log

        containers = logged_containers(answer)
    if further.read is not None and (blamed or containers):
        try:
            evidence = further.read(answer, containers, blamed)
        except CollectError:
            return answer
        answer = msgspec.structs.replace(answer, evidence=evidence)
    if logged:
        from hairpin.answer.logged import with_logs  # noqa: PLC0415 - as above

        answer = with_logs(answer, whole)
    return with_blame(answer, story_of(answer.evidence, None), tuple(further.passing())) if blamed else answer


def has_question(answer: Answer) -> bool:
    """Return whether a story may show when one of the answer's causes was made."""
    return answer.event is None and any(map(is_told, answer.causes))


def with_blame(answer: Answer, story: Story, passing: tuple[float, ...] = ()) -> Answer:
    """Return the answer in which each blocking cause has ``blame``, if the story proves its makers.

    ``passing``: the times of kept snapshots of this host in which every flow passed, in seconds since the epoch."""
    sights = (
        *(sight for host in answer.network.hosts for sight in _starts(host)),
        *(_kept(at, answer.network.this) for at in passing),
    )
    story = msgspec.structs.replace(story, entries=(*story.entries, *sights))
    causes = tuple(
        msgspec.structs.replace(each, blame=_better(_by_guard(each, answer), _blame(each, answer, story)))
        for each in answer.causes
    )
    return msgspec.structs.replace(answer, causes=causes)


def _by_guard(cause: CauseAnswer, answer: Answer) -> Blame | None:
    """Return what a guard of the cause's host kept of the cause."""
    if not is_told(cause):
        return None
    own = next((each for each in answer.evidence if each.name == cause.host), None)
    read_at = moment(own.taken_at) if own is not None else None
    alike = [each for each in answer.causes if is_told(each) and cause_key(each) == cause_key(cause)]
    if own is None or read_at is None or len(alike) > 1:
        return None
    return guarded_blame(cause, traces_of(own), read_at)


def _better(guarded: Blame | None, story: Blame | None) -> Blame | None:
    """Return the better of the two: a guard's, but if only the traces name the makers, and the times agree, theirs."""
    if guarded is None or (not guarded.entries and story is not None and story.actors and _agree(guarded, story)):
        return story
    return guarded


def _agree(guarded: Blame, story: Blame) -> bool:
    return guarded.not_before - _CLOCK_S <= story.not_before and story.not_after <= guarded.not_after + _CLOCK_S


def _blame(cause: CauseAnswer, answer: Answer, story: Story) -> Blame | None:
    taken_at = moment(answer.network.host(cause.host).taken_at)
    if not is_told(cause) or taken_at is None:
        return None
    flows = tuple(each.trace.flow for each in answer.flows if each.ref in cause.flows)[:_FLOWS]
    network = answer.network.seen_from(cause.host)
    others = (each for each in answer.causes if each.ref in cause.together and each.ref != cause.ref)
    try:
        broken = network
        for each in others:
            broken = simulate(renumbered_change(each.candidate.change, network, broken), broken)
        change = renumbered_change(cause.candidate.change, network, broken)
        question = BlameQuestion(cause.id, cause.host, broken, change, flows, taken_at)
        return blame(question, story)
    except ChangeError:
        return None


def _starts(host: Host) -> Iterator[StoryEntry]:
    """Yield an entry for the last start of each running container.  Each start succeeded, so the things that the
    container needs existed then.

    The entries for last starts are needed for two reasons.  A story covers only its own time span.  A story also does
    not contain the conditions under which the start of an engine starts a container."""
    for container in host.containers():
        started = moment(container.started_at)
        if container.running and started is not None:
            yield StoryEntry(
                at=started,
                kind="container",
                what=message("container {name} started", name=container.name),
                subject=container.name,
                evidence="",
                effect=Effect("container-restart", container.name),
                host=host.name,
            )


def _kept(at: float, host: Host) -> StoryEntry:
    said = message("a snapshot was kept in which every flow passed")
    return StoryEntry(at=at, kind="kept", what=said, subject=host.name, evidence="", host=host.name)
