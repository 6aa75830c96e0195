"""The container was made with ``--network none``, so Docker ignores the ports that it should publish.

Users see: ``docker ps`` shows no mapping, the port is refused.
"""

from collections.abc import Iterator
from typing import Literal

from hairpin.causes.cause import Candidate, Cause, View, where
from hairpin.causes.engine._publishing import at_host_port
from hairpin.engines.starting import on_default_bridge
from hairpin.host.docker import Container, PortBinding
from hairpin.message import Message, message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container without a network that should publish this port."""
    meant = view.host.container(view.meant) if view.meant and view.on_host else None
    asked = ((meant, _asked_binding(view)),) if meant is not None and not meant.bindings else ()
    for container, binding in (*at_host_port(view), *asked):
        if not container.running or container.network_mode != "none":
            continue
        change = on_default_bridge(view.host, container, binding)
        if change is None:
            continue
        yield Candidate(
            title=message("Container {name} has no network", name=container.name),
            detail=_why(view, container, binding),
            change=change,
            where=where(container=container.name, network="none", port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
            advice=(message("recreate the container without --network none"),),
        )


def _why(view: View, container: Container, binding: PortBinding) -> Message:
    if binding not in container.bindings:
        return message("It was made with --network none: no packet from outside its own namespace reaches it.")
    return message(
        "It was made with --network none, so {engine} ignores that it asks for port {port}.",
        engine=view.host.engine_of(container).title,
        port=binding.host_port,
    )


def _asked_binding(view: View) -> PortBinding:
    """Return the binding that would publish the asked port as it is."""
    protocol: Literal["tcp", "udp"] = "udp" if view.flow.protocol == "udp" else "tcp"
    return PortBinding(protocol, view.flow.dport, view.flow.dport, actual=False)


CAUSE = Cause(
    id="container-network-none",
    title="The container has no network",
    source="docs.docker.com: None network driver",
    reasons=frozenset({"no-listener"}),
    find=find,
)
