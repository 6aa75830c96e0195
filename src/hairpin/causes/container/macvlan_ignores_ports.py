"""The container is on macvlan or ipvlan networks only, and its engine publishes no port from such networks.

Users see: ``-p`` or ``ports:`` is silently ignored, ``docker ps`` shows no published port, and connections to the
host's port are refused.

Proof: all networks of the container are macvlan or ipvlan networks.  On a bridge network its port would be published.
Now: connect to the container's own address and port.
Lasting: give the container's address to the clients, or put the service on a bridge network in the Compose file.
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
    """Yield one candidate for each running container that should publish the asked port and is only on macvlan or
    ipvlan networks."""
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
    """Return the advice to connect to the container's own address and port."""
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
