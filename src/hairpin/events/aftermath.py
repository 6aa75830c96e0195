"""The flows of a question after an event: each flow is asked again, and gets a new verdict."""

from collections.abc import Iterable

import msgspec

from hairpin.events.course import Rival
from hairpin.host.docker import Endpoint
from hairpin.kept import kept
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network, free_address, is_held
from hairpin.network.prefix import Version, network_of
from hairpin.walk.decided import SocketDecided
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walked import walked


def asked_again(was: Network, now: Network, flow: Flow) -> Flow:
    """Return the flow in the form in which a client that knows the container by name asks it after the event.

    The flow's destination is the container's new address.  If the container has no address now, the flow keeps its old
    destination.  If another container now has the old destination, the flow's destination is an unused address of the
    network."""
    held = _holders(was).get((flow.version, flow.daddr))
    return _moved(now, flow, *held) if held is not None else flow


@kept
def _holders(network: Network) -> dict[tuple[Version, int], tuple[str, str, Endpoint]]:
    """Return the first holder of each container address: the host's label, the container's name and the endpoint."""
    found: dict[tuple[Version, int], tuple[str, str, Endpoint]] = {}
    for host in network.hosts:
        for container in host.containers():
            for end in container.endpoints:
                if end.ipv4 is not None:
                    found.setdefault((4, end.ipv4), (host.name, container.name, end))
                if end.ipv6 is not None:
                    found.setdefault((6, end.ipv6), (host.name, container.name, end))
    return found


def _moved(now: Network, flow: Flow, label: str, name: str, was: Endpoint) -> Flow:
    container = now.host(label).container(name)
    ends = container.endpoints if container is not None else ()
    own = next((each for each in ends if each.network == was.network), None)
    address = (own.ipv4 if flow.version == 4 else own.ipv6) if own is not None else None
    if address is None:
        flow = msgspec.structs.replace(flow, container=name, asked_host=label)
        taken = flow.version == 4 and is_held(now, 4, flow.daddr)
        free = _free_beside(now, label, flow.daddr, was.ipv4_prefix_length) if taken else None
        return flow if free is None else msgspec.structs.replace(flow, daddr=free)
    return msgspec.structs.replace(flow, daddr=address)


def _free_beside(now: Network, label: str, address: int, length: int) -> int | None:
    namespace = now.namespace(now.host(label).netns)
    found = free_address(namespace, network_of(address, length, 4), length, 4)
    return found if found is not None and not is_held(now, 4, found) else None


def verdict_after(before: Trace, after: Trace) -> tuple[Verdict, tuple[Message, ...]]:
    """Return the verdict after the event, and the conditions outside the host on which the verdict depends.

    If the host no longer masquerades the flow's source, the flow passes only if an unread router has a route back to
    that source.  The verdict is also ``depends`` if the packet's receiver is a process that may not start again with
    its container."""
    asked = {each.text for each in before.questions}
    needs_route = any(_is_about_route(each) for each in after.like.usual.questions)
    open_ = after.usual.questions if needs_route else ()
    new = (each for each in open_ if each.text not in asked and _is_about_route(each))
    conditions = tuple(each.if_yes for each in new) if before.succeeds and after.succeeds else ()
    undecided = conditions or (after.succeeds and _is_presumed(after))
    return ("depends" if undecided else after.verdict), conditions


def _is_about_route(question: OpenQuestion) -> bool:
    return any(fact.fact == "return-route-stated" for fact in question.wanted)


def deciding_assumptions(was: Network, rivals: Iterable[Rival], flow: Flow, after: Trace) -> tuple[Message, ...]:
    """Return what is assumed about the event and decides whether the flow passes after it, and where it ends, such as
    the start order of two units."""
    found = (
        each.assumed
        for each in rivals
        if _end(walked(each.network, asked_again(was, each.network, flow))) != _end(after)
    )
    return tuple(dict.fromkeys(found))


def _end(trace: Trace) -> Verdict | None:
    """Return the verdict of a flow that passes: a packet that leaves the host is not delivered there."""
    return trace.verdict if trace.succeeds else None


def _is_presumed(after: Trace) -> bool:
    """Return whether the packet's receiver is a process that possibly does not start again with its container.  A
    condition of the course names this process."""
    taking = (each.decided_by.socket for each in after.like.usual.request if isinstance(each.decided_by, SocketDecided))
    return any(each is not None and each.is_late and each.pid is None for each in taking)
