"""``NAME.NETWORK``: Docker's resolver also knows a container by its name and the name of one of its networks.

Source: moby libnetwork/sandbox.go ResolveName()"""

import msgspec

from hairpin.host.host import Host
from hairpin.network.names import names_at
from hairpin.network.network import Network
from hairpin.question.asked import Target


def on_one_network(network: Network, target: Target) -> Target:
    """Return the target with the container's name and the network's name apart, if its name is ``NAME.NETWORK``; the
    target itself if a container has the whole name, or if no container has such a name."""
    name = target.container or ""
    hosts = [each for each in network.hosts if target.host in ("", each.name)] if "." in name else []
    if any(host.containers_named(name) for host in hosts):
        return target
    found = next((split for host in hosts if (split := _apart(host, name)) is not None), None)
    return target if found is None else msgspec.structs.replace(target, container=found[0], network=found[1])


def _apart(host: Host, name: str) -> tuple[str, str] | None:
    for engine in host.engines:
        for container in engine.containers if engine.traits.embedded_resolver else ():
            for end in container.endpoints:
                short = name.removesuffix(f".{end.network}")
                if short != name and short in (*names_at(container, end), container.service):
                    return short, end.network
    return None
