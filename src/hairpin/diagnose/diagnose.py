"""Searches the smallest set of causes whose removal delivers the flow.

A flow fails.  The causes that are registered for the reason of its stop propose changes.  Each change is simulated, and
the flow is walked again.  If it is delivered, the cause is proven.  If it stops elsewhere, the search goes on from
there with one more change, shortest sets first.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from hairpin.causes.cause import Candidate, View
from hairpin.causes.order import FOR_SOMEBODY, LAST, OF_THEIR_STOP, OPENING, PUTTING_BACK, Class, place
from hairpin.causes.registry import all_causes, causes_for, general_causes
from hairpin.causes.where import Places, container_of, places, rule_of
from hairpin.change.change import Change
from hairpin.change.simulate import simulate
from hairpin.diagnose.progress import has_moved
from hairpin.diagnose.proof import Proof, proof_by
from hairpin.diagnose.senders import sender
from hairpin.diagnose.trimming import trimmed_candidate
from hairpin.diagnose.unread import may_enter_unread
from hairpin.engines.daemon import precedes_start
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.strayed import is_held_inside
from hairpin.walk.state import Assumed, Stop
from hairpin.walk.trace import Branch, Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

MAX_FAULTS = 4
"""Faults that one flow may have at once."""
MAX_WALKS = 400
"""Walks that the search for one flow may cost; a real host needs a handful."""
MAX_WALKS_OF_ANY_REASON = 200
"""Walks that the search costs in which every cause is asked."""
MAX_WALKS_FOR_OTHERS = 80
"""Walks after which the search looks for no further set, once it has one."""


Key = tuple[str, str, Places]
"""A cause, its host, and its place there."""


class Suspect(msgspec.Struct, frozen=True):
    """A candidate with the cause that proposed it and the stop that it was proposed for.  ``follows_from``: the
    suspects that made this one, and have to go first."""

    cause: str
    candidate: Candidate
    stop: Stop
    follows_from: "tuple[Suspect, ...]" = ()

    @property
    def host(self) -> str:
        """The label of the host that the cause is on: where its change is made, else where the packet stopped."""
        return self.candidate.change.host or self.stop.netns.host

    @property
    def key(self) -> Key:
        """The cause, its host and its place there: two suspects with equal keys are one cause."""
        joins = self.candidate.joins
        return self.cause, self.host, (("joins", joins),) if joins else places(self.candidate.where)


class CauseSet(msgspec.Struct, frozen=True):
    """Causes that together have to go before a flow is delivered, and the proof."""

    causes: tuple[Suspect, ...]
    proof: Proof


class Diagnosis(msgspec.Struct, frozen=True):
    """One flow's answer.

    ``sets``: the smallest sets of causes, each of which would do, the best first; none if the flow is delivered, or if
    nothing in the catalogue explains the stop.  ``met_unread``: whether a walk of the search came to a container that
    was left unread.  ``instead_of``: the walk of the client whose place a stand-in took, because only the stand-in
    gets through."""

    trace: Trace
    sets: tuple[CauseSet, ...] = ()
    met_unread: bool = False
    instead_of: Trace | None = None

    @property
    def causes(self) -> tuple[Suspect, ...]:
        """The causes of the best set."""
        return self.sets[0].causes if self.sets else ()

    @property
    def proof(self) -> Proof | None:
        """The proof of the best set."""
        return self.sets[0].proof if self.sets else None


_UNSERVED: frozenset[Class] = frozenset({"port-not-published", "process-stopped"})


class _Search(msgspec.Struct, frozen=True):
    """How far a search goes.

    ``thorough``: it also opens what stops the packet while lost rules are not back, so that the packet slips through
    where it was never meant to go; and it follows a change that gets the packet no further alone, since another fault
    keeps it at the same place.  ``of_any_reason``: it asks every cause, whatever the stop is; such a search looks for
    one fault or two."""

    thorough: bool = False
    of_any_reason: bool = False

    @property
    def faults(self) -> int:
        """How many changes a set may have."""
        return 2 if self.of_any_reason else MAX_FAULTS

    @property
    def walks(self) -> int:
        """How many walks the search may cost."""
        return MAX_WALKS_OF_ANY_REASON if self.of_any_reason else MAX_WALKS


class _Line(msgspec.Struct, frozen=True):
    """One line of the search: the suspects so far, the network after their changes, and the flow's walk in it."""

    network: Network
    trace: Trace
    suspects: tuple[Suspect, ...]


