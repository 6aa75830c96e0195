"""The port is published with the userland proxy on, and no docker-proxy listens on it.

Users see: outside clients reach the port by DNAT, but connections to 127.0.0.1 are refused.

Proof: the port is published with the userland proxy on, and no docker-proxy holds the port.  With a docker-proxy the
packet is accepted.
Now: ``docker restart NAME``, then restart the containers that share its network namespace.
Lasting: if docker-proxy is installed, nothing has to be done.  If docker-proxy is not installed, repair the package.
"""

from hairpin.causes.engine._publishing import at_host_port, covers
from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, message
from hairpin.change.change import Change
from hairpin.engines.repair.republishing import relays
from hairpin.engines.repair.starting import restarts
from hairpin.host.engine_health import is_down


def find(view: View) -> Iterator[Candidate]:
    if any(each.startswith(("sockets", "proc-net")) for each in view.host_namespace.unread):
        return  # the sockets were not read
    for container, binding in at_host_port(view):
        engine = view.host.engine_of(container)
        if engine.kind != "docker" or is_down(view.host, engine):
            continue
        if not (container.running and binding.actual and covers(binding, view.stop.seen.packet.daddr)):
            continue
        parts = tuple(relays(view.host, container, binding))
        if parts:
            yield Candidate(
                title=message("No docker-proxy holds port {port}", port=binding.host_port),
                detail=message(
                    "Docker says that the port is published and that the userland proxy is on, but the docker-proxy "
                    "process is gone. A packet that DNAT does not translate finds no socket."
                ),
                change=Change(parts, restarts(view.host, container)),
                where=OfContainer(container=container.name, port=binding.host_port),
                in_class="lost-relay",
                evidence=(container.evidence,),
            )
            return


CAUSE = Cause(
    title=message("docker-proxy is gone"), source="moby: cmd/docker-proxy", reasons=frozenset({"no-listener"})
)
