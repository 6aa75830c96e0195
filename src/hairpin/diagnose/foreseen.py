"""Finds faults that occur after an event that comes by itself or in the ordinary maintenance of a host.

hairpin simulates each such event on the model of the host, walks the passing flows again, and diagnoses the flows that
then fail.  If a cause of ``causes/to_come`` matches the fault, the fault gets the name of this cause.  Otherwise the
fault keeps the name that its diagnosis gives it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Coming, Finding, Key, Later, of_nothing_coming
from hairpin.causes.registry import causes_to_come, known_cause
from hairpin.causes.where import OfContainer
from hairpin.diagnose.ended import ended_containers, is_ended
from hairpin.diagnose.examination import Examination
from hairpin.events.aftermath import asked_again, deciding_assumptions
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.to_come import courses_to_come
from hairpin.host.engine_health import health
from hairpin.host.host import Host
from hairpin.host.name_order import name_order
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.reads import parts_changed
from hairpin.walk.walked import walked

LEFT_STOPPED = "restart-policy-missing"
"""The id of the cause for a container that an event leaves stopped.

Later events leave a stopped container stopped, too."""


def foreseen(examination: Examination, told: frozenset[Key]) -> tuple[Finding, ...]:
    """Return the faults that events bring to the flows that pass now.  Each cause is returned once, for the first event
    that brings it.

    ``told``: the keys of causes that are already reported.  A cause that is already reported is returned only if a flow
    passes because of a rule and the event removes this rule.  An event for which a reading is missing is left out."""
    network = examination.network
    passing = {number: each.trace.flow for number, each in enumerate(examination.diagnoses) if each.trace.succeeds}
    found: dict[tuple[str, str], Finding] = {}
    struck: dict[int, set[str]] = {number: set() for number in passing}
    for label, event, course in courses_to_come(network, examination.asked.flows) if passing else ():
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


def _of_event(
    examination: Examination, passing: dict[int, Flow], event: EventId, course: Course, told: frozenset[Key]
) -> Iterator[Finding]:
    """Yield the faults that the event brings: one finding for each cause id, with all flows that it concerns."""
    was, then = examination.network, course.network
    if not parts_changed(was, then):
        return
    asked = {number: asked_again(was, then, flow) for number, flow in passing.items()}
    # `walked_after` would save no time here, because few events come by themselves, and most of these events change
    # facts that every walk reads.
    traces = {number: walked(then, flow) for number, flow in asked.items()}
    broken = tuple(number for number, each in traces.items() if not each.succeeds and each.verdict != "depends")
    if not broken:
        return
    ended = ended_containers(was, then, course.label, {number: traces[number] for number in broken})
    left = tuple(number for number in broken if not any(number in each.flows for each in ended))
    named: dict[str, list[Finding]] = {}
    for each, flows in (*((each, each.flows) for each in ended), *_others(then, asked, left)):
        if _is_here(each, was.host(course.label)):
            continue
        coming = Coming(event, course.label, was, then, passing[flows[0]], each)
        if not told.isdisjoint(each.keys) and not _loses_rules(coming):
            # after docker-proxy or a container has ended, a present cause of other flows also stops these flows
            continue
        named.setdefault(name_of(coming), []).append(msgspec.structs.replace(each, flows=flows))
    for id_, members in named.items():
        flows = tuple(sorted({number for each in members for number in each.flows}))
        struck = (number for each in members for number in each.flows)
        assumed = (
            said for each in struck for said in deciding_assumptions(was, course.rivals, passing[each], traces[each])
        )
        condition = next(assumed, None)
        said = message("{event}, if {condition}", event=event, condition=condition) if condition is not None else event
        yield Finding(
            candidate=_titled(id_, members, said, was.host(course.label)),
            severity="latent",
            id=id_,
            host=course.label,
            flows=flows,
            stop=members[0].stop,
            proof=members[0].proof,
            event=event,
            later=Later(event, tuple(members), then),
        )


def _is_here(found: Finding, host: Host) -> bool:
    """Return whether the cause is a daemon that is already down.  The report shows this as the engine's state."""
    return found.id == "docker-daemon-not-running" and any(each.is_down for each in health(host))


def _others(then: Network, asked: dict[int, Flow], left: tuple[int, ...]) -> Iterator[tuple[Finding, tuple[int, ...]]]:
    """Yield each cause with the indexes of the flows whose first cause it is.  A later cause of a flow may be a symptom
    of the flow's first cause."""
    if not left:
        return
    from hairpin.diagnose.many import examine_many  # noqa: PLC0415 - most events break no flow, or end its container

    later = examine_many(then, tuple(asked[number] for number in left))
    for each in later.causes:
        flows = tuple(left[number] for number in each.flows if later.causes_of(number)[0] is each)
        if flows:
            yield each, flows


def _loses_rules(coming: Coming) -> bool:
    from hairpin.causes.opening import lost_rules  # noqa: PLC0415 - on a healthy host no cause is told already

    return next(lost_rules(coming), None) is not None


def name_of(coming: Coming) -> str:
    """Return the name of a fault that an event brings: the id of the matching cause in ``causes/to_come``, or otherwise
    the fault's own id."""
    return next((each.id for each in causes_to_come() if each.foresees(coming)), coming.found.id)


def state_that_brings(id_: str, host: Host) -> Candidate | None:
    """Return what the host has now that an event turns into the cause; None if the cause needs no such state."""
    known = known_cause(id_)
    if known is None or known.foresees is of_nothing_coming:
        return None
    return next((each.candidate for each in known.of_host(host)), None)


_MOST_NAMES = 6
"""The greatest number of containers that a title names.  The flows and the repair name all containers."""


def _titled(id_: str, members: list[Finding], said: Message | str, host: Host) -> Candidate:
    """Return the candidate of the first member, with a title for all members.  ``said``: the event in words."""
    first, names = members[0].candidate, _containers(members, host)
    event = {"event": said}
    if id_ == LEFT_STOPPED and len(names) == 1:
        title = message("after {event}: container {name} does not start again", **event, name=names[0])
        return msgspec.structs.replace(
            first,
            title=title,
            detail=message("The container runs now, and nothing starts the container again after the event."),
        )
    if id_ == LEFT_STOPPED:
        title = message("after {event}: containers {names} do not start again", **event, names=_some(names))
        detail = message("The containers run now, and nothing starts them again after the event.")
        return msgspec.structs.replace(first, title=title, detail=detail)
    state = state_that_brings(id_, host)
    if state is not None:
        first = msgspec.structs.replace(first, title=state.title, detail=state.detail)
    title = message("after {event}: {title}", **event, title=first.title)
    if len(names) > 1:
        others = _some(names[1:])
        title = message("after {event}: {title}; the same for {others}", **event, title=first.title, others=others)
    return msgspec.structs.replace(first, title=title)


def _some(names: tuple[str, ...]) -> Message | str:
    """Return the names in natural order.

    If there are many names, return the first names and the number of the remaining names."""
    first = ", ".join(sorted(names, key=name_order)[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return message("{names} and {count} more", names=first, count=more) if more > 0 else first


def _containers(members: list[Finding], host: Host) -> tuple[str, ...]:
    """Return the containers that the members are about, if each member is about a container."""
    names = [each.candidate.where.container for each in members if isinstance(each.candidate.where, OfContainer)]
    known = ((name, host.container(name)) for name in names)
    told = (host.told_names(each) if each is not None else (name,) for name, each in known)
    return tuple(dict.fromkeys(each for some in told for each in some)) if len(names) == len(members) else ()
