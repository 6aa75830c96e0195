"""Finds ports that another host publishes.  A question without a host's name is about the first host only."""

from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.port_flows import bindings_of


def published_elsewhere(network: Network, targets: tuple[Target, ...]) -> Iterator[Message]:
    """Yield a note for each other host that publishes an asked port, if the question does not name a host."""
    if not network.this.was_read:
        return
    for target in targets:
        if target.port is None or target.host or target.address is not None or target.container is not None:
            continue
        for host in network.hosts[1:]:
            for port in range(target.port, (target.last or target.port) + 1):
                names = _publishing(host, port, target)
                if names:
                    is_shared = bool(_publishing(network.this, port, target))
                    yield message(
                        "{publishes} (container {containers}). This answer is about {host}; the TARGET {port}@{other} "
                        "asks about the other host",
                        publishes=_too(host, port) if is_shared else _alone(host, port),
                        other=host.name, port=port, containers=", ".join(names), host=network.this.name,
                    )  # fmt: skip


def _publishing(host: Host, port: int, target: Target) -> tuple[str, ...]:
    """Return the names of the running containers that publish the port."""
    bindings = bindings_of(host, port, target.protocol)
    return tuple(dict.fromkeys(each.name for each, _ in bindings if each.running))


def _too(host: Host, port: int) -> Message:
    return message("{other} publishes port {port}, too", other=host.name, port=port)


def _alone(host: Host, port: int) -> Message:
    return message("{other} publishes port {port}", other=host.name, port=port)
