"""The questions that the walk itself leaves open: grants of the outside, neighbours that were silent."""

from collections.abc import Iterator

from hairpin.beside.questions.public_address import may_be_meant
from hairpin.beside.questions.undecided import is_of_unread
from hairpin.network.network import Network
from hairpin.walk.trace import OpenQuestion, Trace


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the walk's questions.

    If the walk ends because no namespace that was read has either address, it asks whether the packets touch this host
    at all.  That is the same question as whether the asked address is this host's, so it is left out if this may be."""
    public = network.world.supposed_public(trace.flow.version, trace.flow.daddr)
    if public is None or not is_of_unread(trace.like.usual) or not may_be_meant(network, public, trace.flow):
        yield from trace.questions
