"""Hosts on which a cause waits for an event, each with a twin that lacks only the fault, and how both are judged.

A row is right on the faulty host if ``check`` names the cause with the event, and every flow that it names really
changes by the event.  It is right on the twin if ``check`` names nothing at all, and no flow that it asks changes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask as answered
from hairpin.evidence.reading import Evidence
from hairpin.lab.plan import LabPlan
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.hunt.real.flows import asked_way
from tests.score.all_flows import Way

AT_ONCE = ""
"""The event of an exposure that needs none."""


class Waiting(msgspec.Struct, frozen=True):
    """``cause`` waits for ``event``.

    ``fault``: typed on the faulty host alone; ``lasting``: typed on its twin alone, what the fault is the want of.
    ``opens``: the flows pass then, and fail now.  ``one_off``: nobody has to expect the event, so it is asked for:
    ``check TARGET --from ORIGIN --after EVENT``.  ``besides``: what else waits on both hosts, and is
    true of every host of this base."""

    cause: str
    event: str
    plan: Callable[[], LabPlan]
    fault: str = ""
    lasting: str = ""
    opens: bool = False
    target: tuple[str, ...] = ()
    origin: str | None = None
    one_off: bool = False
    besides: tuple[tuple[str, str], ...] = ()


class Named(msgspec.Struct, frozen=True):
    """What ``check`` names: the cause, its event, and the flows."""

    cause: str
    event: str
    flows: tuple[Way, ...]

    def __str__(self) -> str:
        return f"{self.cause} after {self.event or 'nothing'}"


class Side(msgspec.Struct, frozen=True):
    """The faulty host, or its twin: what was named, and which of the asked flows pass before and after the event."""

    named: tuple[Named, ...] = ()
    before: Mapping[Way, bool] = {}
    after: Mapping[Way, bool] = {}
    trouble: str = ""

    @property
    def changing(self) -> tuple[Way, ...]:
        """The asked flows that the event really changes."""
        return tuple(way for way, passes in self.before.items() if self.after[way] is not passes)


class Tried(msgspec.Struct, frozen=True):
    """What is wrong about a row; nothing if it is right."""

    name: str
    cause: str
    event: str
    said: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the row's lines."""
        yield f"{self.name}: {self.cause} after {self.event or 'nothing'}: {'right' if not self.said else ''}"
        yield from (f"    {each}" for each in self.said)

    def is_wrong(self) -> bool:
        """Return whether something is wrong."""
        return bool(self.said)


def table(tried: Sequence[Tried]) -> Iterator[str]:
    """Yield how many rows are right on the faulty host, and on its twin."""
    sick, twin = (
        sum(not any(said.startswith(side) for said in each.said) for each in tried) for side in ("sick", "twin")
    )
    yield f"{len(tried)} rows of {len({each.cause for each in tried})} causes"
    yield f"named on the faulty host: {sick} of {len(tried)}; nothing on its twin: {twin}"


def named_by_check(row: Waiting, evidence: tuple[Evidence, ...]) -> tuple[tuple[Way, ...], tuple[Named, ...]]:
    """Return the flows that the question of the row means, and what the answer says is latent, or exposed."""
    after = row.event if row.one_off else None
    answer = answered(parse_question("check", row.target, row.origin, (), World(), after=after), evidence)
    found = _ways(answer)
    # No name server of the lab answers over TCP, or by its container's own one.
    tried = tuple(each for each in dict.fromkeys(found.values()) if not each.port.startswith("53"))
    return tried, tuple(_within(each, tried) for each in named_in(answer))


def named_in(answer: Answer) -> tuple[Named, ...]:
    """Return what the answer says is latent, or exposed."""
    found = _ways(answer)
    return tuple(
        Named(each.id, each.event or AT_ONCE, tuple(way for ref in each.flows if (way := found.get(ref)) is not None))
        for each in answer.causes
        if each.severity in ("latent", "exposure")
    )


def _within(named: Named, tried: tuple[Way, ...]) -> Named:
    return msgspec.structs.replace(named, flows=tuple(each for each in named.flows if each in tried))


def _ways(answer: Answer) -> Mapping[str, Way]:
    """Return the real flow of each asked one, by its ref."""
    flows = answer.event.flows if answer.event is not None else tuple(each.trace.flow for each in answer.flows)
    pairs = zip(answer.flows, flows, strict=True)
    ways = ((each.ref, asked_way(flow.start_text(), flow.target_text())) for each, flow in pairs)
    return {ref: way for ref, way in ways if way is not None}


def misses(row: Waiting, sick: Side, twin: Side) -> Iterator[str]:
    """Yield what is wrong on the faulty host, and on its twin."""
    yield from (f"sick: {each}" for each in _of_sick(row, sick))
    yield from (f"twin: {each}" for each in _of_twin(row, twin))


def _of_sick(row: Waiting, sick: Side) -> Iterator[str]:
    if sick.trouble:
        yield sick.trouble
        return
    found = [each for each in sick.named if (each.cause, each.event) == (row.cause, row.event)]
    if not found:
        yield f"not named; named: {', '.join(map(str, sick.named)) or 'nothing'}"
        yield f"changing: {', '.join(map(str, sick.changing)) or 'nothing'}"
    flows = [way for each in found for way in each.flows]
    if found and not flows:
        yield "named without a flow"
    if row.event == AT_ONCE:
        yield from (f"{way}: named, and does not pass" for way in flows if not sick.before[way])
        return
    tried = [way for way in flows if sick.before[way] is not row.opens]  # what is outside may serve nothing
    if flows and not tried:
        yield f"{flows[0]}: named, and {'passes' if row.opens else 'fails'} before the event"
    yield from (f"{way}: named, and does not change" for way in tried if sick.after[way] is not row.opens)


def _of_twin(row: Waiting, twin: Side) -> Iterator[str]:
    if twin.trouble:
        yield twin.trouble
        return
    yield from (f"named: {each}" for each in twin.named if (each.cause, each.event) not in row.besides)
    yield from (f"{way} changes" for way in twin.changing if row.event != AT_ONCE)
