"""A socket that takes the packet and does not serve the client: another's, one that never answers, a full queue."""

import msgspec

from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.port_holder import taken_by_other
from hairpin.network.socket_owner import knows_nothing, never_answers
from hairpin.walk.sockets import backlog_said, decided_by_socket, receive_queue_said
from hairpin.walk.state import Reason, State, stopped
from hairpin.walk.trace import Branch


def unserved(network: Network, flow: Flow, state: State, socket: Socket) -> Branch | None:
    """Return the branch that ends at the socket, or None if its process serves the client."""
    reason = _reason(network, flow, state, socket)
    if reason is None:
        return None
    decided = decided_by_socket(socket)
    if reason == "backlog-full":
        decided = msgspec.structs.replace(decided, said=backlog_said(socket))
    elif reason == "receive-queue-full":
        decided = msgspec.structs.replace(decided, said=receive_queue_said(socket))
    elif reason == "no-route":
        said = message("the container is on no network: its resolver knows no name, and reaches no other name server")
        decided = msgspec.structs.replace(decided, said=said)
    end = stopped(state, reason, stage="socket", link=state.iif, decided_by=decided)
    return Branch(
        "dropped" if reason in ("backlog-full", "receive-queue-full") else "unanswered",
        end.state.history.steps,
        stop=end.stop,
        conditions=state.history.conditions,
    )


def _reason(network: Network, flow: Flow, state: State, socket: Socket) -> Reason | None:
    """Return why the socket does not serve the client: another process than the container's has the port; a halted
    process, a paused container, dockerd's hold; Docker's resolver in a container without a network, which asks its
    upstream servers from there (moby libnetwork/resolver.go forwardExtDNS()); a full backlog or receive queue.

    For all but these two the kernel completes handshakes, up to the backlog: net/ipv4/tcp_minisocks.c
    """
    if taken_by_other(network, flow, state.netns, socket) is not None:
        return "answered-by-other"
    if socket.relay is not None and socket.relay.holds_only:
        return "never-accepts"
    if knows_nothing(network, state.netns, socket):
        return "no-route"
    if never_answers(network, state.netns, socket):
        return "process-frozen"
    if socket.has_full_receive_queue:
        return "receive-queue-full"
    return "backlog-full" if socket.has_full_backlog else None
