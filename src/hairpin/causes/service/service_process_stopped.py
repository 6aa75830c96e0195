"""A signal stopped the process that listens: the kernel completes the handshake, the process never replies.

Users see: connects, then silence, after Ctrl-Z, a debugger, or ``kill -STOP`` without ``kill -CONT``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.change.change import ContinueProcess, one
from hairpin.message import message
from hairpin.walk.sockets import find_socket, socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the stopped process whose socket took the packet."""
    socket = find_socket(view.namespace, view.stop.seen.packet, view.stop.link or "").socket
    if socket is None or not socket.halted or socket.pid is None:
        return
    name = socket.process or "?"
    yield Candidate(
        title=message("{name} (process {pid}) is stopped", name=name, pid=socket.pid),
        detail=message("A signal stopped it: connections are accepted by the kernel and never answered."),
        change=one(ContinueProcess(view.host.name, socket.pid)),
        where=where(process=name, pid=socket.pid, port=socket.port, socket=socket_text(socket)),
        in_class="process-stopped",
        evidence=(socket.evidence,),
        advice=(message("find who stopped it: a debugger, a job in a terminal, a script that copies its data"),),
    )


CAUSE = Cause(
    id="service-process-stopped",
    title="The process that listens is stopped",
    source="signal(7): SIGSTOP; proc_pid_stat(5): state T",
    reasons=frozenset({"process-frozen"}),
    find=find,
)
