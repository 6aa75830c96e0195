"""Rules are gone by which a node of a swarm leads the published ports of services to the routing mesh.

Users see: the service's port is dead on this node and answers on the others; the tasks run.

Proof: dockerd holds the port, and DOCKER-INGRESS, a rule in it or a jump to it is missing; with them the packet reaches
the namespace ``ingress_sbox``.
Now: put the rules back.
Lasting: nothing to save: dockerd writes its rules when it sets the mesh up; find what removed them.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, candidate, losses
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when rules of the mesh are missing and the packet is for one of its ports."""
    for each in losses(view, mesh=True):
        if all(port.port != view.flow.dport for port in each.engine.mesh):
            continue
        yield candidate(
            view,
            each,
            message("Rules of swarm's routing mesh are missing on this node"),
            message(
                "dockerd holds port {port} for a service. The chain DOCKER-INGRESS in nat and filter leads its packets "
                "to the mesh, and {rules} rules of this chain are gone.",
                port=view.flow.dport,
                rules=len(each.rules),
            ),
        )


CAUSE = Cause(
    title=message("Rules of swarm's routing mesh are missing"),
    source="moby: libnetwork/service_linux.go programIngress()",
    reasons=frozenset({"martian-source", *UNTRANSLATED}),
)
