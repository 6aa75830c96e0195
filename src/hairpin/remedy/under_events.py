"""Simulates the events of a host after each remedy and its lasting steps.  An event that undoes the remedy is named as
a side effect.  Lasting steps that would prevent an engine from starting are not printed."""

from itertools import islice

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import renumbered_change
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import nature
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.ended import containers_concerned
from hairpin.errors import ChangeError
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.happening import course_of
from hairpin.events.to_come import courses_on
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy, SideEffect
from hairpin.remedy.told import kept_network
from hairpin.walk.walked import walked

_OF_ENGINES = ("docker-restart", "firewalld-restart")
_NOTHING_STARTS: frozenset[EventId] = frozenset({"sysctl-system", "container-restart"})
"""The events in which no engine starts, and in which no manager of rules or links starts or loads its files."""
_JUDGED = 2
"""The greatest number of remedies of a cause, and of flows for each remedy, for which events are simulated."""


def judged_by_events(
    remedies: tuple[Remedy, ...],
    cause: str,
    network: Network,
    asked: tuple[Flow, ...],
    together: tuple[Change, ...] = (),
) -> tuple[Remedy, ...]:
    """Return the remedies, each with the events that undo the remedy.  Of two remedies with the same rank, the remedy
    that no event undoes comes first.

    ``asked``: the flows that the cause stops.  ``network``: the network as seen from the repaired host.  ``together``:
    the changes of other causes without which the flows do not pass."""
    carried_out = [number for number, each in enumerate(remedies) if each.steps or each.keeping]
    chosen = {*range(_JUDGED), *carried_out[:_JUDGED]}
    judged = [_judged(each, cause, network, asked, together) if number in chosen else (each, False)
              for number, each in enumerate(remedies)]  # fmt: skip
    order = sorted(range(len(judged)), key=lambda number: (remedies[number].rank, judged[number][1]))
    return tuple(judged[number][0] for number in order)


def _judged(
    remedy: Remedy, cause: str, network: Network, asked: tuple[Flow, ...], together: tuple[Change, ...]
) -> tuple[Remedy, bool]:
    """Return the remedy, and whether an event undoes it."""
    kept = _repaired(remedy, network, ())
    if kept is None:
        return remedy, False
    flows = _passing(kept, asked)
    if not flows and together:
        kept = _repaired(remedy, network, together) or kept
        flows = _passing(kept, asked)
    by_person = _is_made_by_person(remedy)
    if by_person and not remedy.keeping:
        return remedy, False
    restarted = containers_concerned(flows, remedy.change, kept) or ("",)
    courses = tuple(courses_on(kept, kept.this, restarted, flows))
    failing = next((each for each in courses if remedy.keeping and _keeps_from_starting(network, *each)), None)
    if failing is not None:
        return msgspec.structs.replace(remedy, keeping=(), advice=(*remedy.advice, _not_kept(*failing))), True
    if by_person:
        return remedy, False
    undone = dict.fromkeys(
        event for event, course in courses if not course.missing and is_undone(cause, kept, course, flows)
    )
    if not undone:
        return remedy, False
    said = SideEffect(message("the repair is lost after {events}", events=", ".join(undone)))
    return msgspec.structs.replace(remedy, side_effects=(*remedy.side_effects, said)), True


def _is_made_by_person(remedy: Remedy) -> bool:
    """Return whether only a person can make the repair.

    The remedy's change then simulates a person's work, such as a container with another port or a service with another
    address.  After an event, the rules and sockets of such a container or service come back without hairpin."""
    return all(nature(each) == "for-a-person" for each in (*remedy.steps, *remedy.keeping))


def _repaired(remedy: Remedy, network: Network, together: tuple[Change, ...]) -> Network | None:
    """Return the network after the remedy, its lasting steps and the changes of other causes; None if hairpin cannot
    tell this network."""
    if not remedy.change.parts:
        return None
    try:
        kept = kept_network(simulate(remedy.change, network), remedy.keeping, remedy.steps)
        for change in together if kept is not None else ():
            assert kept is not None
            kept = simulate(renumbered_change(change, network, kept), kept)
    except ChangeError:
        return None
    return kept


def _passing(network: Network, asked: tuple[Flow, ...]) -> tuple[Flow, ...]:
    return tuple(islice((each for each in asked if walked(network, each).succeeds), _JUDGED))


_NOT_KEPT: Message = message(
    "if this repair lasted after a reboot, it would keep an engine from starting, so hairpin saves no part of it. The "
    "owner of the container or network has to recreate it")  # fmt: skip


def _not_kept(event: EventId, course: Course) -> Message:
    if event in _OF_ENGINES:
        return _NOT_KEPT
    reason = str(course.failures[0])
    return message(
        "if this repair lasted after a reboot, it would do harm, so hairpin saves no part of it: after {event}, "
        "{reason}",
        event=event,
        reason=reason,
    )


def is_undone(cause: str, network: Network, course: Course, flows: tuple[Flow, ...]) -> bool:
    """Return whether the same cause stops one of the flows after the event."""
    again = (asked_again(network, course.network, flow) for flow in flows)
    stopped = (flow for flow in again if not walked(course.network, flow).succeeds)
    return any(each.cause == cause for flow in stopped for each in diagnose(course.network, flow).causes)


def _keeps_from_starting(network: Network, event: EventId, then: Course) -> bool:
    """Return whether the remedy makes an engine or a manager fail when the event starts it."""
    if event in _NOTHING_STARTS or not then.failures:
        return False
    now = course_of(network, then.label, event)
    return now is None or not now.failures
