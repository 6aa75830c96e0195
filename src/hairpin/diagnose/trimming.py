"""Removes from a change the parts that the flow does not need: rules for replies that another rule already accepts, and
routes whose slot in the table another route already has."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Way
from hairpin.causes.order import MADE_ANEW, PUTTING_BACK
from hairpin.change.change import (
    AddChain,
    AddEntry,
    AddNamespace,
    AddSocket,
    Change,
    DeleteEntry,
    InsertRule,
    Primitive,
)
from hairpin.change.narrower import without_narrower, without_narrower_lines
from hairpin.change.simulation.entries import route_slot
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import Route
from hairpin.netfilter.ir import Expression
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow


def trimmed_candidate(candidate: Candidate, network: Network, flow: Flow, others: tuple[Change, ...]) -> Candidate:
    """Return the candidate whose change and ways have only the parts that the flow needs after the changes ``others``.
    If the change restores lost rules of an engine, or makes a container anew, all rules of the engine are kept."""
    try:
        for change in others:
            network = simulate(change, network)
    except ChangeError:
        return candidate
    candidate = msgspec.structs.replace(candidate, change=_without_taken_places(candidate.change, network, flow))
    if candidate.in_class in PUTTING_BACK | MADE_ANEW:
        return candidate
    ways = tuple(msgspec.structs.replace(way, change=_trimmed(way.change, network, flow)) for way in candidate.ways)
    return msgspec.structs.replace(candidate, change=_trimmed(candidate.change, network, flow), ways=ways)


def _trimmed(change: Change, network: Network, flow: Flow) -> Change:
    """Return the change without the inserted rules that the flow does not need.  A change that does not only insert
    rules is returned unchanged."""
    if change.calls or len(change.parts) < 2 or not all(isinstance(part, InsertRule) for part in change.parts):
        return change
    for fewer in _fewer(change):
        try:
            if walk_flow(simulate(fewer, network), flow).succeeds:
                return _trimmed(fewer, network, flow)
        except ChangeError:
            continue
    return change


def _without_taken_places(change: Change, network: Network, flow: Flow) -> Change:
    """Return the change without the routes that the kernel would refuse with "File exists", if the flow needs none of
    them.  A route that the kernel would refuse fitted only because the change of a suspect that is not needed had
    deleted the route in its slot."""
    gone = {place for part in change.parts if (place := _place(part, DeleteEntry)) is not None}
    kept = tuple(
        part
        for part in change.parts
        if (place := _place(part, AddEntry)) is None or place in gone or not _is_taken(network, place)
    )
    if not kept or kept == change.parts:
        return change
    fewer = msgspec.structs.replace(change, parts=kept)
    try:
        return fewer if walk_flow(simulate(fewer, network), flow).succeeds else change
    except ChangeError:
        return change


_Place = tuple[Netns, tuple[object, ...]]


def _place(part: Primitive, kind: type[AddEntry] | type[DeleteEntry]) -> _Place | None:
    if isinstance(part, kind) and isinstance(part.entry, Route):
        return part.netns, route_slot(part.entry)
    return None


def _is_taken(network: Network, place: _Place) -> bool:
    netns, slot = place
    return netns in network and any(route_slot(each) == slot for each in network.namespace(netns).routes)


def _fewer(change: Change) -> Iterator[Change]:
    for left_out in reversed(range(len(change.parts))):
        yield Change(tuple(part for number, part in enumerate(change.parts) if number != left_out))


def joined_change(changes: tuple[Change, ...]) -> Change:
    """Return one change for all flows that a cause stops.

    Changes that only add chains, rules, sockets or addresses are united.  Changes with equal calls to an owner are
    united, too.  The owner then makes the parts that any of the flows needs.  Changes without calls that differ only in
    the added sockets, chains, rules and addresses are united, too.  An example is a container that a person starts,
    with different sockets.  A rule is left out if a wider rule of the same chain is added as well, and a call of ufw if
    a wider call is made as well."""
    first, *others = {id(each): each for each in changes}.values()  # mostly the same few: one cause stops many flows
    parts, calls = list(first.parts), list(first.calls)
    for each in others:
        same_calls = bool(calls) and first.calls == each.calls
        only_adds = all(map(_is_for_more, (*parts, *each.parts))) and bool(calls) == bool(each.calls)
        same_rest = not calls and not each.calls and _beside(first.parts) == _beside(each.parts)
        if same_calls or only_adds or same_rest:
            for part in each.parts:
                _unite(parts, part)
            calls += [call for call in each.calls if call not in calls]
    return Change(tuple(_without_narrower(parts)), tuple(without_narrower(calls)))


def _without_narrower(parts: list[Primitive]) -> Iterator[Primitive]:
    """Yield the parts, except each inserted rule beside which a rule that matches more packets is inserted.  Only rules
    that are inserted at the same place and have the same last statement are compared: a change that restores an
    engine's rules inserts thousands."""
    bodies: dict[tuple[object, ...], list[set[Expression]]] = {}
    for part in parts:
        if isinstance(part, InsertRule):
            bodies.setdefault(_where(part), []).append(set(part.rule.body))
    for part in parts:
        if isinstance(part, InsertRule):
            own = set(part.rule.body)
            if any(each < own for each in bodies[_where(part)]):
                continue
        yield part


