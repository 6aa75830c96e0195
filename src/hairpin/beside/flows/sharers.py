"""Asked containers that share the network namespace of a container which does not publish their ports."""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.message import Message, message
from hairpin.network.prefix import is_loopback
from hairpin.question.held import held_by, is_with_owner
from hairpin.question.hosts import host_of


def notes(inquiry: Inquiry) -> Iterator[Message]:
    """Yield a note for each asked container that shares another container's network and listens on ports that the other
    container does not publish."""
    network = inquiry.network
    for target in inquiry.question.targets:
        if target.container is None or target.port is not None:
            continue
        host = host_of(network, target)
        for container in host.containers_named(target.container):
            owner = host.network_owner(container)
            if owner == container or not is_with_owner(host, container) or container.on_host_network:
                continue
            published = {(each.protocol, each.container_port) for each in owner.bindings}
            ports = [
                f"{each.port}/{each.protocol}"
                for each in held_by(network, host, container)
                if (each.protocol, each.port) not in published
                and not (each.address is not None and is_loopback(each.address, each.version))
            ]
            if ports:
                yield message(
                    "{name} shares the network of {owner}; it listens on {ports}, which {owner} does not publish",
                    name=container.name,
                    owner=owner.name,
                    ports=", ".join(ports),
                )
