"""A swarm service publishes the port on every node and its tasks run, but this node does not lead packets to the
service.

Users see: connections to the port are refused on this node, but a container on the service's network reaches the
service by its name.

Proof: a swarm manager lists the service, its port and a running task.  dockerd does not hold the port on this node, or
no rule in dockerd's namespace ``ingress_sbox`` passes the packet to IPVS.
Now: load IPVS (``modprobe ip_vs``), then let dockerd set the port up again: ``docker service update --force NAME``.
Lasting: boot a kernel that has IPVS.
"""

from hairpin.causes.engine._services import REASONS, candidate, dead, publisher
from hairpin.causes.kit import Candidate, Cause, Iterator, Message, View, message

_SANDBOX = "netns:ingress_sbox"


def find(view: View) -> Iterator[Candidate]:
    if view.stop.netns.name == _SANDBOX:
        yield from _not_handed_on(view)
        return
    found = dead(view)
    if found is None or found.port.mode != "ingress" or found.service.running == 0:
        return
    name, port = found.service.name, found.port.port
    title = message("This node does not lead port {port} to the swarm's service {service}", port=port, service=name)
    detail = (
        message("The service publishes port {port} on every node, and dockerd does not hold the port here.", port=port)
        if found.service.running is None
        else message(
            "The service publishes port {port} on every node and {running} of its tasks run, but dockerd does not hold "
            "the port here. dockerd holds the port once it has set up IPVS for the service.",
            port=port,
            running=found.service.running,
        )
    )
    yield candidate(view, found, title, detail, _anew(name))


def _not_handed_on(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a packet that found neither a rule nor a socket for its port in the ingress namespace."""
    if view.in_reply or view.stop.reason != "no-listener" or view.flow.protocol == "icmp":
        return
    found = publisher(view)
    yield candidate(
        view,
        found,
        message("The routing mesh of this node does not hand port {port} to its service", port=view.flow.dport),
        message(
            "The packet arrives in dockerd's namespace ingress_sbox. No rule there marks it for a service of IPVS, or "
            "IPVS has no server for it."
        ),
        _anew(found.service.name if found is not None else "NAME"),
    )


def _anew(service: str) -> tuple[Message, ...]:
    return (
        message("load IPVS: `modprobe ip_vs`; this fails if the kernel has no IPVS"),
        message(
            "let dockerd set the port up again: `docker service update --force {service}`; the tasks of {service} "
            "restart",
            service=service,
        ),
    )


CAUSE = Cause(
    title=message("The node's routing mesh does not lead to the service"),
    source="moby: libnetwork/service_linux.go addLBBackend(); moby/moby#26930; moby/moby#33911",
    reasons=REASONS,
)
