"""Makes the hosts' answer about a text whose sender is unknown.

The answer tells how the hosts treat the things that the text names.  A flow that fails because of intended isolation
(an engine's isolation of networks, an unpublished port, a policy in a file) does not prove that a text is true."""

from collections.abc import Iterator

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.answer.texts.named_flows import own_flows
from hairpin.causes.registry import is_on_purpose
from hairpin.causes.where import OfWall
from hairpin.explain.understand import TextFound
from hairpin.host.boot.configured import Writer
from hairpin.message import Message, message
from hairpin.network.flow import Lan, Outside
from hairpin.walk.sockets import socket_text
from hairpin.walk.verdicts import VERDICTS

_POLICIES: tuple[Writer, ...] = ("engine-option", "network-option", "container-option", "saved-rules", "manager")
_FEW = 3
"""The greatest number of flows that are reported one by one."""
_WHERE = message(
    "The text does not say which machine or container printed it: add --from host, --from container:NAME or --from "
    "ADDRESS"
)
_BEYOND = message("hairpin did not read anything beyond this host. {where}", where=_WHERE)


def as_far(found: TextFound, whole: Answer, targets: Answer | None) -> Message:
    """Return the hosts' answer about the text.  ``whole``: the answer about all published ports.  ``targets``: the
    answer about the text's targets, asked from all usual clients, or None if these hosts were not asked about one."""
    flows = tuple(_flows(found, whole, targets))
    if not flows:
        return message("seen from this host: the text cannot be checked without its sender. {where}", where=_WHERE)
    failing = tuple(each for each in flows if not each.succeeds)
    if not failing:
        left = any(each.verdict == "leaves" for each in flows)
        return message(
            "seen from this host: {flows} now. {where}", flows=_passing(flows), where=_BEYOND if left else _WHERE
        )
    first = failing[0]
    said = message("seen from this host: {flow}: {verdict} now", flow=_words(first), verdict=VERDICTS[first.verdict])
    if len(failing) > 1:
        said = message("{said}, and {count} more flows fail", said=said, count=len(failing) - 1)
    return message("{said}. {where}", said=said, where=_WHERE)


def _flows(found: TextFound, whole: Answer, targets: Answer | None) -> Iterator[FlowAnswer]:
    """Yield the flows that the text may be about, except flows that their host stops on purpose."""
    if found.entry.about == "name":
        yield from (each for each in whole.flows if each.trace.flow.purpose == "dns")
    elif targets is not None:
        for each in own_flows(found, targets):
            causes = (one for one in targets.causes if one.ref in each.causes)
            if not enters_a_network(each, targets) and not any(is_kept_apart(one, each, targets) for one in causes):
                yield each


def _passing(flows: tuple[FlowAnswer, ...]) -> Message:
    words = ", ".join(_words(each) for each in flows[:_FEW])
    if len(flows) > _FEW:
        return message("{flows} and {count} more pass", flows=words, count=len(flows) - _FEW)
    return message("{flows} passes", flows=words) if len(flows) == 1 else message("{flows} pass", flows=words)


def _words(flow: FlowAnswer) -> str:
    asked = flow.trace.flow
    return f"{asked.start_text()} → {asked.target_text()}"


def holder_of(found: TextFound, whole: Answer) -> Message | None:
    """Return the sentence that names the holder of a port in the text; None if no container or process holds the port.

    Only the hosts that were read are searched."""
    ports = {int(each.value) for each in found.named if each.kind == "port"}
    for host in whole.network.hosts:
        for container in host.containers():
            for each in container.bindings:
                if container.running and each.actual and each.host_port in ports:
                    name, *_ = host.told_names(container)
                    return message("container {name} publishes port {port}", name=name, port=each.host_port)
        sockets = host.namespace(host.netns.name).sockets if host.netns.name in host else ()
        for socket in sockets:
            if socket.port in ports:
                return message("{socket} listens", socket=socket_text(socket))
    return None


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
        if network.bridge is not None and network.gateway_mode(asked.version) != "routed"
        for subnet in network.subnets
    )
    return any(subnet.holds(asked.daddr, asked.version) for subnet in subnets)
