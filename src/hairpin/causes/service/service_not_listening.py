"""Nothing listens on the container's port.

Users see: refused through DNAT; through docker-proxy, "connection reset by peer" or an empty reply.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.service._service import in_container, listening, other_ports, same_port
from hairpin.change.change import one
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when no socket of the container has the port."""
    container = in_container(view)
    if container is None or same_port(view):
        return
    packet, tool = view.stop.seen.packet, view.host.engine_of(container).kind
    yield Candidate(
        title=message("Nothing listens on port {port} in container {name}", port=packet.dport, name=container.name),
        detail=message(
            "The packet reaches the container, and no socket there takes it: the service has not started, has died, or "
            "uses another port."
        ),
        change=one(
            listening(
                view,
                message(
                    "start or repair the service in {container}; read `{tool} logs {container}`",
                    tool=tool,
                    container=container.name,
                ),
            )
        ),
        where=where(container=container.name, port=packet.dport),
        in_class="nothing-listens-there" if other_ports(view) else "nothing-listens",
        advice=(message("read its log: {tool} logs {name}", tool=tool, name=container.name),),
    )


CAUSE = Cause(
    id="service-not-listening",
    title="No service listens on the published container port",
    source="net/ipv4/tcp_ipv4.c tcp_v4_rcv(): no socket, RST",
    reasons=frozenset({"no-listener"}),
    find=find,
)
