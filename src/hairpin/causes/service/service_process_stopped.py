"""A signal stopped the process that listens, so the kernel completes the handshake and the process never replies.

Users see: the client connects and gets no reply.  The process is stopped after Ctrl-Z, in a debugger, or after ``kill
-STOP`` without ``kill -CONT``.

Proof: the process that holds the socket is stopped (state T), or its cgroup is frozen.  When the process runs again, it
replies.
Now: ``kill -CONT PID``.
Lasting: nothing has to be saved, because a restarted process is not stopped.  Find out what stopped the process.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfProcess, View, message
from hairpin.change.change import AddSocket, Change, ContinueProcess, DeleteSocket, one
from hairpin.host.link import Link
from hairpin.host.socket import Socket
from hairpin.network.socket_owner import owner_of_socket


def find(view: View) -> Iterator[Candidate]:
    link = view.namespace.link(view.stop.link)
    if link is not None and link.holder_halted and view.stop.stage == "tunnel":
        yield from _of_device(view, link)
        return
    socket = view.socket
    if socket is None or socket.pid is None:
        return
    if socket.frozen:
        yield from _frozen(view, socket)
        return
    if not socket.halted:
        return
    name = socket.process or "?"
    yield Candidate(
        title=message("{name} (process {pid}) is stopped", name=name, pid=socket.pid),
        detail=message("A signal stopped the process: the kernel accepts connections, and nothing answers them."),
        change=one(ContinueProcess(view.host.name, socket.pid)),
        where=OfProcess(process=name, pid=socket.pid, port=socket.port, socket=socket),
        in_class="process-stopped",
        evidence=(socket.evidence,),
        advice=(
            message("find who stopped the process: a debugger, a job in a terminal, a script that copies its data"),
        ),
    )


def _of_device(view: View, link: Link) -> Iterator[Candidate]:
    """Yield the candidate for the program that has a tun device open, and that a signal has stopped."""
    if link.holder_pid is None:
        return
    yield Candidate(
        title=message("{name} (process {pid}) is stopped", name=link.holder or "?", pid=link.holder_pid),
        detail=message(
            "A signal stopped the process. The process has {link} open, and no packet leaves {link} while the process "
            "is stopped.",
            link=link.name,
        ),
        change=one(ContinueProcess(view.host.name, link.holder_pid)),
        where=OfProcess(process=link.holder, pid=link.holder_pid, port=0),
        in_class="process-stopped",
        evidence=(link.evidence,) if link.evidence else (),
        advice=(
            message("find who stopped the process: a debugger, a job in a terminal, a script that copies its data"),
        ),
    )


def _frozen(view: View, socket: Socket) -> Iterator[Candidate]:
    """Yield one candidate for a process in a frozen control group.

    If the process's container is paused, another cause explains why the process is frozen."""
    owner = owner_of_socket(view.network, view.stop.netns, socket)
    if owner is not None and owner.status == "paused":
        return
    version_1 = "/freezer" in socket.frozen
    thaw = f"echo THAWED > {socket.frozen}/freezer.state" if version_1 else f"echo 0 > {socket.frozen}/cgroup.freeze"
    running = AddSocket(
        view.stop.netns,
        msgspec.structs.replace(socket.drained, frozen=""),
        message("thaw the process: {command}", command=thaw),
    )
    yield Candidate(
        title=message(
            "{name} (process {pid}) is in a frozen control group", name=socket.process or "?", pid=socket.pid
        ),
        detail=message(
            "The kernel runs no process of {group}: the kernel accepts connections, and nothing answers them.",
            group=socket.frozen,
        ),
        change=Change((DeleteSocket(view.stop.netns, socket), running)),
        where=OfProcess(process=socket.process, pid=socket.pid, port=socket.port, group=socket.frozen),
        in_class="process-stopped",
        evidence=(socket.evidence,),
        advice=(message("find who froze the process: systemctl freeze, a checkpoint, a script that copies its data"),),
    )


CAUSE = Cause(
    title=message("The process that listens is stopped or frozen"),
    source="signal(7): SIGSTOP; proc_pid_stat(5): state T; cgroups(7): freezer",
    reasons=frozenset({"process-frozen"}),
)
