"""Asks both judges about flows, and decides whether the kernel that runs here may judge for the host."""

from collections.abc import Callable
from functools import cache, partial

import msgspec

from hairpin.errors import ReplicaError
from hairpin.evidence.reading import Evidence
from hairpin.judges.agreement import Agreement, agreement
from hairpin.kept import kept
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Judgement, Kernel
from hairpin.walk.trace import Trace
from hairpin.walk.user_stack import is_anew, is_proxied
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked


class Judged(msgspec.Struct, frozen=True):
    """One flow with both verdicts: ``trace`` is the walk's, and ``judgement`` is the kernel's.  ``agreement``: whether
    both verdicts agree."""

    trace: Trace
    judgement: Judgement
    agreement: Agreement


def judged(network: Network, trace: Trace, judgement: Judgement, release: str) -> Judged:
    """Return both verdicts.  The kernel's verdict is adjusted so that it counts for the network's host.  ``release``:
    the release of the judging kernel."""
    # Where nothing stopped, no rule of the flow's own is compared, and the walk of the alike flow tells as much.
    told = trace if any(each.stop is not None for each in trace.like.branches) else trace.like
    counting = as_judged_here(network, told, judgement, release)
    return Judged(trace, counting, agreement(told, counting))


def judge_flows(
    network: Network, flows: tuple[Flow, ...], evidence: tuple[Evidence, ...], kernel: Kernel
) -> tuple[Judged, ...]:
    """Return the flows with the verdicts of both judges.  Raises ReplicaError if no replica can be built.

    The sender in the replica uses the same source port as the walk.  If the conntrack entry of an older connection
    decides, this is the source port of that connection."""
    traces = tuple(walk_flow(network, flow) for flow in flows)
    (outcome,) = kernel.judge((Case(network, tuple(each.flow for each in traces), evidence),))
    if outcome.error is not None:
        raise ReplicaError(outcome.error)
    return tuple(
        judged(network, trace, judgement, kernel.release)
        for trace, judgement in zip(traces, outcome.before, strict=True)
    )


def as_judged_here(network: Network, trace: Trace, judgement: Judgement, running: str) -> Judgement:
    """Return the judgement, adjusted to the host's kernel.  ``trace``: the flow's walk in ``network``; ``running``: the
    release of the judging kernel."""
    anew = [step for branch in trace.branches for step in branch.request if is_anew(step)]
    if anew:
        said = message(
            "a user-mode network stack (slirp4netns, pasta) is a process, and the test copy of the network (replica) "
            "does not contain it"
        )
        if all(map(is_proxied, anew)):
            said = message(
                "a proxy that connects in another network namespace is a process, and the test copy of the network "
                "(replica) does not contain it"
            )
        return msgspec.structs.replace(judgement, left_out=(*judgement.left_out, said))
    own = network.this.kernel
    if own == running or walked(_on_kernel(network)(running), trace.flow) == trace:
        return judgement
    said = message(
        "on this path, the kernel of the host ({own}) behaves differently from the kernel of this machine ({running})",
        own=own or message("not known"),
        running=running,
    )
    return msgspec.structs.replace(judgement, left_out=(*judgement.left_out, said))


@kept
def _on_kernel(network: Network) -> Callable[[str], Network]:
    """Return the function that returns the network on a kernel, made once for each kernel."""
    return cache(partial(on_kernel, network))


def on_kernel(network: Network, kernel: str) -> Network:
    """Return the network as it would be on a host with a kernel of the given release."""
    hosts = tuple(
        msgspec.structs.replace(
            host,
            kernel=kernel,
            namespaces=tuple(msgspec.structs.replace(each, kernel=kernel) for each in host.namespaces),
        )
        for host in network.hosts
    )
    return msgspec.structs.replace(network, hosts=hosts)
