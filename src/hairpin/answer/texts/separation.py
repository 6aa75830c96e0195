"""Recognizes intended isolation: an engine's isolation of networks, an unpublished port, a policy in a file.  A flow
that fails because of intended isolation does not prove that a text is true."""

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.causes.registry import is_on_purpose
from hairpin.causes.where import OfWall
from hairpin.host.boot.configured import Writer
from hairpin.network.flow import Lan, Outside

_POLICIES: tuple[Writer, ...] = ("engine-option", "network-option", "container-option", "saved-rules", "manager")


def is_kept_apart(cause: CauseAnswer, flow: FlowAnswer, answer: Answer) -> bool:
    """Return whether the cause shows that the host stops the flow on purpose."""
    return (
        is_on_purpose(cause.id)
        or isinstance(cause.candidate.where, OfWall)
        or (cause.configured is not None and cause.configured.writer in _POLICIES)
        or any(each.undoes is not None for each in cause.remedies[:1])
        or enters_a_network(flow, answer)
    )


def enters_a_network(flow: FlowAnswer, answer: Answer) -> bool:
    """Return whether an outside client sends to an address in a container network that is not routed.

    Routers outside have no route to such a network."""
    asked = flow.trace.flow
    if not isinstance(asked.start, (Outside, Lan)):
        return False
    subnets = (
        subnet
        for host in answer.network.hosts
        for engine in host.engines
        for network in engine.networks
        if network.bridge is not None and not network.is_routed(asked.version)
        for subnet in network.subnets
    )
    return any(subnet.holds(asked.daddr, asked.version) for subnet in subnets)
