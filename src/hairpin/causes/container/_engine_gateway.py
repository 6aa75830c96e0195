"""The routers that an engine gives to a container: one for each network."""

from collections.abc import Iterator

from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.network.network import addresses_of
from hairpin.network.prefix import Version, inside


def gateways(container: Container, namespace: Namespace, version: Version) -> Iterator[tuple[int, str]]:
    """Yield the router of each of the container's networks, and the link that has an address of that network."""
    for endpoint in container.endpoints:
        gateway = endpoint.gateway4 if version == 4 else endpoint.gateway6
        if gateway is None:
            continue
        for each in addresses_of(namespace, None, version):
            if inside(gateway, each.value, each.prefix_length, version):
                yield gateway, each.link
                break
