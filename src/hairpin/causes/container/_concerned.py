"""The containers that a stopped packet concerns."""

from hairpin.causes.kit import Iterator, Netns, View
from hairpin.host.docker import Container
from hairpin.network.attachment import attachment_of


def containers_of_flow(view: View) -> Iterator[tuple[Container, Netns]]:
    """Yield the packet's destination container and the container in which the packet stopped, each with its namespace.
    A container whose namespace was not read is skipped."""
    packet = view.stop.seen.packet
    meant = attachment_of(view.network, view.host, packet.daddr, packet.version)
    for container in dict.fromkeys((meant.container if meant is not None else None, view.container)):
        if container is not None and container.netns is not None and container.netns in view.host:
            yield container, view.host_netns.sibling(container.netns)
