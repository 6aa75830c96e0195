"""The container is paused, so the kernel completes the handshake and the frozen process never replies.

Users see: the client connects and gets no reply.

Proof: the engine says that the container is paused.  After the container is unpaused, it replies.
Now: ``docker unpause NAME``.
Lasting: no container is paused after a reboot.  Find out what paused this container (a backup, ``docker commit``).
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, message
from hairpin.change.calls import SetContainerState
from hairpin.change.change import SetContainer, one
from hairpin.host.docker import Container
from hairpin.network.socket_owner import owner_of_socket


def find(view: View) -> Iterator[Candidate]:
    container = _owner(view)
    if container is None or container.status != "paused":
        return
    engine = view.host.engine_of(container)
    running = msgspec.structs.replace(container, status="running")
    yield Candidate(
        title=message("Container {name} is paused", name=container.name),
        detail=message(
            "The container's processes are frozen: the kernel accepts connections, and nothing answers them."
        ),
        change=one(
            SetContainer(view.host.name, running),
            SetContainerState(engine.kind, "unpause", container.name, engine.user),
        ),
        where=OfContainer(container=container.name, state=container.status),
        in_class="process-stopped",
        evidence=(container.evidence,),
    )


def _owner(view: View) -> Container | None:
    """Return the container whose process owns the receiving socket.  Several containers may share the socket's
    namespace."""
    socket = view.socket
    return view.container if socket is None else owner_of_socket(view.network, view.stop.netns, socket)


CAUSE = Cause(
    title=message("The container is paused"),
    source="docker-pause(1): cgroup freezer",
    reasons=frozenset({"process-frozen"}),
    shown_to="engine",
)
