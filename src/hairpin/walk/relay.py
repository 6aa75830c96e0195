"""The connection that a relay (docker-proxy, rootlessport, pasta) opens for each connection that it accepts."""

from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network, addresses_of

_LOOPBACK = 0x7F000001


def relayed_flow(network: Network, flow: Flow, netns: Netns, socket: Socket) -> Flow | None:
    """Return the flow of the relay's own connection; None if the relay's namespace or its target was not read.

    ``netns`` is the namespace of the relay's listening socket.
    """
    relay = socket.relay
    assert relay is not None
    inside = netns.sibling(relay.netns)
    if inside not in network if relay.netns else not relay.address:
        return None
    return Flow(
        start=FromContainer(flow.container or "", inside) if relay.netns else FromHost(),
        version=relay.version,
        daddr=relay.address or _own_address(network, inside),
        protocol=flow.protocol,
        dport=relay.port,
        sport=flow.sport + 1,
        container=flow.container,
        host=netns.host,
        data_bytes=flow.data_bytes,
    )


def _own_address(network: Network, netns: Netns) -> int:
    """Return the address of a container behind slirp4netns or pasta; the loopback address if the container has none."""
    found = (each.value for each in addresses_of(network.namespace(netns), None, 4) if each.scope == "global")
    return next(found, _LOOPBACK)
