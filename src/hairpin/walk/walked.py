"""The cached walk of a flow, for the diagnosis, the effects of a repair and the plan of a replica."""

from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.alike import walked_alike
from hairpin.walk.trace import Trace


def walked(network: Network, flow: Flow) -> Trace:
    """Return the flow's trace, cached with the network.  The trace may have the verdict of an alike flow (alike.py).

    An observer (Door) does not see a cached walk.  For an observer, call ``walk_flow``."""
    known = traces_of(network)
    if flow not in known:
        known[flow] = walked_alike(network, flow)
    return known[flow]


@kept
def traces_of(network: Network) -> dict[Flow, Trace]:  # noqa: ARG001
    """Return the cache of the network's traces, by flow."""
    return {}
