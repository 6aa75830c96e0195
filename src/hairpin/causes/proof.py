"""The proof of a cause: two walks of one flow."""

import msgspec

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.strayed import is_held_inside
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict


class Proof(msgspec.Struct, frozen=True):
    """The verdicts of the two walks that prove a set of causes.  The first walk is on the hosts as they are, the second
    on the hosts with all changes of the set.

    ``repaired``: the trace of the second walk."""

    without_change: Verdict
    with_change: Verdict
    repaired: Trace | None = None


def proof_by(trace: Trace, repaired: Trace) -> Proof:
    """Return the proof by two walks of one flow: ``trace`` on the hosts as they are, and ``repaired`` with the
    changes."""
    return Proof(trace.verdict, repaired.verdict, repaired)


def is_repaired(network: Network, flow: Flow, repaired: Trace) -> bool:
    """Return whether the flow succeeds in the walk after a change.  For a flow that should end inside the hosts of
    ``network``, the verdict ``leaves`` is not enough."""
    return repaired.succeeds and not (repaired.verdict == "leaves" and is_held_inside(network, flow))


def is_proven(network: Network, flow: Flow, repaired: Trace) -> bool:
    """Return whether the walk after a change proves the cause.

    A walk proves nothing if a careful router outside would drop one of its packets."""
    return is_repaired(network, flow, repaired) and not repaired.rests_on_grant
