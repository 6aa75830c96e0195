"""The change that lets the engine's name server resolve another container's name, and the host's name server, if it
should run on the host itself."""

import msgspec

from hairpin.causes.kit import Host, Iterator, Message, Netns, View, message
from hairpin.change.calls import ByPerson, ConnectContainer, MakeNetwork
from hairpin.change.change import AddNamespace, AddSocket, Change, Primitive, SetContainer
from hairpin.engines.repair.connecting import connecting_change, own_default_route, refused_connection
from hairpin.host.docker import Container, Endpoint, Engine
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.names import EMBEDDED, names_on, servers_of_host, serving
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text, is_loopback

_RESOLVER = Socket("udp", 4, EMBEDDED, 53, process="dockerd")


class Pair(msgspec.Struct, frozen=True):
    """A container that asks for the name of another container, and the running container with that name.

    The two containers belong to one engine.  ``name``: the asked name."""

    host: Host
    engine: Engine
    asking: Container
    asked: Container
    name: str


def pair_of(view: View) -> Pair | None:
    """Return the asking container and the container with the asked name.  Return None if the flow asks for no name, or
    if the containers belong to different engines."""
    start, name = view.flow.start, view.flow.asked_name
    if not name or not isinstance(start, FromContainer):
        return None
    asking = view.host.container(start.name)
    if asking is None:
        return None
    engine = view.host.engine_of(asking)
    named = (each for each in view.host.containers_named(name) if each.running and each in engine.containers)
    asked = next(named, None)
    return Pair(view.host, engine, asking, asked, name) if asked is not None else None


def by_address(pair: Pair) -> tuple[Message, ...]:
    """Return the note that the asking container can use the other container's address; empty if the other container has
    no IPv4 address."""
    addresses = (each.ipv4 for each in pair.host.pod_holder(pair.asked).endpoints if each.ipv4 is not None)
    address = next(addresses, None)
    if address is None:
        return ()
    return (
        message(
            "the address of {asked}, {address}, works without a name; but the address may change at the next start",
            address=address_text(address, 4),
            asked=pair.asked.name,
        ),
    )


def resolving(pair: Pair) -> Change:
    """Return the change that puts both containers on a common network that has name resolution."""
    if pair.engine.kind == "podman":
        return _made_anew(pair)
    theirs, own = serving(pair.engine, pair.asked), serving(pair.engine, pair.asking)
    # a container's alias is known only on the network for which it was set
    knowing = sorted(theirs, key=lambda each: pair.name not in names_on(pair.engine, each))
    to_theirs = next((each for each in knowing if _may_join(pair, pair.asking, each)), None)
    if to_theirs is not None:
        return _joining(pair, pair.asking, to_theirs)
    to_own = next((each for each in own if _may_join(pair, pair.asked, each)), None)
    if to_own is not None:
        return _joining(pair, pair.asked, to_own)
    if theirs or own:
        return made_known(pair, refused_connection(pair.asking if theirs else pair.asked, (*theirs, *own)[0]))
    name, user = _free_name(pair.engine), pair.engine.user
    parts = tuple(part for each in (pair.asking, pair.asked) for part in _on(pair, each, name))
    calls = (ConnectContainer("docker", "connect", name, each.name, user) for each in (pair.asking, pair.asked))
    return Change(parts, (MakeNetwork("docker", name, user=user), *calls))


def _may_join(pair: Pair, container: Container, name: str) -> bool:
    """Return whether the engine can connect the container to the network: the container's own default route may keep
    it from that."""
    network = pair.engine.network(name)
    return network is None or own_default_route(pair.host, container, network) is None


def _joining(pair: Pair, container: Container, name: str) -> Change:
    """Return the change that connects ``container`` to the other container's network, whose name is ``name``."""
    network = pair.engine.network(name)
    change = connecting_change(pair.host, container, network) if network is not None else None
    if change is None:
        parts = tuple(_on(pair, container, name))
        return Change(parts, (ConnectContainer("docker", "connect", name, container.name, pair.engine.user),))
    return msgspec.structs.replace(change, parts=tuple(map(_with_resolver, change.parts)))


def _with_resolver(part: Primitive) -> Primitive:
    """Return ``part`` with Docker's resolver added, if ``part`` makes a container's namespace.  dockerd rewrites the
    resolv.conf of a container that joins a network (measured with Docker 20.10.24)."""
    if not isinstance(part, AddNamespace):
        return part
    container = msgspec.structs.replace(part.container, resolvers=(address_text(EMBEDDED, 4),))
    has_one = any(each.address == EMBEDDED for each in part.namespace.sockets)
    added = () if has_one else (_RESOLVER,)
    namespace = msgspec.structs.replace(part.namespace, sockets=(*part.namespace.sockets, *added))
    return msgspec.structs.replace(part, container=container, namespace=namespace)


def _on(pair: Pair, container: Container, network: str) -> Iterator[Primitive]:
    """Yield the parts that make the container known by name on the network.

    The yielded parts add no link to the container, because name resolution does not need a link."""
    endpoint = Endpoint(network)
    joined = msgspec.structs.replace(
        container, endpoints=(*container.endpoints, endpoint), resolvers=(address_text(EMBEDDED, 4),)
    )
    yield SetContainer(pair.host.name, joined)
    if container is pair.asking and container.netns is not None and not serving(pair.engine, container):
        netns = Netns(pair.host.name, container.netns)
        yield AddSocket(netns, _RESOLVER, message("connect {name} to a network", name=container.name))


def _made_anew(pair: Pair) -> Change:
    """Return the change for Podman, as advice to a person who recreates the container.  ``podman network connect`` does
    not help, because it keeps the first name server of a running container."""
    network = next(iter(serving(pair.engine, pair.asked)), None)
    if network is not None:
        return made_known(
            pair, message("recreate {asking} with --network {network}", asking=pair.asking.name, network=network)
        )
    return made_known(
        pair,
        message(
            "podman network create shared; recreate {asking} and {asked} with --network shared",
            asking=pair.asking.name,
            asked=pair.asked.name,
        ),
    )


def _names(host: Host, container: Container) -> tuple[str, ...]:
    aliases = (alias for each in host.pod_holder(container).endpoints for alias in each.aliases)
    return tuple(dict.fromkeys((container.name, *((container.service,) if container.service else ()), *aliases)))


def _free_name(engine: Engine) -> str:
    """Return a free name for a new network.  The name sorts after ``bridge``.  A network whose name sorts after
    ``bridge`` does not take over the container's default route."""
    taken = {each.name for each in engine.networks}
    return next(name for number in range(1, len(taken) + 2) if (name := f"shared{number}") not in taken)


def made_known(pair: Pair, said: Message) -> Change:
    """Return the change that makes the name resolvable in the model, for a proof.  On the host only a person can make
    the name resolvable."""
    known = msgspec.structs.replace(pair.asking, extra_names=(*pair.asking.extra_names, *_names(pair.host, pair.asked)))
    return Change((SetContainer(pair.host.name, known),), (ByPerson(said),))


_DNS = 53


def asks_server_of_host(view: View) -> bool:
    """Return whether no socket took a query to an address of the host at which its /etc/resolv.conf has a name
    server."""
    packet = view.stop.seen.packet
    if not view.on_host or view.in_reply or packet.dport != _DNS or view.stop.reason != "no-listener":
        return False
    if (packet.version, packet.daddr) not in servers_of_host(view.host):
        return False
    return is_loopback(packet.daddr, packet.version) or owns_address(view.namespace, packet.version, packet.daddr)
