"""Finds the swarm service that publishes the asked port, for packets that neither a socket nor a container of this node
accepts."""

import msgspec

from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import Candidate, Message, OfPort, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.change.change import Change
from hairpin.host.swarm import ServicePort, SwarmService
from hairpin.walk.state import Reason

REASONS: frozenset[Reason] = frozenset({"no-listener", "rule", "policy", "reject"})


class Publisher(msgspec.Struct, frozen=True):
    """A swarm service, and the published port of this service that the packet asks for."""

    service: SwarmService
    port: ServicePort


def publisher(view: View) -> Publisher | None:
    """Return the swarm service that publishes the asked port, or None if no manager's reading names such a service."""
    wanted = (view.flow.protocol, view.flow.dport)
    told = (Publisher(each, port) for each in view.host.services() for port in each.ports)
    return next((each for each in told if (each.port.protocol, each.port.port) == wanted), None)


def dead(view: View) -> Publisher | None:
    """Return the swarm service that publishes the asked port, if no process and no container of this node has the
    port."""
    return publisher(view) if is_unserved(view) else None


def candidate(
    view: View, found: Publisher | None, title: Message, detail: Message, said: tuple[Message, ...]
) -> Candidate:
    """Return the candidate about the service.

    ``said``: the advice.  A service needs advice, because no command on this node alone repairs the service.

    The change that proves the cause adds a socket where the packet stopped, and deletes the rule that dropped the
    packet.
    """
    opened = deletion(view, view.place).parts if view.place is not None else ()
    service = found.service if found is not None else None
    return Candidate(
        title=title,
        detail=detail,
        change=Change((listening(view, said[0]), *opened)),
        where=OfPort(
            port=f"{view.flow.dport}/{view.flow.protocol}", service=service.name if service is not None else None
        ),
        in_class="switched-off",
        evidence=(service.evidence,) if service is not None else (),
        ways=(Way(Change(()), said),),
        offered=False,
    )


def may_be_of_swarm(view: View) -> bool:
    """Return whether a swarm service may publish the port.  A service may publish it if the host is a node of the
    routing mesh and no manager's reading lists the services."""
    return any(engine.services is None and any(one.ingress for one in engine.networks) for engine in view.host.engines)


def ways_of_swarm(view: View) -> tuple[Message, ...]:
    """Return the advice on how the user of a swarm node finds the service that publishes the port.

    The rules of a node name only the services that the node has set up.  A node without the rules of a service refuses
    packets to the service's published port.  Source: moby libnetwork/service_linux.go addLBBackend(), programIngress();
    agent.go"""
    if not may_be_of_swarm(view):
        return ()
    return (
        message(
            "`docker service ls` on a manager lists the ports of services. If one publishes {port}, this node lacks "
            "its rule in DOCKER-INGRESS: `docker service update --force NAME` sets the mesh up again and restarts the "
            "tasks; `docker service ps NAME` tells whether they run",
            port=view.flow.dport,
        ),
        message(
            "the routing mesh needs IPVS in the kernel (`modprobe ip_vs`); a service published with mode=host answers "
            "only on nodes that run a task of it"
        ),
    )
