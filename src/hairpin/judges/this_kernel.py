"""Decides whether a kernel of another release may judge for the host's own.

The flow is walked as each of the two releases does it.  If the walks differ, the host's kernel counts as something that
was left out of the replica.
"""

import msgspec

from hairpin.message import message
from hairpin.network.network import Network
from hairpin.replica.judgement import Judgement
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow


def as_judged_here(network: Network, trace: Trace, judgement: Judgement, running: str) -> Judgement:
    """Return the judgement as it counts for the host.  ``trace``: the flow's walk in ``network``; ``running``: the
    release of the judging kernel."""
    own = network.this.kernel
    if own == running or walk_flow(on_kernel(network, running), trace.flow) == trace:
        return judgement
    said = message(
        "the host's kernel ({own}) does otherwise on the way than this machine's ({running})",
        own=own or message("not known"),
        running=running,
    )
    return msgspec.structs.replace(judgement, left_out=(*judgement.left_out, said))


def on_kernel(network: Network, kernel: str) -> Network:
    """Return the network as on a host with a kernel of that release."""
    hosts = tuple(
        msgspec.structs.replace(
            host,
            kernel=kernel,
            namespaces=tuple(msgspec.structs.replace(each, kernel=kernel) for each in host.namespaces),
        )
        for host in network.hosts
    )
    return msgspec.structs.replace(network, hosts=hosts)
