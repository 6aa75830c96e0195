"""The cached walk of a flow, for the diagnosis, the effects of a repair and the plan of a replica."""

from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow


def walked(network: Network, flow: Flow) -> Trace:
    """Return the flow's trace, cached with the network.

    An observer (Door) does not see a cached walk: it needs ``walk_flow``."""
    known = traces_of(network)
    if flow not in known:
        known[flow] = walk_flow(network, flow)
    return known[flow]


@kept
def traces_of(network: Network) -> dict[Flow, Trace]:  # noqa: ARG001
    """Return the cached traces."""
    return {}
