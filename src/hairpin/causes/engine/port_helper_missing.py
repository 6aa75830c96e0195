"""The process that takes the connections to a container's published port is gone, and the container runs on.

A container that is on no bridge of the host has no DNAT rule.  Instead, rootlessport or pasta listens on the port and
relays each connection into the container.  Podman starts this process with the container, and does not restart it.

Users see: ``podman ps`` lists the port, and every connection to the port is refused, even on the host itself.

Proof: the running container publishes the port, and no socket of the host holds it.  With the process that serves the
port, the flow arrives.
Now: ``podman restart NAME``.  The restart ends the container's processes and its open connections.
Lasting: no setting has to be changed.  Find out what ended the process.  If memory ran out, the kernel log names the
process.
"""

from hairpin.causes.engine._publishing import at_host_port, covers
from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, message
from hairpin.change.change import AddSocket, Change
from hairpin.engines.repair.republishing import relay_of_user, stack_sockets
from hairpin.engines.repair.starting import restarts
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.socket import Socket


def find(view: View) -> Iterator[Candidate]:
    if any(each.startswith(("sockets", "proc-net")) for each in view.host_namespace.unread):
        return  # the sockets were not read
    for container, binding in at_host_port(view):
        engine = view.host.engine_of(container)
        if engine.kind != "podman" or not view.host.has_user_stack(container):
            continue
        if not (container.status == "running" and binding.actual and covers(binding, view.stop.seen.packet.daddr)):
            continue
        if stack_sockets(view.host_namespace, container, binding):
            continue  # the process runs, and serves one IP version only
        socket = relay_of_user(container, binding)
        if socket is not None:
            yield _candidate(view, engine, container, binding, socket)
            return


def _candidate(view: View, engine: Engine, container: Container, binding: PortBinding, socket: Socket) -> Candidate:
    program = socket.process or ""
    said = message("restart {name}: {engine} then starts {program} again", name=container.name, engine=engine.title,
                   program=program)  # fmt: skip
    return Candidate(
        title=message(
            "{program}, which takes the connections to port {port} of {name}, is gone",
            program=program,
            port=binding.host_port,
            name=container.name,
        ),
        detail=message(
            "{engine} starts {program} with the container and does not start it again by itself. The container itself "
            "still runs.",
            engine=engine.title,
            program=program,
        ),
        change=Change((AddSocket(view.host_netns, socket, said),), restarts(view.host, container)),
        where=OfContainer(container=container.name, port=binding.host_port),
        in_class="lost-relay",
        evidence=(container.evidence,),
        side_effects=(
            message("the restart ends the processes of {name} and cuts its connections", name=container.name),
        ),
        advice=(
            message(
                "`journalctl -k -g {program}` tells whether the kernel ended it because memory ran out", program=program
            ),
            message(
                "if the restart says `cannot start a container that has stopped`, conmon, the container's monitor, is "
                "gone, too: recreate the container (`podman rm -f {name}` first)",
                name=container.name,
            ),
        ),
        cuts=True,
    )


CAUSE = Cause(
    title=message("The process that serves a published port is gone"),
    source="containers/podman: pkg/rootlessport; passt(1)",
    reasons=frozenset({"no-listener"}),
)
