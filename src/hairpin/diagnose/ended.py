"""Finds containers that run now and do not run after an event.  On most hosts they are the only faults that events
bring.

The search is short: the fault is the container's state, and the proof is a start of the container.
"""

from collections.abc import Mapping

import msgspec

from hairpin.causes.cause import Finding, View
from hairpin.causes.proof import Proof, proof_by
from hairpin.causes.registry import cause_of
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.suspect import Suspect
from hairpin.errors import ChangeError
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

_CAUSE = "container-not-running"


def ended_containers(was: Network, then: Network, label: str, failing: Mapping[int, Trace]) -> tuple[Finding, ...]:
    """Return a cause for each container of the host that runs before the event and does not run after it, with the
    flows that a start of the container delivers.

    ``failing``: the walks after the event, by the indexes of the asked flows."""
    found: dict[str, Finding] = {}
    for number, trace in failing.items():
        name = trace.flow.of_container
        if name is None or not is_ended(was, then, label, trace.flow):
            continue
        suspect, proof = _proven(then, trace) if name not in found else (None, None)
        if name in found:
            found[name] = msgspec.structs.replace(found[name], flows=(*found[name].flows, number))
        elif suspect is not None and proof is not None:
            found[name] = suspect.proven(proof, (number,))
    return tuple(found.values())


def is_ended(was: Network, then: Network, label: str, flow: Flow) -> bool:
    """Return whether the event leaves the flow's container stopped."""
    name = flow.of_container
    before, after = (each.host(label).container(name) if name else None for each in (was, then))
    return before is not None and before.running and after is not None and not after.running


def _proven(then: Network, trace: Trace) -> tuple[Suspect | None, Proof | None]:
    stop = trace.usual.stop
    if stop is None:
        return None, None
    for candidate in cause_of(_CAUSE).find(View(then, trace.flow, trace.usual, stop)):
        try:
            after = walk_flow(simulate(candidate.change, then), trace.flow)
        except ChangeError:
            continue
        if after.succeeds:
            return Suspect(_CAUSE, candidate, stop), proof_by(trace, after)
    return None, None
