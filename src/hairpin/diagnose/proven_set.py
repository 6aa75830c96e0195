"""The reported form of a set of causes: without needless members, each cause once, in the order of repair.

The proof of a set is the walk with exactly the reported changes.
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
    """Return the set of the suspects, with the proof by exactly its changes.

    ``trace`` and ``repaired``: the flow's walks as the hosts are, and after the suspects' changes in their order."""
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
    """Return the set, each change with only the rules that the flow needs, and the proof by the remaining rules."""
    causes = _trimmed(network, flow, found.causes)
    if joint_change(causes) == joint_change(found.causes):
        return msgspec.structs.replace(found, causes=causes)
    proof = _proof(network, flow, trace, causes)
    return found if proof is None else CauseSet(causes, proof)


def _proof(network: Network, flow: Flow, trace: Trace, causes: tuple[Suspect, ...]) -> Proof | None:
    """Return the proof by the changes of these causes in their order; None if the flow does not pass with them."""
    try:
        repaired = walk_flow(simulate(joint_change(causes), network), flow)
    except ChangeError:
        return None
    return proof_by(trace, repaired) if is_repaired(network, flow, repaired) else None


def _trimmed(network: Network, flow: Flow, found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set, each change with only the rules that the flow needs."""
    needed = list(found)
    for number, each in enumerate(found):
        others = tuple(other.candidate.change for other in needed if other is not needed[number])
        needed[number] = msgspec.structs.replace(
            each, candidate=trimmed_candidate(each.candidate, network, flow, others)
        )
    return tuple(needed)


def _by_better_name(network: Network, flow: Flow, trace: Trace, suspect: Suspect) -> Suspect:
    """Return a general cause's suspect under the name of a special cause with the same change, if there is one."""
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
    """Return the set in three groups: repairs before the start of dockerd; then an unserved port or a stopped process;
    then the others.

    Without a service no other fault matters.  A stopped process comes early because Podman does not reload the rules of
    a paused container.  Two changes that replace the same container or its namespace keep the order in which they were
    found, because the later one was found on the network after the earlier one."""
    ordered = tuple(
        sorted(found, key=lambda each: (not is_before_start(network, each), each.candidate.in_class not in _UNSERVED))
    )
    return ordered if ordered == found or _delivers(network, flow, ordered) else found


def is_before_start(network: Network, suspect: Suspect) -> bool:
    """Return whether the suspect's repair comes before any that starts dockerd."""
    hosts = (each for each in network.hosts if each.name == suspect.host)
    return any(precedes_start(each, suspect.candidate.change) for each in hosts)


def _with_makers(found: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    """Return the set with ``follows_from`` filled in.  A cause comes after the cause that made it."""
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
