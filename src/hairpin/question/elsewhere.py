"""Finds ports that another host publishes, too.  A question without a host's name is about the first host only."""

from collections.abc import Iterator

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
                names = dict.fromkeys(each.name for each, _ in bindings_of(host, port, target.protocol) if each.running)
                if names:
                    yield message(
                        "{other} publishes port {port}, too (container {containers}). This answer is about {host}; the "
                        "TARGET {port}@{other} asks about the other host",
                        other=host.name, port=port, containers=", ".join(names), host=network.this.name,
                    )  # fmt: skip
