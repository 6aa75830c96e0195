"""A DNS query for a container's name: the server that the client asks, and whether that server knows the name.  If the
server does not know the name, no packet is lost: the query reaches the server, which answers that no such name exists.
"""

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import has_embedded, knows, servers_of, takes_place_of_resolver
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.decided import Assumed, SocketDecided
from hairpin.walk.sockets import socket_text
from hairpin.walk.state import State, stopped
from hairpin.walk.trace import Branch


def to_server(network: Network, flow: Flow) -> Flow:
    """Return the flow with its client's present name server as the destination.  A change may have replaced the flow's
    former name server."""
    found = _asking(network, flow) if flow.asked_name else None
    server = next(iter(servers_of(*found)), None) if found is not None else None
    if server is None or server == (flow.version, flow.daddr):
        return flow
    return msgspec.structs.replace(flow, version=server[0], daddr=server[1])


def answered(network: Network, flow: Flow, branch: Branch) -> Branch:
    """Return the branch after the name server's answer; a branch whose query did not reach the server is returned
    unchanged.

    A name server outside of the host knows no container's name.  Another name server on this host is assumed to know
    the name."""
    found = _asking(network, flow) if flow.asked_name and branch.succeeds else None
    if found is None:
        return branch
    host, asking = found
    known = knows(host, asking, (flow.version, flow.daddr), flow.asked_name)
    socket = _socket_of(branch)
    squatted = known == "known" and socket is not None and takes_place_of_resolver(host.engine_of(asking), socket)
    if known == "known" and not squatted:
        return branch
    if known == "undecided" and not squatted and not (_only_forwards(branch) and "." not in flow.asked_name):
        said = message("{server} knows the name {name}", server=_server(flow), name=flow.asked_name)
        return msgspec.structs.replace(branch, assumed=(*branch.assumed, said))
    assert isinstance(flow.start, FromContainer)
    why = message("{socket} knows no container", socket=socket_text(socket)) if squatted and socket else None
    decided = Assumed(why or _why(host, asking, flow), "read")
    end = stopped(State("socket", flow.start.netns, flow.packet(0)), "name-unknown", stage="socket", decided_by=decided)
    steps = (*branch.request, *end.state.history.steps)
    return Branch("refused", steps, stop=end.stop, conditions=branch.conditions)


def _asking(network: Network, flow: Flow) -> tuple[Host, Container] | None:
    if not isinstance(flow.start, FromContainer):
        return None
    host = network.host(flow.start.netns.host)
    container = host.container(flow.start.name)
    return None if container is None else (host, container)


def _socket_of(branch: Branch) -> Socket | None:
    """Return the socket that takes the query, if it is one of a host that was read."""
    decided = branch.request[-1].decided_by if branch.request else None
    return decided.socket if isinstance(decided, SocketDecided) else None


def _only_forwards(branch: Branch) -> bool:
    """Return whether the server is outside, or is systemd-resolved, which forwards the query to an outside server."""
    socket = _socket_of(branch)
    return branch.verdict == "leaves" or (socket is not None and (socket.process or "").startswith("systemd-resolve"))


def _server(flow: Flow) -> str:
    return address_text(flow.daddr, flow.version)


def _why(host: Host, asking: Container, flow: Flow) -> Message:
    if has_embedded(host, asking) or not host.engine_of(asking).traits.embedded_resolver:
        return message(
            "{server} knows no {name} on the networks of {asking}",
            server=_server(flow),
            name=flow.asked_name,
            asking=asking.name,
        )
    return message("{server} knows no container", server=_server(flow))
