"""The questions that the walk itself leaves open: grants of the outside, neighbours that were silent."""

from collections.abc import Iterator

from hairpin.beside.questions.public_address import may_be_meant
from hairpin.network.network import Network
from hairpin.walk.trace import OpenQuestion, Trace


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the walk's questions.

    Whether the packets touch this host at all is the same question, if the asked address may be this host's."""
    public = network.world.supposed_public(trace.flow.version, trace.flow.daddr)
    may_be_own = public is not None and may_be_meant(network, public, trace.flow)
    yield from (each for each in trace.questions if not (each.undecided and may_be_own))
