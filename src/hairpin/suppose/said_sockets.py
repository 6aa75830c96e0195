"""What a text tells about the sockets and the names of a namespace that it does not list.

A client that was refused shows that nobody listens on the port that it asked.  A program that prints its address shows
where it listens.  A list of containers shows which ports the host has for them.
"""

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.known_ports import known_port, ports_of_image
from hairpin.netfilter.address import address_text
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own
from hairpin.suppose.asked import HOST_PORTS, UNNAMED
from hairpin.suppose.containers import listeners_of
from hairpin.walk.decided import SocketDecided
from hairpin.walk.state import Stop

_REFUSING = ("refused", "reset", "empty")
"""What a client sees if nobody listens on a port: docker-proxy takes a connection before it finds nobody."""

_FIRST_RANDOM = 32768
"""The first port that an engine takes for a container by itself (``-P``): net.ipv4.ip_local_port_range."""


def is_told_to_lack(network: Network, flow: Flow, stop: Stop, stated: tuple[Outcome, ...]) -> bool:
    """Return whether the text tells that no socket takes the packet where the walk stops.

    ``stated``: the failures of this flow, as the text states them.  If it states an answer, too, it tells of two
    moments, and only one of them is the packet's."""
    host = network.host(stop.netns.host)
    told = host.told
    places = {(each.host, each.port) for each in stated} | {(address_text(flow.daddr, flow.version), flow.dport)}
    if told is None or any(not each.failed and (each.host, each.port) in places for each in told.outcomes):
        return False
    if stated and stop.reason == "name-unknown":
        return _are_networks_told(host, flow)
    if not stated or stop.reason != "no-listener" or not isinstance(stop.decided_by, SocketDecided):
        return False
    if stop.netns.is_host:
        return not isinstance(flow.start, FromContainer) and _is_told_unpublished(host, flow, stated)
    inside = [each for each in host.containers() if each.running and each.netns == stop.netns.name]
    if len(inside) != 1 or not _is_told(host, inside[0]):
        return False
    port = stop.seen.packet.dport or 0
    return _listens_elsewhere(host, inside[0], port, stated) or _is_refused_there(flow, inside[0], port, stated)


def _is_told(host: Host, container: Container) -> bool:
    """Return whether the text shows the container, and hairpin did not make it for the question."""
    return host.told is not None and container.name in host.told.containers | host.told.typed


# --- inside of a container -------------------------------------------------------------------------------------------


def _listens_elsewhere(host: Host, container: Container, port: int, stated: tuple[Outcome, ...]) -> bool:
    """Return whether the container's program says that it listens on loopback, or on another port while a client was
    refused.  A port that no well-known service has needs no refusal: programs of such services print no port of theirs,
    and other ones do.  While a socket listens on a port of one address, the kernel binds the port at all addresses to
    no other socket (net/ipv4/inet_connection_sock.c inet_csk_bind_conflict())."""
    said = [each for each in listeners_of(host, container) if each.printed]
    of_port = [each for each in said if each.port == port]
    if of_port:
        return all(each.address for each in of_port)
    is_refused = any(each.result in _REFUSING for each in stated)
    return bool(said) and (is_refused or known_port(port, "tcp") is None)


def _is_refused_there(flow: Flow, container: Container, port: int, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a client was refused at the container itself, at a port that only the host has for it."""
    if not isinstance(flow.start, FromContainer) or is_loopback(flow.daddr, flow.version):
        return False
    is_hosts = any(each.host_port == port != each.container_port for each in container.bindings)
    is_inner = any(each.container_port == port for each in container.bindings)
    names = {container.name, *container.service_names, address_text(flow.daddr, flow.version)}
    asked = (each for each in stated if each.host in names and each.port == flow.dport)
    return is_hosts and not is_inner and any(each.result == "refused" for each in asked)


def _are_networks_told(host: Host, flow: Flow) -> bool:
    """Return whether the text shows the networks of the container that asks for a name and of the one that has it."""
    named = host.containers_named(flow.asked_name)
    asking = host.container(flow.start.name) if isinstance(flow.start, FromContainer) else None
    ends = [*named, *([asking] if asking is not None else [])]
    placed = host.told.placed if host.told is not None else frozenset[str]()
    return bool(named) and len(ends) > len(named) and all(_is_told(host, each) and each.name in placed for each in ends)


# --- at the host -----------------------------------------------------------------------------------------------------


def _is_told_unpublished(host: Host, flow: Flow, stated: tuple[Outcome, ...]) -> bool:
    """Return whether a client failed at a port of the host, and the text shows the container that has this port for
    itself and does not publish it."""
    own = [each for each in host.containers() if each.running]
    if not own or any(each.name == UNNAMED or not _is_told(host, each) for each in own):
        return False
    asked = (flow.protocol, flow.dport)
    is_alone = len(own) == 1
    if any((each.protocol, each.host_port) == asked and each.actual for one in own for each in one.bindings):
        return False
    if not any(_is_at_host(host, each, flow, own) for each in stated):
        return False
    if any(_has_port(host, each, flow) for each in own):
        return True
    is_refused = any(each.origin == HOST and each.port == flow.dport and each.result == "refused" for each in stated)
    is_chosen = flow.dport < _FIRST_RANDOM and flow.dport not in HOST_PORTS
    return is_alone and not own[0].bindings and is_chosen and is_refused


def _is_at_host(host: Host, outcome: Outcome, flow: Flow, own: list[Container]) -> bool:
    """Return whether the client asked the host.  A loopback address is the host's if the client is there, or if the
    text shows no second container in which a client may be.  Where the text tells in words that something fails, an
    output of the engine has to list the container: the words may be about a later step of the service."""
    if outcome.port is not None and outcome.port != flow.dport:
        return False
    is_alone = len(own) == 1
    if not outcome.host:
        is_listed = host.told is not None and own[0].name in host.told.containers
        return is_alone and (is_listed or outcome.result in _REFUSING)
    if is_own(outcome.host):
        return is_alone or outcome.origin == HOST
    return outcome.host == address_text(flow.daddr, flow.version)


def _has_port(host: Host, container: Container, flow: Flow) -> bool:
    """Return whether the text shows that the container has the port for itself, or that the host has it for the
    container with another protocol or on a network where no port is open."""
    inner = {each.container_port for each in container.bindings if each.protocol == flow.protocol}
    outer = {each.host_port for each in container.bindings if each.protocol != flow.protocol or not each.actual}
    exposed = {number for protocol, number in container.exposed if protocol == flow.protocol}
    said = {each.port for each in listeners_of(host, container) if each.printed}
    served = {*said, *ports_of_image(container.image)} if flow.protocol == "tcp" else set[int]()
    return flow.dport in inner | outer | exposed | served
