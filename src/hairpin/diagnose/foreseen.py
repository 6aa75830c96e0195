"""What fails after an event that comes by itself or in ordinary care, and does not fail now.

Each such event is carried out on the model of the host, the flows that pass now are asked again, and what fails then is
diagnosed as always.  A cause to come names it (``causes/to_come``); else it keeps the name that it has then.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Coming
from hairpin.causes.losing import lost_rules
from hairpin.causes.registry import causes_to_come
from hairpin.diagnose.ended import container_of, ended_containers, is_ended
from hairpin.diagnose.examination import Examination, FoundCause
from hairpin.diagnose.many import examine_many
from hairpin.diagnose.suspect import Key
from hairpin.events.aftermath import asked_again, deciding_orders
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.happening import course_of
from hairpin.events.registry import events_by_themselves
from hairpin.host.engine_health import health
from hairpin.host.host import Host
from hairpin.kept import kept
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.reads import parts_changed
from hairpin.walk.walked import walked

LEFT_STOPPED = "restart-policy-missing"
"""The name of the cause by which an event leaves a container stopped.  The next event leaves it stopped, too."""


class ForeseenCause(msgspec.Struct, frozen=True):
    """A cause that stops flows after ``event``, which happens on the host ``label``.

    ``id``: the name under which it waits.  ``members``: the causes of that time that are this one, with the indexes of
    the asked flows; each proof is of the network ``then``.  ``orders``: of units, without which some of the flows
    pass."""

    id: str
    event: EventId
    label: str
    members: tuple[FoundCause, ...]
    then: Network
    orders: tuple[Message, ...] = ()

    @property
    def flows(self) -> tuple[int, ...]:
        """The indexes of the flows that it stops."""
        return tuple(sorted({number for each in self.members for number in each.flows}))


def foreseen(examination: Examination, told: frozenset[Key]) -> tuple[ForeseenCause, ...]:
    """Return what each event brings to the flows that pass now, each cause once, by the first event that brings it.

    ``told``: the keys of causes that are named already: they come only to a flow that a rule lets pass by them now, and
    that rule is gone then.  An event of which a reading is lacking is left out."""
    network = examination.network
    passing = {number: each.trace.flow for number, each in enumerate(examination.diagnoses) if each.trace.succeeds}
    found: dict[tuple[str, str], ForeseenCause] = {}
    struck: dict[int, set[str]] = {number: set() for number in passing}
    for label, event, course in courses_to_come(examination) if passing else ():
        left = {
            number: flow
            for number, flow in passing.items()
            if LEFT_STOPPED not in struck[number] or not is_ended(network, course.network, label, flow)
        }
        for each in _of_event(examination, left, event, course, told) if left else ():
            new = tuple(number for number in each.flows if each.id not in struck[number])
            if new and (each.id, label) not in found:
                found[each.id, label] = each
            for number in each.flows:
                struck[number].add(each.id)
    return tuple(found.values())


def courses_to_come(examination: Examination) -> tuple[tuple[str, EventId, Course], ...]:
    """Return the course of each event that comes by itself on one of the hosts, with the host's label.  An event of
    which a reading is lacking is left out.

    Where all flows are of one container, that one alone is restarted: the others' restarts are nothing to them."""
    names = {container_of(each.trace.flow) or "" for each in examination.diagnoses}
    only = tuple(names) if len(names) == 1 else ("",)
    known = _courses(examination.network)
    if only not in known:
        known[only] = _made(examination.network, only)
    return known[only]


@kept
def _courses(network: Network) -> dict[tuple[str, ...], tuple[tuple[str, EventId, Course], ...]]:  # noqa: ARG001
    return {}


def _made(network: Network, only: tuple[str, ...]) -> tuple[tuple[str, EventId, Course], ...]:
    return tuple(
        (host.name, event, course)
        for host in network.hosts
        if host.was_read
        for event, course in courses_on(network, host, only)
        if not course.missing
    )


def courses_on(network: Network, host: Host, only: tuple[str, ...] = ("",)) -> Iterator[tuple[EventId, Course]]:
    """Yield the course of each event that comes by itself on the host, the narrowest first.  ``only``: the containers
    that are restarted, each in a course of its own; an empty name: all in one."""
    for event in events_by_themselves():
        if not event.comes_on(host):
            continue
        for name in only if event.by_name is not None and event.by_name.what == "container" else ("",):
            course = course_of(network, host.name, event.id, name)
            if course is not None:
                yield event.id, course


def _of_event(
    examination: Examination, passing: dict[int, Flow], event: EventId, course: Course, told: frozenset[Key]
) -> Iterator[ForeseenCause]:
    """Yield what the event brings, the causes of one name together."""
    was, then = examination.network, course.network
    if not parts_changed(was, then):
        return
    asked = {number: asked_again(was, then, flow) for number, flow in passing.items()}
    # `walked_after` would not pay here: few events come by themselves, and most of them change what every walk reads.
    traces = {number: walked(then, flow) for number, flow in asked.items()}
    broken = tuple(number for number, each in traces.items() if not each.succeeds and each.verdict != "depends")
    if not broken:
        return
    ended = ended_containers(was, then, course.label, {number: traces[number] for number in broken})
    left = tuple(number for number in broken if not any(number in each.flows for each in ended))
    named: dict[str, list[FoundCause]] = {}
    for each, flows in (*((each, each.flows) for each in ended), *_others(then, asked, left)):
        if _is_here(each, was.host(course.label)):
            continue
        coming = Coming(event, course.label, was, then, passing[flows[0]], each.id, each.candidate, each.stop)
        if not told.isdisjoint(each.keys) and next(lost_rules(coming), None) is None:
            continue  # what stops other flows now stops these, too, when docker-proxy or a container is gone
        named.setdefault(name_of(coming), []).append(msgspec.structs.replace(each, flows=flows))
    for id_, members in named.items():
        struck = (number for each in members for number in each.flows)
        orders = (said for each in struck for said in deciding_orders(was, course.rivals, passing[each], traces[each]))
        yield ForeseenCause(id_, event, course.label, tuple(members), then, tuple(dict.fromkeys(orders)))


def _is_here(found: FoundCause, host: Host) -> bool:
    """Return whether the cause is a daemon that is down already: the state of the engine tells that."""
    return found.id == "docker-daemon-not-running" and any(each.is_down for each in health(host))


def _others(
    then: Network, asked: dict[int, Flow], left: tuple[int, ...]
) -> Iterator[tuple[FoundCause, tuple[int, ...]]]:
    """Yield each cause with the indexes of the flows that it stops first.  A later cause of the same flow may be its
    symptom."""
    later = examine_many(then, tuple(asked[number] for number in left)) if left else None
    for each in later.causes if later is not None else ():
        assert later is not None
        flows = tuple(left[number] for number in each.flows if later.causes_of(number)[0] is each)
        if flows:
            yield each, flows


def name_of(coming: Coming) -> str:
    """Return the name under which what an event brings waits for it: that of a cause to come, else its own."""
    return next((each.id for each in causes_to_come() if each.foresees(coming)), coming.cause)
