"""The parts of a host that no pasted text tells, and on which the verdicts of an answer rest."""

import msgspec

from hairpin.answer.answer import FlowAnswer
from hairpin.network.network import Network
from hairpin.question.question import Question


def with_supposed(network: Network, flows: tuple[FlowAnswer, ...], question: Question) -> tuple[FlowAnswer, ...]:
    """Return the flows with the parts on which their verdicts rest and which no pasted text tells."""
    if all(host.told is None for host in network.hosts):
        return flows
    from hairpin.suppose.parts import supposed_in  # noqa: PLC0415 - most hosts are read themselves

    by_name = any(each.container is not None for each in question.targets)
    return tuple(
        msgspec.structs.replace(each, supposed=supposed_in(network, each.trace.flow, by_name=by_name)) for each in flows
    )
