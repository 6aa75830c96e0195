"""Searches the smallest set of causes whose removal delivers a failing flow.

The causes for the reason of the flow's stop propose changes.  Each change is simulated, and the flow is walked again.
If the flow is delivered, the cause is proven.  If the flow stops elsewhere, or for another reason, the search continues
from the new stop with one more change.  Smaller sets are searched before larger sets.

A host may forward its containers' packets with a source address to which another host cannot send answers.  The other
host then loses the packet or its answer, and the fault is on the containers' host, which should have translated the
source address.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from hairpin.causes.cause import View
from hairpin.causes.order import FOR_SOMEBODY, LAST, OF_THEIR_STOP, OPENING, PUTTING_BACK, Class, place
from hairpin.causes.proof import is_repaired
from hairpin.causes.registry import all_causes, causes_for, general_causes
from hairpin.causes.where import container_of, rule_of
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.proven_set import proven_set, trimmed_set
from hairpin.diagnose.suspect import CauseSet, Diagnosis, Suspect, joint_change
from hairpin.diagnose.unread import may_enter_unread
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, owns_address
from hairpin.network.unmasqueraded import is_unmasqueraded
from hairpin.walk.decided import Assumed, ConntrackDecided
from hairpin.walk.state import Reason, Stop
from hairpin.walk.trace import Branch, Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

MAX_FAULTS = 4
"""The greatest number of faults of one flow that the search can find together."""
MAX_WALKS = 400
"""The greatest number of walks that the search for one flow may make.