def _where(part: InsertRule) -> tuple[object, ...]:
    """Return the place at which the rule is inserted, and its last statement."""
    last = part.rule.body[-1:]
    return part.netns, part.dialect, part.family, part.table, part.chain, part.position, last


def _beside(parts: tuple[Primitive, ...]) -> list[object]:
    """Return the parts that do not only add a socket, a chain, a rule or an address.  For an added container, return
    only its host and the name of its namespace."""
    rest = (part for part in parts if not _is_for_more(part))
    return [(part.host, part.namespace.name) if isinstance(part, AddNamespace) else part for part in rest]


def _unite(parts: list[Primitive], part: Primitive) -> None:
    """Add the part, if ``parts`` lacks it.  Two parts that add the same container become one part with the sockets of
    both."""
    if part in parts:
        return
    for at, known in enumerate(parts):
        if isinstance(known, AddNamespace) and isinstance(part, AddNamespace) and _is_same(known, part):
            sockets = tuple(dict.fromkeys((*known.namespace.sockets, *part.namespace.sockets)))
            made = msgspec.structs.replace(known.namespace, sockets=sockets)
            parts[at] = msgspec.structs.replace(known, namespace=made)
            return
    parts.append(part)


def _is_same(one: AddNamespace, other: AddNamespace) -> bool:
    return (one.host, one.namespace.name) == (other.host, other.namespace.name)


def _is_for_more(part: Primitive) -> bool:
    """Return whether the part only adds a socket, a chain, a rule or an address.  A part that only adds something can
    be united with the parts for other flows."""
    match part:
        case AddSocket() | AddChain() | InsertRule() | AddEntry(entry=Address()):
            return True
        case _:
            return False


def joined_ways(candidates: tuple[Candidate, ...]) -> tuple[Way, ...]:
    """Return the ways of the first candidate.  Each way is united with the ways of the other candidates that have
    equally many ways."""
    first, *others = candidates
    found: list[Way] = []
    for number, way in enumerate(first.ways):
        alike = [each.ways[number] for each in others if len(each.ways) == len(first.ways)]
        if way.change.parts:
            change = joined_change((way.change, *(each.change for each in alike)))
            found.append(msgspec.structs.replace(way, change=change))
        else:
            found.append(
                msgspec.structs.replace(way, typed=_joined_lines((way.typed, *(each.typed for each in alike))))
            )
    return tuple(found)


def _joined_lines(texts: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the lines of all texts, each once.  A line that the first text lacks comes after the line that it follows
    in its own text."""
    first, *others = texts
    found = list(first)
    for text in others:
        at = 0
        for line in text:
            if line not in found:
                found.insert(at, line)
            at = found.index(line) + 1
    return tuple(without_narrower_lines(found))
