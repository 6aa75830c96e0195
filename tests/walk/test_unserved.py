"""A socket that takes the packet, and whether its process serves the client."""

import msgspec
import pytest

from hairpin.host.socket import Relay, Socket
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rule_text import without
from tests.small_host import WEB, container, container_namespace, engine, host_namespace, network, published

HTTPD = Socket("tcp", 4, None, 8151, process="httpd", pid=9)
LOCAL = published(FromHost(), "127.0.0.1")
OF_WEB = msgspec.structs.replace(published(), container="web")


def waiting(queued: int, backlog: int) -> Network:
    """Return the host whose container has so many connections that wait to be accepted."""
    return network(inner=container_namespace((Socket("tcp", 4, None, 80, queued=queued, backlog=backlog),)))


def at_host(socket: Socket, status: str = "exited") -> Network:
    """Return the host on which no rule translates the port, and this socket has it."""
    return network(host_namespace(without("DNAT"), sockets=(socket,)), docker=engine(container(status)))


CASES: dict[str, tuple[Network, Flow, str, str | None]] = {
    "the backlog is full": (waiting(2, 1), published(), "dropped", "backlog-full"),
    "the backlog is full behind docker-proxy": (waiting(2, 1), LOCAL, "dropped", "backlog-full"),
    "as many wait as the backlog": (waiting(1, 1), published(), "delivered", None),
    "many wait in a large backlog": (waiting(4000, 4096), LOCAL, "delivered", None),
    "another process has the port": (at_host(HTTPD), OF_WEB, "unanswered", "answered-by-other"),
    "a process of the host has a port that nobody asked a container for": (
        at_host(HTTPD), published(), "delivered", None,
    ),
    "another process, whose backlog is full, has the port": (
        at_host(msgspec.structs.replace(HTTPD, queued=2, backlog=1)), OF_WEB, "unanswered", "answered-by-other",
    ),
    "dockerd holds the port": (
        at_host(msgspec.structs.replace(HTTPD, process="dockerd", relay=Relay(4, WEB, 80, holds_only=True)), "running"),
        OF_WEB, "unanswered", "never-accepts",
    ),
    "a stopped process whose backlog is full": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, queued=2, backlog=1, halted=True),))),
        published(), "unanswered", "process-frozen",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("net", "flow", "verdict", "reason"), CASES.values(), ids=CASES)
def test_whether_the_socket_serves_the_client(net: Network, flow: Flow, verdict: str, reason: str | None) -> None:
    trace = walk_flow(net, flow)
    stop = trace.usual.stop
    assert (trace.verdict, stop.reason if stop is not None else None) == (verdict, reason)
