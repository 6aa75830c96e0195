"""What the containers of a network reach once another one joins it: its ports, by its address there."""

from collections.abc import Iterator

from hairpin.change.change import AddNamespace, Change
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, netns_of


def flows_to_joined(before: Network, change: Change) -> Iterator[Flow]:
    """Yield, for each network that a running container joins by the change, a flow from another container there to each
    TCP port on which the joining one listens."""
    host = before.this
    for part in change.parts:
        if not isinstance(part, AddNamespace) or part.host != host.name:
            continue
        was = host.container(part.container.name)
        if was is None or not was.running:
            continue  # a container that is started is reached as before it ended
        ports = dict.fromkeys(
            each.port
            for each in part.namespace.sockets
            if each.protocol == "tcp" and each.address is None and each.relay is None
        )
        known = {each.network for each in was.endpoints}
        for endpoint in part.container.endpoints:
            asking = _another(host, was, endpoint.network) if endpoint.network not in known else None
            if asking is None or endpoint.ipv4 is None:
                continue
            for port in ports:
                yield Flow(asking, 4, endpoint.ipv4, "tcp", port, host=host.name)


def _another(host: Host, joining: Container, network: str) -> FromContainer | None:
    """Return another running container of that network as the start of a flow."""
    for each in host.engine_of(joining).containers:
        netns = netns_of(host, each) if each.running and each.name != joining.name else None
        on_it = any(endpoint.network == network for endpoint in each.endpoints)
        if on_it and netns is not None and not netns.is_host and netns.name in host:
            return FromContainer(each.name, netns)
    return None
