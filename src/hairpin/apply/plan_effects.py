"""The effects of a plan's repairs, one after another, on the known flows of the changed hosts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.causes.cause import Candidate
from hairpin.change.change import AddNamespace, Change
from hairpin.change.step import done_by
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.fates import fates_of_open
from hairpin.events.to_come import courses_on
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.diverted import ways_out
from hairpin.remedy.effect import Effects, FlowEffect, Nature
from hairpin.remedy.effects import (
    MAX_OF_PLAN,
    Others,
    asked_from_new,
    effects_between,
    nature_of,
    opened_by_joining,
    others_of,
    with_newly_known,
)
from hairpin.remedy.in_turn import after
from hairpin.remedy.known_flows import flow_key
from hairpin.remedy.remedy import Remedy
from hairpin.remedy.told import kept_network
from hairpin.remedy.under_events import is_undone

_HELD = 3
"""The greatest number of flows of a cause that are walked again after each event."""


class CarriedRemedy(msgspec.Struct, frozen=True):
    """A remedy that is carried out on the host with the label ``host``.

    ``candidate``: the cause that the remedy repairs, or None if the remedy restores an engine's lost rules.  ``meant``:
    whether the remedy undoes a setting that a person made."""

    host: str
    remedy: Remedy
    candidate: Candidate | None = None
    meant: bool = False

    @property
    def nature(self) -> Nature:
        """The remedy's purpose, on which the judgement of the flows that it opens depends."""
        return "putting-back" if self.candidate is None else nature_of(self.remedy, self.candidate, meant=self.meant)

    @property
    def change(self) -> Change:
        """The changes that all steps of the remedy make, including the lasting steps."""
        steps = (*self.remedy.steps, *self.remedy.keeping)
        return Change(tuple(part for step in steps for part in done_by(step)))


def effects_of(answer: Answer, carried: Sequence[CarriedRemedy]) -> Effects:
    """Return the effects of all remedies together, on every host that the remedies change.

    Effects on the asked flows that the remedies repair are left out."""
    asked = tuple(each.trace.flow for each in answer.flows)
    total = Effects()
    for label in dict.fromkeys(each.host for each in carried):
        total = total.joined(_on_host(answer.network, label, carried, asked))
    return total


def _on_host(network: Network, label: str, carried: Sequence[CarriedRemedy], asked: tuple[Flow, ...]) -> Effects:
    first = others_of(network.seen_from(label), asked, MAX_OF_PLAN)
    held = carried[0].remedy.effects if len(carried) == 1 else None
    opened = _opened(first.network)
    if held is not None and not held.left_out and not any(_end(each.flow) in opened for each in first.known):
        return held  # the answer has already computed the effects of a single remedy
    now, again, of_asked, unasked = first, set[object](), set[object](), set[object]()
    beside: list[FlowEffect] = []
    parts: list[Change] = []
    for each in carried:
        change, network = each.change, after(each.remedy, first.network, now.network)
        first, now = (with_newly_known(one, change, network) for one in (first, now))
        then = now.after(change, network)
        alike = now.alike(then)
        first, now, then = (one.with_more(alike) for one in (first, now, then))
        for effect in effects_between(now, then, each.nature).found:
            (again if effect.again else of_asked if effect.of_asked else unasked).add(flow_key(effect.flow))
        beside += ways_out(now.network, then.network, change, asked)
        beside += opened_by_joining(now.network, then.network, each.remedy.change, asked)
        beside += asked_from_new(now, change, then.network, each.nature)
        parts.append(change if each.remedy.disruptive else _without_grown(change, first.network))
        now = then
    found = effects_between(first, now, "meant")
    own = again - unasked, of_asked - unasked
    effects = tuple(
        msgspec.structs.replace(
            each, again=flow_key(each.flow) in own[0], of_asked=each.of_asked or flow_key(each.flow) in own[1]
        )
        for each in found.found
    )
    cut = tuple(_cut(first, now, label, parts))
    return msgspec.structs.replace(found, found=effects, cut=cut).with_more(beside)


def events_against(
    network: Network, repairs: Sequence[tuple[Remedy, CauseAnswer | None]], passing: Mapping[str, Flow]
) -> tuple[EventId, ...]:
    """Return the events that bring a repaired cause back if only the steps of the repairs are carried out, and not the
    lasting steps.  ``passing``: the flows that pass after the repairs, by their refs."""
    causes = [cause for _, cause in repairs if cause is not None]  # a restored engine's rules have none
    if not causes:
        return ()
    was = network
    for remedy, _ in repairs:
        made = after(msgspec.structs.replace(remedy, keeping=()), was, network)
        network = kept_network(made, (), remedy.steps) or made  # ufw keeps what its own command set
    stopped = [(each, tuple(passing[ref] for ref in each.flows if ref in passing)[:_HELD]) for each in causes]
    return tuple(
        event
        for event, course in courses_on(network, network.this)
        if not course.missing and any(is_undone(cause.id, network, course, flows) for cause, flows in stopped)
    )


def _cut(was: Others, now: Others, label: str, changes: Iterable[Change]) -> Iterator[Flow]:
    """Yield the flows that pass before and after the changes, but whose open connections break.  The host's conntrack
    table shows which flows have open connections."""
    opened = _opened(was.network)
    both = zip(was.known, was.traces, now.traces, strict=True)
    flows = [
        known.flow
        for known, one, other in both
        if one is not other and one.succeeds and other.succeeds and _end(known.flow) in opened
    ]
    course = Course(now.network, label, tuple(part for change in changes for part in change.parts))
    fates = fates_of_open(was.network, course, flows)
    yield from (flow for flow, fate in zip(flows, fates, strict=True) if fate == "lost")


def _without_grown(change: Change, was: Network) -> Change:
    """Return the change without the namespaces that it only gives a further link.  A container that an engine connects
    to one more network runs on, and so do its connections."""
    grown = (part for part in change.parts if isinstance(part, AddNamespace))
    same = {id(part) for part in grown if Netns(part.host, part.namespace.name) in was}
    return Change(tuple(part for part in change.parts if id(part) not in same), change.calls)


def _opened(network: Network) -> frozenset[object]:
    """Return the destinations of the open connections: protocol, address, port."""
    netns = network.this.netns
    known = network.namespace(netns).connections if netns in network else ()
    return frozenset((each.original.protocol, each.original.daddr, each.original.dport) for each in known)


def _end(flow: Flow) -> object:
    packet = flow.packet(0)
    return packet.protocol, packet.daddr, packet.dport
