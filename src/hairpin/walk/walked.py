"""The walk of a flow that several ask for: the diagnosis, the effects of a repair, the plan of a replica."""

from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow


def walked(network: Network, flow: Flow) -> Trace:
    """Return the flow's trace, which is made once and kept with the network.

    An observer sees only walks that are made: whoever watches by a Door calls ``walk_flow``."""
    known = traces_of(network)
    if flow not in known:
        known[flow] = walk_flow(network, flow)
    return known[flow]


@kept
def traces_of(network: Network) -> dict[Flow, Trace]:  # noqa: ARG001
    """Return the traces that are known."""
    return {}
