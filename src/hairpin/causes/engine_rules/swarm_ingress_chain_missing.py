"""The rules by which a swarm node leads packets to the published ports of services into the routing mesh are gone.

Users see: although the service's tasks run, the service's port does not answer on this node, while it answers on the
other nodes.

Proof: dockerd holds the port, and the chain DOCKER-INGRESS, a rule in it or a jump to it is missing.  With the restored
rules the packet reaches the namespace ``ingress_sbox``.
Now: restore the rules.
Lasting: nothing has to be saved, because dockerd writes these rules when it sets the mesh up.  Find the program that
removed the rules.
"""

from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, candidate, losses
from hairpin.causes.kit import Candidate, Cause, Iterator, View, message


def find(view: View) -> Iterator[Candidate]:
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
