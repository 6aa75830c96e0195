"""The fate of each flow after each event that can happen: ``hairpin events``."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer, ref_of
from hairpin.answer.begin import begin_answer, network_of
from hairpin.answer.decisive import undecided_readings
from hairpin.answer.engines import unanswered, with_engines
from hairpin.answer.events import lacking_reading
from hairpin.answer.likely.supposed import with_supposed
from hairpin.causes.cause import Coming, Finding
from hairpin.diagnose.foreseen import name_of
from hairpin.diagnose.many import examine_many
from hairpin.events.aftermath import asked_again, deciding_assumptions, verdict_after
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.events.fates import fates_of_open
from hairpin.events.happening import possible_events
from hairpin.evidence.several import Source, together
from hairpin.host.host import Unread
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.question import Question
from hairpin.walk.open_connection import Fate
from hairpin.walk.reads import parts_changed, walked_after, walked_before
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walked import walked


class Strike(msgspec.Struct, frozen=True):
    """A cause that stops flows after an event and does not stop them before it.  ``flows``: the references of these
    flows."""

    ref: str
    id: str
    host: str
    event: str
    title: Message
    flows: tuple[str, ...]


class EventCell(msgspec.Struct, frozen=True):
    """One flow under one event.

    ``established``: the fate of an open connection of the flow; None if the flow does not pass now.  ``causes``: the
    references of the causes that stop the flow after the event."""

    flow: str
    before: Verdict
    after: Verdict
    established: Fate | None
    causes: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether the flow passes now and does not pass after the event."""
        return succeeds(self.before) and not succeeds(self.after)


class EventRow(msgspec.Struct, frozen=True):
    """One event on one host, with a cell for each flow, in the order asked."""

    event: str
    host: str
    title: Message
    cells: tuple[EventCell, ...]
    strikes: tuple[Strike, ...] = ()
    conditions: tuple[Message, ...] = ()
    failures: tuple[Message, ...] = ()
    missing: tuple[str, ...] = ()
    """The keys of the missing readings, without which the event's effect is unknown."""

    @property
    def changes(self) -> bool:
        """Whether the event changes a flow's success, breaks an open connection, depends on facts that cannot be
        foreseen, or keeps a unit or container from starting."""
        return bool(self.conditions or self.failures) or any(
            succeeds(each.before) is not succeeds(each.after) or each.established == "lost" for each in self.cells
        )


class Matrix(msgspec.Struct, frozen=True):
    """The answer to ``hairpin events``.  ``answer``: the flows as they are now."""

    answer: Answer
    rows: tuple[EventRow, ...]

    @property
    def status(self) -> int:
        """The exit status: 1 if a flow that passes now fails after one of the events, 3 if this is undecided, and 0
        otherwise.  A flow that rests on supposed parts is undecided, too."""
        cells = [cell for row in self.rows for cell in row.cells if cell.breaks]
        supposed = {each.ref for each in self.answer.flows if each.supposed}
        if any(cell.after != "depends" and cell.flow not in supposed for cell in cells):
            return 1
        open_ = any(each.verdict == "depends" for each in self.answer.flows)
        return 3 if cells or open_ or self.lacks_reading else 0

    @property
    def undecided(self) -> tuple[Unread, ...]:
        """The missing readings that may change the result of every event.  Missing readings that concern only one event
        are in the event's row."""
        told = {(row.host, key) for row in self.rows for key in row.missing}
        return tuple(each for each in undecided_readings(self.answer, "events") if (each.host, each.key) not in told)

    @property
    def lacks_reading(self) -> bool:
        """Whether a missing reading may change the result of every event."""
        return unanswered(self.answer) or bool(self.undecided)


Task = Callable[[], list[EventRow]]


def in_turn(tasks: Sequence[Task]) -> list[list[EventRow]]:
    """Return the results of the tasks, which are executed one after another."""
    return [each() for each in tasks]


def matrix(
    question: Question, sources: tuple[Source, ...], spread: Callable[[Sequence[Task]], list[list[EventRow]]] = in_turn
) -> Matrix:
    """Return the matrix: the effect, on each flow, of each event that can happen on a host.  ``spread`` runs the tasks.

    Raises UsageError if the question does not fit these hosts, and CollectError if a host that the question names could
    not be read."""
    hosts = together(sources)
    start, flows = begin_answer(question, hosts, network_of(hosts))
    now = tuple(FlowAnswer(ref_of(number), walked_before(start.network, flow)) for number, flow in enumerate(flows))
    answer = msgspec.structs.replace(with_engines(start), flows=now)
    rows = tuple(_numbered(_rows(answer, spread)))
    lacking = dict.fromkeys((row.host, key) for row in rows for key in row.missing)
    answer = msgspec.structs.replace(
        answer,
        flows=with_supposed(start.network, now, question),
        unread=(*answer.unread, *(lacking_reading(*each) for each in lacking)),
    )
    return Matrix(answer, rows)


