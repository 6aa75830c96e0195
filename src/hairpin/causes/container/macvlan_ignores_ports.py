"""The container is on macvlan or ipvlan networks only, and its engine publishes no port from those.

Users see: ``-p`` or ``ports:`` is ignored without a word, ``docker ps`` shows no mapping, the host's port is refused.

Proof: all networks of the container are macvlan or ipvlan networks; on a bridge network the port is published.
Now: reach the container at its own address and its own port.
Lasting: the container's address for the clients, or a bridge network for the service in the Compose file.
"""

from collections.abc import Iterator

from hairpin.causes.cause import RULE_STOPS, Candidate, Cause, View
from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.where import OfContainer
from hairpin.change.calls import ByPerson
from hairpin.engines.repair.starting import on_default_bridge
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container, PortBinding
from hairpin.message import Message, message
from hairpin.network.prefix import address_text

_DRIVERS = ("macvlan", "ipvlan")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each running container on such networks that should publish this port."""
    for container, binding in at_host_port(view):
        networks = view.host.engine_of(container).networks
        own = [each for endpoint in container.endpoints for each in networks if each.name == endpoint.network]
        if binding.actual or not container.running or not own or any(each.driver not in _DRIVERS for each in own):
            continue
        change = on_default_bridge(view.host, container, binding, ByPerson(_advice(container, binding)))
        if change is None:
            continue
        yield Candidate(
            title=message(
                "Container {name} is on {driver} network {network}, where -p does nothing",
                name=container.name,
                driver=own[0].driver,
                network=own[0].name,
            ),
            detail=message(
                "The container has its own address on the LAN, and {engine} publishes no port of such a container. No "
                "port of the host leads to it.",
                engine=view.host.engine_of(container).title,
            ),
            change=change,
            refused=refusal_of(view, change),
            where=OfContainer(container=container.name, network=own[0].name, port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
            configured=Configured(
                "network-option", option=f"-d {own[0].driver}", owner=own[0].name, evidence=own[0].evidence
            ),
        )


def _advice(container: Container, binding: PortBinding) -> Message:
    """Return the advice to ask the container's own address and its own port."""
    address = next((each.ipv4 for each in container.endpoints if each.ipv4 is not None), None)
    if address is None:
        return message("put {name} on a bridge network", name=container.name)
    return message(
        "ask for {address}:{port}, the container's own address and port (this host cannot reach it), or put {name} on "
        "a bridge network",
        address=address_text(address, 4),
        port=binding.container_port,
        name=container.name,
    )


CAUSE = Cause(
    title=message("Published ports are ignored on a macvlan or ipvlan network"),
    source="moby: libnetwork/drivers/macvlan, drivers/ipvlan: ProgramExternalConnectivity() does nothing",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
