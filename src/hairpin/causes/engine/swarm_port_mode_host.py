"""A swarm service publishes the port with ``mode=host``, and none of its tasks runs on this node.

Users see: the port answers on some nodes, and connections to it are refused on the other nodes.

Proof: a swarm manager lists the service, its port, the mode and running tasks.  No container of this node has the port.
Now: connect to a node that runs a task of the service.  ``docker service ps NAME`` lists these nodes.
Lasting: publish the port on every node (``mode=ingress``), or run a task on each node (``--mode global``).
"""

from hairpin.causes.engine._services import REASONS, candidate, dead
from hairpin.causes.kit import Candidate, Cause, Iterator, View, message


def find(view: View) -> Iterator[Candidate]:
    found = dead(view)
    if found is None or found.port.mode != "host" or found.service.running == 0:
        return
    name, port = found.service.name, found.port
    yield candidate(
        view,
        found,
        message("No task of the swarm's service {service} runs on this node", service=name),
        message(
            "The service publishes port {port} with mode=host: only a node that runs a task of the service takes the "
            "port.",
            port=port.port,
        ),
        (
            message(
                "ask a node that runs a task of the service: `docker service ps {service}` tells which", service=name
            ),
            message(
                "or publish the port on every node: `docker service update --publish-rm {target}/{protocol} "
                "--publish-add published={port},target={target},protocol={protocol} {service}`",
                target=port.target_port,
                protocol=port.protocol,
                port=port.port,
                service=name,
            ),
        ),
    )


CAUSE = Cause(
    title=message("The swarm's service runs on other nodes only"),
    source="docs.docker.com: docker service create --publish mode=host; moby/moby#40590",
    reasons=REASONS,
)
