"""The addresses that the engines gave to the links of a namespace, with the prefix lengths that they gave."""

from collections.abc import Iterator

from hairpin.engines.repair.bridging import bridge_addresses
from hairpin.engines.repair.endpoints import addresses
from hairpin.host.host import Host
from hairpin.host.link import Address


def engine_addresses(host: Host, name: str) -> Iterator[Address]:
    """Yield the addresses of the namespace of that name: of the bridges on the host, of the endpoints in a container.
    ``link`` is empty for those of an endpoint."""
    for engine in host.engines:
        if name == host.netns.name:
            for joined in engine.networks:
                yield from bridge_addresses(host, joined)
        for container in engine.containers:
            if container.netns == name and name != host.netns.name:
                for endpoint in engine.endpoints_of(container):
                    yield from addresses(endpoint, "")