def diagnose(network: Network, flow: Flow) -> Diagnosis:
    """Return why the flow fails, with the proof.  A flow that succeeds, or succeeds from a stand-in, has no causes."""
    return without_search(network, flow) or search_causes(network, flow)


def without_search(network: Network, flow: Flow) -> Diagnosis | None:
    """Return the diagnosis of a flow that succeeds, or succeeds from a stand-in; None for another one."""
    trace = walked(network, flow)
    if trace.succeeds or trace.usual.succeeds:
        # A flow that fails only under a condition that cannot be known here has no cause that could be proven.
        return Diagnosis(trace, met_unread=may_enter_unread(network, trace))
    for address in flow.stand_ins:
        other = walk_flow(network, flow.with_stand_in(address))
        if other.succeeds:
            unread = any(may_enter_unread(network, each) for each in (trace, other))
            return Diagnosis(other, met_unread=unread, instead_of=trace)
    return None


def search_causes(network: Network, flow: Flow) -> Diagnosis:
    """Return why the flow fails, which does."""
    trace = walked(network, flow)
    sets, unread, left_out = _smallest(network, flow, trace, _Search())
    if not sets and left_out:
        sets, unread, _ = _smallest(network, flow, trace, _Search(thorough=True))
    if not sets:
        sets, unread, _ = _smallest(network, flow, trace, _Search(thorough=True, of_any_reason=True))
    trimmed_sets = (msgspec.structs.replace(each, causes=_trimmed(network, flow, each.causes)) for each in sets)
    return Diagnosis(trace, tuple(trimmed_sets), met_unread=unread)


