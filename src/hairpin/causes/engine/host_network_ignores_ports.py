"""The container uses the host's network, where Docker ignores published ports: the service listens on its own port.

Users see: "Published ports are discarded when using host network mode"; refused on the asked port, answered on another.

Proof: the container is on the host's network, and nothing listens on the asked port.
Now: ask for the port on which the service listens.
Lasting: take ``ports:`` or the host's network out of the Compose file.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.engine._publishing import at_host_port
from hairpin.causes.service._service import listening
from hairpin.change.change import one
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container on the host's network that should publish this port."""
    for container, binding in at_host_port(view):
        if binding.actual or not container.on_host_network or binding.host_port == binding.container_port:
            continue
        advice = message(
            "ask for port {port}, {container}'s own, or run it without --network host",
            port=binding.container_port,
            container=container.name,
        )
        yield Candidate(
            title=message("Container {name} uses the host's network, where -p does nothing", name=container.name),
            detail=message(
                "{engine} discards that it publishes {inner} as {port}: its service listens on the host at its own "
                "port.",
                engine=view.host.engine_of(container).title,
                inner=binding.container_port,
                port=binding.host_port,
            ),
            change=one(listening(view, advice)),
            where=where(container=container.name, network="host", port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
        )


CAUSE = Cause(
    id="host-network-ignores-ports",
    title=message("Published ports are ignored on the host's network"),
    source="docs.docker.com: Host network driver",
    reasons=frozenset({"no-listener"}),
    find=find,
)
