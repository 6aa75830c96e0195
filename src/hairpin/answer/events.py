"""Answers a question about the time after an event: makes the network after the event, asks the same flows again, and
finds the causes of failures."""

import msgspec

from hairpin.answer.answer import Answer, BeforeEvent, CauseAnswer, EventAnswer, FlowAnswer
from hairpin.answer.decisive import decisive
from hairpin.causes.cause import Coming, Finding
from hairpin.diagnose.foreseen import LEFT_STOPPED, name_of
from hairpin.errors import CollectError, UsageError
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.events.happening import asked_course
from hairpin.events.registry import all_events
from hairpin.host.host import Unread
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.asked import AskedEvent
from hairpin.walk.verdicts import succeeds
from hairpin.walk.walk import walk_flow


def after_event(start: Answer, asked: AskedEvent, flows: tuple[Flow, ...]) -> tuple[Answer, tuple[Flow, ...]]:
    """Return the answer, still without walks, with the network after the event, and the flows as they are asked after
    the event.

    Raises UsageError if the event is unknown or cannot happen, and CollectError if hairpin cannot tell whether the
    event can happen."""
    was = start.network
    event, course = _asked_course(start, asked)
    told = EventAnswer(
        f"{asked.id}:{asked.name}" if asked.name else asked.id,
        event.title,
        tuple(_before(was, course, each) for each in flows),
        was,
        flows,
        course.label,
        course.conditions,
        course.failures,
        course.rivals,
    )
    then = tuple(asked_again(was, course.network, each) for each in flows)
    lacking = tuple(lacking_reading(course.label, key) for key in course.missing)
    now = _unread_where_changed(was, course.network)
    return msgspec.structs.replace(start, network=now, event=told, unread=(*start.unread, *lacking)), then


def _asked_course(start: Answer, asked: AskedEvent) -> tuple[Event, Course]:
    try:
        return asked_course(start.network, asked)
    except UsageError as error:
        missing = decisive(start.unread, "events")
        if not missing or asked.id not in {each.id for each in all_events()}:
            raise
        said = message(
            "whether {event} can happen on this host is not known: {origin}: {reason}",
            event=asked.id, origin=missing[0].origin, reason=missing[0].reason,
        )  # fmt: skip
        raise CollectError(said) from error


def _unread_where_changed(was: Network, then: Network) -> Network:
    """Return the network in which tables that the event changes have no reading.

    Without an outdated reading, the report quotes no outdated text, and a replica makes the changed tables from their
    rules."""
    for netns, namespace in then.namespaces():
        known = was.namespace(netns).ruleset.tables if netns in was else ()
        tables = tuple(
            each if each in known else msgspec.structs.replace(each, evidence="") for each in namespace.ruleset.tables
        )
        if tables != namespace.ruleset.tables:
            ruleset = msgspec.structs.replace(namespace.ruleset, tables=tables)
            then = then.with_namespace(netns, msgspec.structs.replace(namespace, ruleset=ruleset))
    return then


def lacking_reading(label: str, key: str) -> Unread:
    """Return the entry about a reading that the event needs and that the host's evidence lacks."""
    return Unread(
        key, "", key, message("this snapshot lacks the reading that the answer needs: take a new snapshot"), "", label
    )


def with_assumptions(event: EventAnswer | None, flows: tuple[FlowAnswer, ...]) -> EventAnswer | None:
    """Return the event with conditions: what is assumed about it and decides about at least one of the flows."""
    if event is None:
        return None
    assumed = (each for flow in flows for each in flow.assumptions)
    return msgspec.structs.replace(event, conditions=tuple(dict.fromkeys((*event.conditions, *assumed))))


def _before(was: Network, course: Course, flow: Flow) -> BeforeEvent:
    from hairpin.events.fates import fate_of_open  # noqa: PLC0415 - few questions are about an event

    verdict = walk_flow(was, flow).verdict
    return BeforeEvent(verdict, fate_of_open(was, course, flow) if succeeds(verdict) else None)


def with_event(cause: CauseAnswer, start: Answer) -> CauseAnswer:
    """Return the cause.  The cause becomes latent if a flow that it stops passes before the event."""
    if start.event is None or cause.severity != "blocking":
        return cause
    told = start.event
    before = {f"f{number}": each for number, each in enumerate(zip(told.before, told.flows, strict=True), 1)}
    struck = [flow for was, flow in (before[each] for each in cause.flows) if succeeds(was.verdict)]
    if not struck or cause.stop is None:
        return cause
    event = told.id.partition(":")[0]
    found = Finding(cause.candidate, cause.severity, cause.id, cause.host, stop=cause.stop)
    coming = Coming(event, told.label, told.was, start.network, struck[0], found)
    name = name_of(coming)
    if name == LEFT_STOPPED:
        detail = message("The container runs now, and nothing starts the container again after the event.")
        cause = msgspec.structs.replace(cause, candidate=msgspec.structs.replace(cause.candidate, detail=detail))
    return msgspec.structs.replace(cause, id=name, severity="latent", event=told.id)
