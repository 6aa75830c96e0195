"""Can the running kernel say what the host's own would do with a flow?

Where they are known to do otherwise on its way, the replica's answer is that of another kernel: it is told as something
that could not be rebuilt.
"""

import os

import msgspec

from hairpin.network.network import Network
from hairpin.replica.run.worker import Judgement
from hairpin.walk.walk import Trace, walk_flow


def as_judged_here(network: Network, trace: Trace, judgement: Judgement, running: str | None = None) -> Judgement:
    """Return the judgement as it counts for the host.  ``trace``: the flow's walk in ``network``; ``running``: the
    release of the kernel that has judged, this machine's if None."""
    own, here = network.this.kernel, running if running is not None else os.uname().release
    if own == here or walk_flow(on_kernel(network, here), trace.flow) == trace:
        return judgement
    said = f"the host's kernel ({own or 'not known'}) does otherwise on the way than this machine's ({here})"
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