def _trimmed(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set, each change with only the rules that the flow needs."""
    needed = list(found)
    for number, each in enumerate(found):
        others = tuple(other.candidate.change for other in needed if other is not needed[number])
        needed[number] = msgspec.structs.replace(
            each, candidate=trimmed_candidate(each.candidate, network, flow, others)
        )
    return tuple(needed)


def _smallest(network: Network, flow: Flow, trace: Trace, search: _Search) -> tuple[tuple[CauseSet, ...], bool, bool]:
    """Return the smallest sets of causes whose removal delivers the flow, in the order in which the search meets them;
    whether a walk came to a container that was left unread; and whether a thorough search would look at more."""
    frontier = [_Line(network, trace, ())]
    found: dict[object, CauseSet] = {}
    unread = may_enter_unread(network, trace)
    left_out = False
    walks = 0
    for _ in range(search.faults):
        following: list[_Line] = []
        for line in frontier:
            gets_further = False
            for found_now, after in _simulated(line, flow, search):
                classes = _classes(found_now)
                if gets_further and not found and classes & OPENING:
                    left_out = True
                    continue
                together = classes | _classes(line.suspects)
                if "address-held-by-nobody" in together and together & FOR_SOMEBODY:
                    continue
                walks += 1
                grown = _Line(after, walk_flow(after, flow), (*line.suspects, *found_now))
                goes_on = has_moved(line.trace, grown.trace)
                gets_further = gets_further or (bool(classes & PUTTING_BACK) and goes_on and not search.thorough)
                unread = unread or may_enter_unread(network, grown.trace)
                if grown.trace.succeeds and not (grown.trace.verdict == "leaves" and is_held_inside(network, flow)):
                    needed = needed_only(network, flow, grown.suspects)
                    named = tuple(_by_better_name(network, flow, trace, each) for each in needed)
                    causes = _in_order_of_repair(network, flow, _with_makers(one_entry_each(named)))
                    proof = proof_by(trace, grown.trace)
                    found.setdefault(frozenset(each.key for each in causes), CauseSet(causes, proof))
                elif not found and (goes_on or search.thorough):
                    following.append(grown)
                left_out = left_out or not goes_on
                if walks >= (MAX_WALKS_FOR_OTHERS if found else search.walks):
                    return _of_one_size(tuple(found.values())), unread, left_out
        if found:
            break
        frontier = following
    return _of_one_size(tuple(found.values())), unread, left_out


def _by_better_name(network: Network, flow: Flow, trace: Trace, suspect: Suspect) -> Suspect:
    """Return what a general cause found under the name that another cause has for the same change, if one has."""
    if suspect.cause not in {each.id for each in general_causes()} or suspect.stop.netns not in network:
        return suspect
    views = [View(network, flow, branch, suspect.stop) for branch in trace.branches if branch.stop is not None]
    for cause in all_causes():
        for view in views if not cause.general else ():
            for candidate in cause.find(view):
                if candidate.change == suspect.candidate.change:
                    return Suspect(cause.id, candidate, suspect.stop)
    return suspect


def _classes(found: Iterable[Suspect]) -> frozenset[Class]:
    return frozenset(each.candidate.in_class for each in found)


def _of_one_size(sets: tuple[CauseSet, ...]) -> tuple[CauseSet, ...]:
    """Return the first set, and those that are as small and about something else.

    What a general cause found is no alternative to what a cause of the catalogue did."""
    if not sets:
        return ()
    general = {each.id for each in general_causes()}
    if not general & {each.cause for each in sets[0].causes}:
        sets = tuple(each for each in sets if not general & {one.cause for one in each.causes})
    size, things = len(sets[0].causes), frozenset(map(_thing, sets[0].causes))
    others = (each for each in sets[1:] if len(each.causes) == size)
    return (sets[0], *(each for each in others if frozenset(map(_thing, each.causes)) != things))


def _thing(suspect: Suspect) -> object:
    """Return what the suspect is about: a rule, a container, else its own place.  Two causes may name one thing."""
    meant = suspect.candidate.where
    rule, container = rule_of(meant), container_of(meant)
    if rule is not None:
        return suspect.host, rule.table, rule.chain, rule.text
    return (suspect.host, container) if container is not None else suspect.key


def _simulated(line: _Line, flow: Flow, search: _Search) -> Iterator[tuple[tuple[Suspect, ...], Network]]:
    """Yield each suspect of the line's stops, most likely first, with the network in which its change is made.

    A suspect whose change the host would refuse comes behind the one that makes the host refuse it."""
    for suspect in suspects(line.network, flow, line.trace, of_any_reason=search.of_any_reason):
        if any(_same(suspect, earlier) for earlier in line.suspects):
            continue
        steps = _allowed(suspect, line, flow) if suspect.candidate.refused is not None else ((suspect,),)
        for together in steps:
            with suppress(ChangeError):
                yield together, simulate(joint_change(together), line.network)


def _allowed(refused: Suspect, line: _Line, flow: Flow) -> Iterator[tuple[Suspect, ...]]:
    """Yield the refused suspect behind each suspect after whose change the host would not refuse it any more."""
    reason = refused.candidate.refused
    assert reason is not None
    stop = msgspec.structs.replace(refused.stop, reason=reason)
    branches = (each for each in line.trace.branches if each.stop == refused.stop)
    for view in (View(line.network, flow, branch, stop) for branch in branches):
        for maker in _found(view, stop):
            with suppress(ChangeError):
                after = simulate(maker.candidate.change, line.network)
                yield from _again(refused, maker, msgspec.structs.replace(view, network=after, stop=refused.stop))


def _again(refused: Suspect, maker: Suspect, view: View) -> Iterator[tuple[Suspect, ...]]:
    for again in _found(view, refused.stop):
        if again.key == refused.key and again.candidate.refused is None:
            yield maker, msgspec.structs.replace(again, follows_from=(maker,))


def joint_change(together: Iterable[Suspect]) -> Change:
    """Return the change that removes all of the causes."""
    return Change(tuple(part for each in together for part in each.candidate.change.parts))


def suspects(network: Network, flow: Flow, trace: Trace, *, of_any_reason: bool = False) -> tuple[Suspect, ...]:
    """Return what the causes suspect at the ends of the trace's failing branches, most likely first.

    ``of_any_reason``: the causes for other reasons of a stop are asked, too."""
    found: list[Suspect] = []
    for branch in trace.branches:
        if branch.succeeds or branch.stop is None or not rests_on_facts(branch):
            continue
        found += _at(network, flow, branch, branch.stop, of_any_reason=of_any_reason)
    return tuple(sorted(found, key=lambda each: place(each.candidate.in_class)))


def rests_on_facts(branch: Branch) -> bool:
    """Return whether the branch ends for a reason that was read or stated.  What is only assumed proves no cause."""
    decided = branch.stop.decided_by if branch.stop is not None else None
    return not branch.questions and not (isinstance(decided, Assumed) and decided.grounds == "assumed")


def _at(network: Network, flow: Flow, branch: Branch, stop: Stop, *, of_any_reason: bool) -> Iterator[Suspect]:
    view = View(network, flow, branch, stop)
    for each in (view, *sender(view)):
        yield from _found(each, stop, of_any_reason=of_any_reason)


def _found(view: View, stop: Stop, *, of_any_reason: bool = False) -> Iterator[Suspect]:
    """Yield what the causes for the view's reason suspect, each as found at ``stop``.

    A sender that is no longer there has no namespace, which causes for other reasons look into."""
    reason = view.stop.reason
    everywhere = of_any_reason and view.stop.netns in view.network
    for cause in all_causes() if everywhere else (*causes_for(reason), *general_causes()):
        guesses = not cause.general and reason not in cause.reasons
        for candidate in cause.find(view):
            kind = candidate.in_class
            if not (guesses and kind in OF_THEIR_STOP) and (of_any_reason or kind not in LAST):
                yield Suspect(cause.id, candidate, stop)


def _same(one: Suspect, other: Suspect) -> bool:
    return one.cause == other.cause and one.candidate.change == other.candidate.change


def needed_only(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set without members that the flow does not need.  A suspect stays if a needed one follows from it."""
    needed = list(found)
    for suspect in found:
        rest = [each for each in needed if each is not suspect and suspect not in each.follows_from]
        if rest and _delivers(network, flow, rest):
            needed = rest
    return tuple(needed)


def one_entry_each(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set with one entry for each cause and place, with all changes there: one policy, for instance, may
    stop both the request and the reply."""
    joined: dict[object, Suspect] = {}
    for each in found:
        first = joined.get(each.key)
        if first is None:
            joined[each.key] = each
            continue
        one, other = first.candidate.change, each.candidate.change
        change = Change((*one.parts, *other.parts), tuple(dict.fromkeys((*one.calls, *other.calls))))
        candidate = msgspec.structs.replace(first.candidate, change=change)
        joined[each.key] = msgspec.structs.replace(first, candidate=candidate)
    return tuple(joined.values())


def _in_order_of_repair(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set in three groups: what has to be repaired before dockerd is started; then a port that nobody
    serves, or a stopped process; then the others.

    Without a service no other fault matters.  Podman reloads no rules of a paused container.

    A later change was found on the network that the earlier ones leave.  Two that replace the same container or its
    namespace fit in the order in which they were found alone."""
    ordered = tuple(
        sorted(found, key=lambda each: (not is_before_start(network, each), each.candidate.in_class not in _UNSERVED))
    )
    return ordered if ordered == found or _delivers(network, flow, ordered) else found


def is_before_start(network: Network, suspect: Suspect) -> bool:
    """Return whether the suspect's repair comes before any that starts dockerd."""
    hosts = (each for each in network.hosts if each.name == suspect.host)
    return any(precedes_start(each, suspect.candidate.change) for each in hosts)


def _with_makers(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set with ``follows_from`` filled in.  A cause stands behind the cause that made it."""
    linked: list[Suspect] = []
    for each in found:
        makers = tuple(one for one in found if one.cause in each.candidate.made_by and one.host == each.host)
        linked.append(msgspec.structs.replace(each, follows_from=makers) if makers else each)
    return tuple(sorted(linked, key=lambda each: bool(each.follows_from)))


def _delivers(network: Network, flow: Flow, chosen: Iterable[Suspect]) -> bool:
    try:
        return walk_flow(simulate(joint_change(chosen), network), flow).succeeds
    except ChangeError:
        return False