def _rows(answer: Answer, spread: Callable[[Sequence[Task]], list[list[EventRow]]]) -> Iterator[EventRow]:
    """Yield the rows in the order of the events.  Events after which the network is the same form one task, because the
    walks in a network are cached."""
    groups: list[tuple[Network, list[tuple[int, Event, Course]]]] = []
    events = (found for host in answer.network.hosts if host.was_read
              for found in possible_events(answer.network, host.name))  # fmt: skip
    for number, (event, course) in enumerate(events):
        same = next((each for each in groups if not parts_changed(each[0], course.network)), None)
        if same is None:
            groups.append((course.network, [(number, event, course)]))
        else:
            same[1].append((number, event, msgspec.structs.replace(course, network=same[0])))
    results = spread([partial(_of_group, answer, [each[1:] for each in group]) for _, group in groups])
    numbers = [number for _, group in groups for number, _, _ in group]
    found = dict(zip(numbers, (row for rows in results for row in rows), strict=True))
    yield from (found[number] for number in sorted(found))


def _of_group(answer: Answer, group: Sequence[tuple[Event, Course]]) -> list[EventRow]:
    return [_row(answer, event, course) for event, course in group]


def _row(answer: Answer, event: Event, course: Course) -> EventRow:
    was, then = answer.network, course.network
    asked: dict[str, Flow] = {each.ref: asked_again(was, then, each.trace.flow) for each in answer.flows}
    passing = [each for each in answer.flows if each.succeeds]
    fates = dict(
        zip(
            (each.ref for each in passing),
            fates_of_open(was, course, (each.trace.flow for each in passing)),
            strict=True,
        )
    )
    # A missing reading may change the verdict of every flow.
    then_walked = [_then(was, then, each.trace.flow, asked[each.ref]) for each in answer.flows]
    told = [_verdict(was, course, each.trace, after) for each, after in zip(answer.flows, then_walked, strict=True)]
    cells = tuple(
        EventCell(each.ref, each.verdict, "depends" if course.missing else verdict, fates.get(each.ref))
        for each, (verdict, _) in zip(answer.flows, told, strict=True)
    )
    course = course.provided(*(condition for _, conditions in told for condition in conditions))
    if course.missing:
        return EventRow(
            event.id, course.label, event.title, cells, (), course.conditions, course.failures, course.missing
        )
    broken = tuple(
        each.flow for each, after in zip(cells, then_walked, strict=True) if each.breaks and not after.succeeds
    )
    examination = examine_many(then, tuple(asked[each] for each in broken))
    now = {each.ref: each.trace.flow for each in answer.flows}
    strikes = tuple(_strike(each, event, broken, _named(each, event, course, was, now[broken[each.flows[0]]]))
                    for each in examination.causes if each.flows)  # fmt: skip
    return EventRow(event.id, course.label, event.title, cells, strikes, course.conditions, course.failures)


def _verdict(was: Network, course: Course, before: Trace, after: Trace) -> tuple[Verdict, tuple[Message, ...]]:
    """Return the flow's verdict after the event, and the conditions of this verdict."""
    assumed = deciding_assumptions(was, course.rivals, before.flow, after)
    return ("depends", assumed) if assumed else verdict_after(before, after)


def _then(was: Network, then: Network, flow: Flow, asked: Flow) -> Trace:
    return walked_after(was, then, flow) if asked == flow else walked(then, asked)


def _named(found: Finding, event: Event, course: Course, was: Network, flow: Flow) -> str:
    return name_of(Coming(event.id, course.label, was, course.network, flow, found))


def _strike(found: Finding, event: Event, broken: tuple[str, ...], name: str) -> Strike:
    flows = tuple(broken[number] for number in found.flows)
    return Strike(found.ref, name, found.host, event.id, found.candidate.title, flows)


def _numbered(rows: Iterator[EventRow]) -> Iterator[EventRow]:
    """Yield the rows with references of causes that are unique among all rows."""
    count = 0
    for row in rows:
        strikes = tuple(
            msgspec.structs.replace(each, ref=f"c{count + number}") for number, each in enumerate(row.strikes, 1)
        )
        count += len(strikes)
        cells = tuple(
            msgspec.structs.replace(cell, causes=tuple(each.ref for each in strikes if cell.flow in each.flows))
            for cell in row.cells
        )
        yield msgspec.structs.replace(row, strikes=strikes, cells=cells)
