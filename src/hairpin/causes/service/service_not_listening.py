"""Nothing listens on the container's port.

Users see: refused through DNAT; through docker-proxy, "connection reset by peer" or an empty reply.

Proof: no socket of the container holds the port; with one the packet is taken.
Now: start or repair the service; its log tells why it does not listen (``docker logs NAME``).
Lasting: the image or its configuration.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.service._service import in_container, listening, other_ports, same_port
from hairpin.change.change import one
from hairpin.host.docker import Container
from hairpin.message import Message, message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when no socket of the container or pod has the port."""
    container = in_container(view)
    if (container is None and not view.stop.netns.is_pod) or same_port(view):
        return
    port = view.stop.seen.packet.dport
    name = container.name if container is not None else view.network.netns_text(view.stop.netns)
    yield Candidate(
        title=message("Nothing listens on port {port} in container {name}", port=port, name=name)
        if container is not None
        else message("Nothing listens on port {port} in pod {name}", port=port, name=name),
        detail=message(
            "The packet reaches the container, and no socket there takes it: the service has not started, has died, or "
            "uses another port."
        ),
        change=one(listening(view, _repair(view, container, name))),
        where=where(container=name, port=port),
        in_class="nothing-listens-there" if other_ports(view) else "nothing-listens",
        advice=() if container is None else (_read_log(view, container),),
    )


def _repair(view: View, container: Container | None, name: str) -> Message:
    if container is None:
        return message("start or repair the service in {name}", name=name)
    log = view.host.engine_of(container).command("logs", name)
    return message("start or repair the service in {container}; read `{command}`", container=name, command=log)


def _read_log(view: View, container: Container) -> Message:
    return message("read its log: {command}", command=view.host.engine_of(container).command("logs", container.name))


CAUSE = Cause(
    id="service-not-listening",
    title=message("No service listens on the published container port"),
    source="net/ipv4/tcp_ipv4.c tcp_v4_rcv(): no socket, RST",
    reasons=frozenset({"no-listener"}),
    find=find,
)
