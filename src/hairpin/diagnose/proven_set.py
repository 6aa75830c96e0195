"""Makes the reported form of a set of causes: without members that the flow does not need, with each cause once, and in
the order of repair.

The proof of a set is the flow's walk after exactly the reported changes.
"""

from collections.abc import Iterable

import msgspec

from hairpin.causes.cause import View
from hairpin.causes.order import Class
from hairpin.causes.proof import Proof, is_repaired, proof_by
from hairpin.causes.registry import all_causes, general_causes
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.suspect import CauseSet, Suspect, joint_change
from hairpin.diagnose.trimming import trimmed_candidate
from hairpin.engines.docker.daemon import precedes_start
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

_UNSERVED: frozenset[Class] = frozenset({"port-not-published", "process-stopped"})


def proven_set(network: Network, flow: Flow, trace: Trace, found: tuple[Suspect, ...], repaired: Trace) -> CauseSet:
    """Return the set of causes that the suspects form, with the proof by exactly the changes of the set.

    ``trace``: the flow's walk through the hosts as they are.  ``repaired``: the flow's walk after the suspects'
    changes, made in the order of the suspects."""
    needed = needed_only(network, flow, found)
    named = tuple(_by_better_name(network, flow, trace, each) for each in needed)
    told = _in_order_of_repair(network, flow, _with_makers(one_entry_each(named)))
    if joint_change(told).parts == joint_change(found).parts:
        return CauseSet(told, proof_by(trace, repaired))
    for causes in (told, needed):
        proof = _proof(network, flow, trace, causes)
        if proof is not None:
            return CauseSet(causes, proof)
    return CauseSet(found, proof_by(trace, repaired))


def trimmed_set(network: Network, flow: Flow, trace: Trace, found: CauseSet) -> CauseSet:
    """Return the set, in which each change has only the rules that the flow needs, with the proof by the remaining
    rules."""
    causes = _trimmed(network, flow, found.causes)
    if joint_change(causes) == joint_change(found.causes):
        return msgspec.structs.replace(found, causes=causes)
    proof = _proof(network, flow, trace, causes)
    return found if proof is None else CauseSet(causes, proof)


def _proof(network: Network, flow: Flow, trace: Trace, causes: tuple[Suspect, ...]) -> Proof | None:
    """Return the proof by the changes of the causes, made in their order; None if the flow does not pass after these
    changes."""
    try:
        repaired = walk_flow(simulate(joint_change(causes), network), flow)
    except ChangeError:
        return None
    return proof_by(trace, repaired) if is_repaired(network, flow, repaired) else None


def _trimmed(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the suspects, in which each change has only the rules that the flow needs."""
    needed = list(found)
    for number, each in enumerate(found):
        others = tuple(other.candidate.change for other in needed if other is not needed[number])
        needed[number] = msgspec.structs.replace(
            each, candidate=trimmed_candidate(each.candidate, network, flow, others)
        )
    return tuple(needed)


def _by_better_name(network: Network, flow: Flow, trace: Trace, suspect: Suspect) -> Suspect:
    """Return the suspect.  If a general cause proposed it and a special cause proposes the same change, return the
    suspect of the special cause."""
    if suspect.cause not in {each.id for each in general_causes()} or suspect.stop.netns not in network:
        return suspect
    views = [View(network, flow, branch, suspect.stop) for branch in trace.branches if branch.stop is not None]
    for cause in all_causes():
        for view in views if not cause.general else ():
            for candidate in cause.find(view):
                if candidate.change == suspect.candidate.change:
                    return Suspect(cause.id, candidate, suspect.stop)
    return suspect


def needed_only(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the needed suspects.

    A suspect is needed if the flow fails without its change, or if a needed suspect follows from it."""
    needed = list(found)
    for suspect in found:
        rest = [each for each in needed if each is not suspect and suspect not in each.follows_from]
        if rest and _delivers(network, flow, rest):
            needed = rest
    return tuple(needed)


def one_entry_each(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the suspects, merged so that each cause has one entry for each place, with all changes at this place.  For
    example, one policy may stop both the request and the reply."""
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
    """Return the suspects in the order of repair.

    First come repairs that have to be made before dockerd starts.  Second comes an unserved port or a stopped process.
    All other repairs follow.  An unserved port comes early because no other fault matters without a service.  A stopped
    process comes early because Podman does not reload the rules of a paused container.  If the flow does not pass after
    changes in this order, return the suspects in the order in which they were found: of two changes that replace the
    same container or its namespace, the later was found on the network after the earlier."""
    ordered = tuple(
        sorted(found, key=lambda each: (not is_before_start(network, each), each.candidate.in_class not in _UNSERVED))
    )
    return ordered if ordered == found or _delivers(network, flow, ordered) else found


def is_before_start(network: Network, suspect: Suspect) -> bool:
    """Return whether the suspect's repair has to be made before a repair that starts dockerd."""
    hosts = (each for each in network.hosts if each.name == suspect.host)
    return any(precedes_start(each, suspect.candidate.change) for each in hosts)


def _with_makers(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the suspects with ``follows_from`` filled in.  A suspect comes after the suspects from which it
    follows."""
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
