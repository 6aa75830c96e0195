"""The function ``find`` for causes that differ only in the queue of the socket that is full."""

from collections.abc import Callable

from hairpin.causes.kit import Candidate, Iterator, Message, OfProcess, View, message
from hairpin.change.change import AddSocket, Change, DeleteSocket
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.network.socket_owner import owner_of_socket


def by_full_socket(
    *, title: Message, detail: Message, options: str, restart: Message
) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields a candidate if the queue of the socket that receives the packet is full.

    ``title`` and ``detail`` have placeholders: ``{name}`` for the process, and ``{port}``, ``{queued}``, ``{backlog}``,
    ``{received}`` and ``{buffer}`` for the socket.  ``options``: the options of the ``ss`` command that shows the
    queue.  ``restart``: the message about the connections or datagrams that a restart loses.
    """

    def find(view: View) -> Iterator[Candidate]:
        socket = view.socket
        if socket is None or not socket.is_full:
            return
        words = {
            "name": _process_of(socket), "port": socket.port, "queued": socket.queued, "backlog": socket.backlog,
            "received": socket.received, "buffer": socket.receive_buffer,
        }  # fmt: skip
        yield Candidate(
            title=title.filled(**words),
            detail=detail.filled(**words),
            change=_making_room(view, socket),
            where=_where(view, socket),
            in_class="process-stopped",
            evidence=(socket.evidence,),
            advice=(*_advice(view, socket, options), restart),
        )

    return find


def _making_room(view: View, socket: Socket) -> Change:
    """Return the change that empties the queue of the socket, and the queues of the full sockets in its SO_REUSEPORT
    group."""
    advice = message("once the reason is found, restart the service: {how}", how=_restart(view, socket))
    netns = view.stop.netns
    return Change(
        tuple(
            part
            for each in view.namespace.sockets
            if _is_beside(each, socket)
            for part in (DeleteSocket(netns, each), AddSocket(netns, each.drained, advice))
        )
    )


def _where(view: View, socket: Socket) -> OfProcess:
    """Return what the candidate is about: the socket's process."""
    owner = _owner(view, socket)
    return OfProcess(
        process=socket.process,
        pid=socket.pid,
        container=owner.name if owner is not None else None,
        port=socket.port,
        socket=socket,
    )


def _process_of(socket: Socket) -> Message:
    """Return the socket's process as the first words of a title."""
    if socket.process is None or socket.pid is None:
        return message("The process")
    return message("{name} (process {pid})", name=socket.process, pid=socket.pid)


def _advice(view: View, socket: Socket, options: str) -> tuple[Message, ...]:
    """Return the advice about measures before a restart of the process.  ``options``: the options of the ``ss`` command
    that shows the queue."""
    again = message(
        "is the queue full because of a burst, or does the process hang? Read the queue again: {command}",
        command=_again(view, options),
    )
    if socket.pid is None:
        return (again,)
    stack = f"cat /proc/{socket.pid}/wchan /proc/{socket.pid}/stack"
    return (again, message("see what the process waits for: {command}", command=stack))


def _is_beside(each: Socket, socket: Socket) -> bool:
    """Return whether the socket ``each`` is full and is ``socket`` itself or in the SO_REUSEPORT group of
    ``socket``."""
    same = (each.protocol, each.version, each.address, each.port, each.device)
    return each.is_full and same == (socket.protocol, socket.version, socket.address, socket.port, socket.device)


def _owner(view: View, socket: Socket) -> Container | None:
    return owner_of_socket(view.network, view.stop.netns, socket)


def _restart(view: View, socket: Socket) -> str | Message:
    owner = _owner(view, socket)
    if owner is not None:
        return view.host.engine_of(owner).command("restart", owner.name)
    if socket.pid is not None:
        return message("the service of process {pid} (systemctl status {pid} names it)", pid=socket.pid)
    return message("the service that listens on port {port}", port=socket.port)


def _again(view: View, options: str) -> str:
    command = f"ss {options} sport = :{view.stop.seen.packet.dport}"
    inside = view.container
    if view.on_host or inside is None or inside.pid is None:
        return command
    return f"nsenter --target {inside.pid} --net {command}"