On a real host a search needs only a few walks."""
MAX_WALKS_OF_ANY_REASON = 200
"""The greatest number of walks for a search that asks every cause."""
MAX_WALKS_FOR_OTHERS = 80
"""The number of walks after which a search that has found a set of causes looks for no other set."""
BRANCHES_OF_A_WALK = 6
"""The number of branches for which a search counts one walk: few flows of a host that was read fork so often."""


class _Search(msgspec.Struct, frozen=True):
    """The limits of a search.

    ``thorough``: whether the search tries two more kinds of changes.  A change of the first kind opens a rule that
    stops the packet only because an engine's rules are lost.  A change of the second kind alone does not move the stop,
    because a second fault is at the same place.  ``of_any_reason``: whether every cause is asked, whatever the reason
    of the stop.  A search that asks every cause looks for at most two faults."""

    thorough: bool = False
    of_any_reason: bool = False

    @property
    def faults(self) -> int:
        """The greatest number of changes that a set may have."""
        return 2 if self.of_any_reason else MAX_FAULTS

    @property
    def walks(self) -> int:
        """The greatest number of walks that the search may make."""
        return MAX_WALKS_OF_ANY_REASON if self.of_any_reason else MAX_WALKS


class _Line(msgspec.Struct, frozen=True):
    """One line of the search: the suspects so far, the network after the suspects' changes, and the flow's walk in this
    network."""

    network: Network
    trace: Trace
    suspects: tuple[Suspect, ...]


def search_causes(network: Network, flow: Flow) -> Diagnosis:
    """Return the diagnosis of a failing flow."""
    trace = walked(network, flow)
    sets, unread, left_out = _smallest(network, flow, trace, _Search())
    if not sets and left_out:
        sets, unread, _ = _smallest(network, flow, trace, _Search(thorough=True))
    if not sets:
        sets, unread, _ = _smallest(network, flow, trace, _Search(thorough=True, of_any_reason=True))
    trimmed_sets = tuple(trimmed_set(network, flow, trace, each) for each in sets)
    return Diagnosis(trace, trimmed_sets, met_unread=unread)


def _smallest(network: Network, flow: Flow, trace: Trace, search: _Search) -> tuple[tuple[CauseSet, ...], bool, bool]:
    """Return the smallest sets of causes whose removal delivers the flow, in search order.  Also return whether a walk
    reached an unread container, and whether a thorough search would try more changes."""
    frontier = [_Line(network, trace, ())]
    found: dict[object, CauseSet] = {}
    granted: set[object] = set()
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
                grown = _Line(after, walk_flow(after, flow), (*line.suspects, *found_now))
                # A walk that forks often, as on a host of which only a text tells, costs as much as several others.
                walks += max(1, len(grown.trace.branches) // BRANCHES_OF_A_WALK)
                goes_on = has_moved(line.trace, grown.trace)
                gets_further = gets_further or (bool(classes & PUTTING_BACK) and goes_on and not search.thorough)
                unread = unread or may_enter_unread(network, grown.trace)
                if is_repaired(network, flow, grown.trace):
                    proven = proven_set(network, flow, trace, grown.suspects, grown.trace)
                    key = frozenset(each.key for each in proven.causes)
                    if key in granted and not grown.trace.rests_on_grant:
                        # this change removes the same causes, and its proof rests on no packet that a careful router
                        # outside drops
                        found[key] = proven
                        granted.remove(key)
                    elif key not in found and grown.trace.rests_on_grant:
                        granted.add(key)
                    found.setdefault(key, proven)
                elif not found and (goes_on or search.thorough):
                    following.append(grown)
                left_out = left_out or not goes_on
                if walks >= (MAX_WALKS_FOR_OTHERS if found else search.walks):
                    return _of_one_size(tuple(found.values())), unread, left_out
        if found:
            break
        frontier = following
    return _of_one_size(tuple(found.values())), unread, left_out


def _classes(found: Iterable[Suspect]) -> frozenset[Class]:
    return frozenset(each.candidate.in_class for each in found)


def _of_one_size(sets: tuple[CauseSet, ...]) -> tuple[CauseSet, ...]:
    """Return the first set, and all sets of the same size that are about other things.

    A set of general causes is no alternative to a set of special causes."""
    if not sets:
        return ()
    general = {each.id for each in general_causes()}
    if not general & {each.cause for each in sets[0].causes}:
        sets = tuple(each for each in sets if not general & {one.cause for one in each.causes})
    size, things = len(sets[0].causes), frozenset(map(_thing, sets[0].causes))
    others = (each for each in sets[1:] if len(each.causes) == size)
    return (sets[0], *(each for each in others if frozenset(map(_thing, each.causes)) != things))


def _thing(suspect: Suspect) -> object:
    """Return the thing that the suspect is about: a rule, a container, or otherwise the suspect's place.  Several
    causes may be about the same thing."""
    meant = suspect.candidate.where
    rule, container = rule_of(meant), container_of(meant)
    if rule is not None:
        return suspect.host, rule.table, rule.chain, rule.text
    return (suspect.host, container) if container is not None else suspect.key


def _simulated(line: _Line, flow: Flow, search: _Search) -> Iterator[tuple[tuple[Suspect, ...], Network]]:
    """Yield each suspect of the line's stops with the network after its change, the most likely suspect first.

    If the host would refuse a suspect's change, two suspects are yielded together: first the suspect that explains the
    refusal, then the refused suspect."""
    for suspect in suspects(line.network, flow, line.trace, of_any_reason=search.of_any_reason):
        if any(_same(suspect, earlier) for earlier in line.suspects):
            continue
        steps = _allowed(suspect, line, flow) if suspect.candidate.refused is not None else ((suspect,),)
        for together in steps:
            with suppress(ChangeError):
                yield together, simulate(joint_change(together), line.network)


def _allowed(refused: Suspect, line: _Line, flow: Flow) -> Iterator[tuple[Suspect, ...]]:
    """Yield pairs of suspects.

    The change of the first suspect makes the host accept the change of the second suspect, which the host would refuse
    otherwise."""
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


def suspects(network: Network, flow: Flow, trace: Trace, *, of_any_reason: bool = False) -> tuple[Suspect, ...]:
    """Return the suspects that the causes propose for the stops of the trace's failing branches, the most likely
    suspect first.  ``of_any_reason``: whether causes for other reasons of a stop are asked, too.

    Of the branches that end at one stop with one packet, the first is asked about: a walk that forks often has many."""
    found: list[Suspect] = []
    asked: list[Stop] = []
    for branch in trace.branches:
        if branch.succeeds or branch.stop is None or not rests_on_facts(branch):
            continue
        if branch.stop in asked:
            continue
        asked.append(branch.stop)
        for each in _at(network, flow, branch, branch.stop, of_any_reason=of_any_reason):
            if not any(_same(each, other) for other in found):
                found.append(each)
    return tuple(sorted(found, key=lambda each: place(each.candidate.in_class)))


def rests_on_facts(branch: Branch) -> bool:
    """Return whether the branch ends for a reason that was read, or that the user stated.  An assumption of hairpin
    proves no cause."""
    decided = branch.stop.decided_by if branch.stop is not None else None
    return not branch.questions and not (isinstance(decided, Assumed) and decided.grounds == "assumed")


def _at(network: Network, flow: Flow, branch: Branch, stop: Stop, *, of_any_reason: bool) -> Iterator[Suspect]:
    view = View(network, flow, branch, stop)
    for each in (view, *sender(view)):
        yield from _found(each, stop, of_any_reason=of_any_reason)


def _found(view: View, stop: Stop, *, of_any_reason: bool = False) -> Iterator[Suspect]:
    """Yield the suspects of the causes for the view's reason, each as a suspect found at ``stop``.  If the stop has no
    namespace in the network, only the causes for its reason and the general causes are asked."""
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


def has_moved(before: Trace, after: Trace) -> bool:
    """Return whether the packet stops elsewhere, or for another reason, after the change.

    The search drops a change after which the packet stops as before."""
    return _stop(before) != _stop(after)


def _stop(trace: Trace) -> tuple[object, ...]:
    stop = trace.usual.stop
    if stop is None:
        return (trace.verdict,)
    way = bool(trace.usual.reply), _follows_entry(trace.usual)
    return (trace.verdict, stop.reason, stop.netns, stop.stage, stop.link, stop.decided_by, *way)


def _follows_entry(branch: Branch) -> bool:
    """Return whether a conntrack entry decided about the request.

    Even after the deletion of the rule that made the entry, a request that follows the entry stops as before."""
    decided = (step.decided_by for step in branch.request)
    return any(isinstance(each, ConntrackDecided) and each.entry is not None and each.entry.live for each in decided)


_LOST: frozenset[Reason] = frozenset(
    {
        "wrong-answer", "left-instead", "no-route", "no-neighbour", "rp-filter", "martian-source", "rule", "policy",
        "reject",
    }
)  # fmt: skip
"""The reasons for which a packet or its answer stops if the last host does not know the packet's source address."""


def sender(view: View) -> Iterator[View]:
    """Yield the stop as a view of the container's own host, if this host sent the request to another host with a source
    address that it should have translated."""
    start, request = view.flow.start, view.branch.request
    if view.stop.reason not in _LOST or not isinstance(start, FromContainer) or not request:
        return
    netns = request[0].netns.of_host
    sent = next((step.packet for step in reversed(request) if step.netns == netns), None)
    if sent is None or netns.host == view.stop.netns.host:
        return
    translated = owns_address(view.network.namespace(netns), sent.version, sent.saddr)
    if not translated and not is_unmasqueraded(view.network, netns, sent.version, sent.saddr):
        stop = msgspec.structs.replace(view.stop, reason="source-not-translated", netns=netns)
        yield msgspec.structs.replace(view, stop=stop)
