"""Containers that do not listen on a port on which the other containers of their name listen.

The containers of a scaled Compose service, or containers of one image with the same ``--network-alias``, have a common
name, and the engine's name server gives their addresses in turn.  If one of them lost its server, only the requests
that go to it are refused, and no flow to a published port shows this.

Only TCP sockets count that other containers reach.  A container whose server may still be starting, or that listens on
ports of its own, is no such replica.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hairpin.beside.inquiry import Inquiry
from hairpin.evidence.reading import moment
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.message import Message, few_of, message
from hairpin.network.names import serving
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.network.socket_owner import ephemeral_ports

_STARTING_S = 60.0
"""The time after a container's start during which its server may not listen yet."""


class Silent(NamedTuple):
    """A container, and the ports on which it does not listen, although ``serving`` does.  ``name``: the name that both
    have on ``network``.  ``client``: another container there; empty if there is none."""

    container: Container
    serving: Container
    ports: tuple[int, ...]
    name: str
    network: str
    client: str


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return a note for each silent replica of the hosts."""
    return told_of_silent(inquiry.network)


def told_of_silent(network: Network) -> tuple[Message, ...]:
    """Return a note for each silent replica of the hosts."""
    return tuple(
        message(
            "{silent} does not listen on port {ports} for other containers, as {serving} does; both are called {name} "
            "on network {network}, so each request for {name} that goes to {silent} is refused (`{command}` shows it)",
            silent=each.container.name,
            serving=each.serving.name,
            ports=few_of(tuple(map(str, each.ports))),
            name=each.name,
            network=each.network,
            command=_command(each),
        )
        for host in network.hosts
        if host.was_read
        for each in silent_replicas(host)
    )


def _command(found: Silent) -> str:
    port = found.ports[0]
    if found.client:
        return f"hairpin check {found.name}:{port} --from {found.client}"
    return f"hairpin check {found.container.name}:{port}"


def silent_replicas(host: Host) -> Iterator[Silent]:
    """Yield each silent replica of the host once."""
    told: set[str] = set()
    for (network, name), named in _named_alike(host).items():
        for each in named:
            others = tuple(one for one in named if one.id != each.id and _is_copy(one, each))
            missing = _missing(host, each, others) if each.id not in told and _has_run(host, each) else ()
            if missing:
                told.add(each.id)
                first = next(one for one in others if missing[0] in _service_ports(host, one))
                yield Silent(each, first, missing, name, network, _client(host, network, named))


def _named_alike(host: Host) -> dict[tuple[str, str], tuple[Container, ...]]:
    """Return the running containers by network and name, for each name that several containers have and whose
    namespaces were all read."""
    found: dict[tuple[str, str], list[Container]] = {}
    for engine in host.engines:
        for each in engine.containers:
            networks = serving(engine, each) if each.status == "running" else ()
            for end in each.endpoints:
                for alias in end.aliases if end.network in networks else ():
                    found.setdefault((end.network, alias), []).append(each)
    return {
        key: tuple(named)
        for key, named in found.items()
        if len(named) > 1 and all(_was_read(host, each) for each in named)
    }


def _was_read(host: Host, container: Container) -> bool:
    """Return whether the sockets in the container's namespace were read."""
    if container.netns is None or container.netns not in host:
        return False
    return not any(key.startswith(("sockets", "proc-net")) for key in host.namespace(container.netns).unread)


def _is_copy(one: Container, other: Container) -> bool:
    """Return whether both are containers of one service, or of one image."""
    if one.service or other.service:
        return (one.project, one.service) == (other.project, other.service)
    return bool(one.image) and one.image == other.image


def _missing(host: Host, container: Container, others: tuple[Container, ...]) -> tuple[int, ...]:
    """Return the ports on which nothing in the container listens, and at least half of its kind do.

    Return no port that the container publishes, because a flow asks for it.  A container with a port that its kind does
    not have is none of them."""
    of_others = [_service_ports(host, each) for each in others]
    asked = {each.container_port for each in container.bindings}
    if any(not any(port in _open_ports(host, each) for each in others) for port in _service_ports(host, container)):
        return ()
    wanted = frozenset[int]().union(*of_others) - _open_ports(host, container) - asked
    half = (len(others) + 1) / 2
    return tuple(sorted(port for port in wanted if sum(port in each for each in of_others) >= half))


def _open_ports(host: Host, container: Container) -> frozenset[int]:
    """Return the TCP ports on which the container serves other containers."""
    return frozenset(each.port for each in _listeners(host, container))


def _service_ports(host: Host, container: Container) -> frozenset[int]:
    """Return the open ports that belong to the container's service.  A program chooses a port in the range of outgoing
    connections by chance, and a person may have started a late process by hand.  Such ports count only if the image or
    an option names them."""
    first, last = ephemeral_ports(host.namespace(container.netns or ""))
    named = {port for protocol, port in container.exposed if protocol == "tcp"}
    named |= {each.container_port for each in container.bindings if each.protocol == "tcp"}
    return frozenset(
        each.port
        for each in _listeners(host, container)
        if each.port in named or not (first <= each.port <= last or each.is_late)
    )


def _listeners(host: Host, container: Container) -> Iterator[Socket]:
    for each in host.namespace(container.netns or "").sockets:
        if each.protocol == "tcp" and (each.address is None or not is_loopback(each.address, each.version)):
            yield each


def _has_run(host: Host, container: Container) -> bool:
    """Return whether the container has run long enough for its server to listen."""
    started, now = moment(container.started_at), moment(host.taken_at)
    return started is not None and now is not None and now - started >= _STARTING_S


def _client(host: Host, network: str, named: Iterable[Container]) -> str:
    """Return the name of a running container on the network that does not have the name itself."""
    own = {each.id for each in named}
    return next(
        (
            each.name
            for each in host.containers()
            if each.running and each.id not in own and any(end.network == network for end in each.endpoints)
        ),
        "",
    )
