"""More connections wait to be accepted than the backlog allows, so the kernel drops each new one.

Users see: timeouts, all at once; through docker-proxy or rootlessport, which accept by themselves: connected, then
silence.

Proof: Recv-Q of the listening socket is above Send-Q, its backlog; with room in the queue the flow arrives.
Now: find out why the process accepts none (a lock, a full database, a file that hangs), then restart it.
Lasting: nothing: a larger backlog helps against a burst only, and ``net.core.somaxconn`` is its limit.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfProcess
from hairpin.change.change import AddSocket, Change, DeleteSocket
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.network.socket_owner import owner_of_socket
from hairpin.walk.sockets import find_socket


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the sockets of the packet's port, all of which are full."""
    socket = find_socket(view.namespace, view.stop.seen.packet, view.stop.link or "").socket
    if socket is None or not socket.has_full_backlog:
        return
    owner = owner_of_socket(view.network, view.stop.netns, socket)
    full = (each for each in view.namespace.sockets if _is_beside(each, socket))
    advice = message("once the reason is found, restart it: {how}", how=_restart(view, owner, socket))
    parts = tuple(
        part
        for each in full
        for part in (
            DeleteSocket(view.stop.netns, each),
            AddSocket(view.stop.netns, each.accepting, advice),
        )
    )
    yield Candidate(
        title=message(
            "{name} accepts no connection: the backlog of port {port} is full",
            name=_process(socket),
            port=socket.port,
        ),
        detail=message(
            "When the host was read, {queued} connections waited to be accepted, and its backlog is {backlog}. The "
            "kernel drops each new SYN until the process accepts one.",
            queued=socket.queued,
            backlog=socket.backlog,
        ),
        change=Change(parts),
        where=OfProcess(
            process=socket.process,
            pid=socket.pid,
            container=owner.name if owner is not None else None,
            port=socket.port,
            socket=socket,
        ),
        in_class="process-stopped",
        evidence=(socket.evidence,),
        advice=(
            message("is it a burst, or does the process hang? Read it again: {command}", command=_again(view)),
            *((message("see what it waits for: {command}", command=_stack(socket)),) if socket.pid is not None else ()),
            message("a restart ends the connections that are open now, and those that wait"),
        ),
    )


def _is_beside(each: Socket, socket: Socket) -> bool:
    """Return whether the socket is of the same SO_REUSEPORT group (or the socket itself), and full."""
    same = (each.protocol, each.version, each.address, each.port, each.device)
    return each.has_full_backlog and same == (
        socket.protocol,
        socket.version,
        socket.address,
        socket.port,
        socket.device,
    )


def _process(socket: Socket) -> Message:
    if socket.process is None or socket.pid is None:
        return message("The process")
    return message("{name} (process {pid})", name=socket.process, pid=socket.pid)


def _restart(view: View, owner: Container | None, socket: Socket) -> str | Message:
    if owner is not None:
        return view.host.engine_of(owner).command("restart", owner.name)
    if socket.pid is not None:
        return message("the service of process {pid} (systemctl status {pid} names it)", pid=socket.pid)
    return message("the service that listens on port {port}", port=socket.port)


def _again(view: View) -> str:
    port = view.stop.seen.packet.dport
    inside = view.container
    if view.on_host or inside is None or inside.pid is None:
        return f"ss -lnt sport = :{port}"
    return f"nsenter --target {inside.pid} --net ss -lnt sport = :{port}"


def _stack(socket: Socket) -> str:
    return f"cat /proc/{socket.pid}/wchan /proc/{socket.pid}/stack"


CAUSE = Cause(
    id="service-backlog-full",
    title=message("The backlog of the service is full"),
    source="include/net/sock.h sk_acceptq_is_full(); net/ipv4/tcp_input.c tcp_conn_request(); listen(2)",
    reasons=frozenset({"backlog-full"}),
    find=find,
)
