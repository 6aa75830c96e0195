"""The listening sockets of a namespace, bound as in the snapshot.

Each service answers with arbitrary bytes, because the snapshot does not show a service's real answers.  A relay
(docker-proxy) really connects to its container.  Three kinds of services never answer: a port that dockerd only holds,
a halted process, and a paused container.  A socket with a full backlog or receive queue drops new packets.
"""

import msgspec

from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.socket_owner import never_answers
from hairpin.network.tunnel.tunnels import underlay_netns
from hairpin.replica.plan.blueprint import Service
from hairpin.replica.plan.tunnels import is_rebuilt
from hairpin.walk.sockets import answers_by_route

_NOBODY = 1
"""A port on which no process listens."""


def services(network: Network, netns: Netns) -> tuple[Service, ...]:
    """Return the sockets to open.  The UDP port of a rebuilt tunnel device is not among them, because the device opens
    it itself."""
    host, namespace = network.host(netns.host), network.namespace(netns)
    tunnels = {
        link.tunnel.port
        for other, each in network.namespaces()
        for link in (each.links if other.host == netns.host else ())
        if link.tunnel and underlay_netns(other, link) == netns and is_rebuilt(network, other, link)
    }
    sockets = (each for each in namespace.sockets if each.protocol != "udp" or each.port not in tunnels)
    return tuple(
        dict.fromkeys(_service(network, host, each, frozen=never_answers(network, netns, each)) for each in sockets)
    )


def _of_rootless(network: Network, host: Host, relay: Relay, plain: Service) -> Service:
    """Return the service for a relay that connects from inside the container's namespace (rootless).  The replica has
    no such relay, so this service behaves as the container's own service does."""
    netns = Netns(host.name, relay.netns)
    behind = network.namespace(netns).sockets if netns in network else ()
    serving = [each for each in behind if (each.protocol, each.port) == (plain.protocol, relay.port)]
    if not serving:
        return msgspec.structs.replace(plain, does="relay", to=(4, "127.0.0.1", _NOBODY))
    if all(never_answers(network, netns, each) for each in serving):
        return msgspec.structs.replace(plain, does="hold")
    if all(each.is_full for each in serving):
        return msgspec.structs.replace(plain, does="full")
    return plain


def _service(network: Network, host: Host, socket: Socket, *, frozen: bool) -> Service:
    relay = socket.relay
    plain = Service(
        socket.protocol,
        socket.version,
        None if socket.address is None else address_text(socket.address, socket.version),
        socket.port,
        socket.device,
        socket.v6only,
        mark=socket.mark or None,
        uid=socket.uid or 0,
    )
    if frozen or (relay is not None and relay.holds_only):
        return msgspec.structs.replace(plain, does="hold")
    if socket.is_full:
        return msgspec.structs.replace(plain, does="full")
    if relay is not None and relay.netns:
        return _of_rootless(network, host, relay, plain)
    if relay is not None:
        to = (relay.version, address_text(relay.address, relay.version), relay.port)
        return msgspec.structs.replace(plain, does="relay", to=to, answers_by_route=answers_by_route(host, socket))
    return plain
