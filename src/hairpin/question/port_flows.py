"""The flows to a port of a host: their bindings, clients and addresses."""

from collections.abc import Iterator

from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.swarm import ServicePort
from hairpin.network.flow import Flow, FromHost, Lan, Outside, Protocol, Start
from hairpin.network.network import Network, addresses_of, free_address, netns_of, owns_address
from hairpin.network.prefix import LOCALHOST, Version, inside, is_loopback
from hairpin.network.socket_owner import owner_of_socket
from hairpin.network.uplinks import uplinks_of
from hairpin.network.wires import holder_of
from hairpin.question.asked import Origin, Target
from hairpin.question.held import given_up, holder_of_port
from hairpin.question.standpoints import clients, further_uplinks, lan_clients, lan_link, primary_address
from hairpin.question.starts import Standpoint, asker, start_named, usual

"""127.0.0.1 and ::1."""


def other_clients(network: Network, host: Host, target: Target) -> tuple[Host, ...]:
    """Return the other hosts, which are further clients of this host's port.  Return no hosts if the target's address
    is no address of this host."""
    if target.address is not None and not (
        target.version is not None and owns_address(network.namespace(host.netns), target.version, target.address)
    ):
        return ()
    return tuple(each for each in network.hosts if each is not host and each.netns in network)


def bindings_of(host: Host, port: int, protocol: str | None = None) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the containers that publish the port, each with its binding, running containers first."""
    found = (pair for pair in host.bindings_of(port) if protocol in (None, pair[1].protocol))
    return tuple(sorted(found, key=lambda pair: not pair[0].running))


def protocols(host: Host, port: int) -> tuple[Protocol, ...]:
    named: list[Protocol] = []
    published: tuple[PortBinding | ServicePort, ...] = (
        *(binding for _, binding in bindings_of(host, port)),
        *(each for service in host.services() for each in service.ports if each.port == port),
    )
    for protocol in (each.protocol for each in published):
        if protocol in ("tcp", "udp") and protocol not in named:
            named.append("udp" if protocol == "udp" else "tcp")
    return tuple(named) or ("tcp",)


def to_asked_port(
    network: Network, host: Host, target: Target, protocol: Protocol, origin: Origin | None, others: tuple[Host, ...]
) -> list[Flow]:
    """Return the flows to the port through each of its bindings, or to the bare port if it has no binding."""
    bindings = asked_bindings(network, host, target, protocol, origin)
    if bindings and target.address is None:
        return to_bindings(network, host, bindings, origin, others)
    return to_port(network, host, target, protocol, bindings[0] if bindings else None, origin, others)


def to_bindings(
    network: Network,
    host: Host,
    bindings: tuple[PortBinding, ...],
    origin: Origin | None,
    others: tuple[Host, ...] = (),
) -> list[Flow]:
    """Return the flows through each binding.

    If a port is published on loopback and on other addresses, only the host itself is a client of its loopback
    address."""
    open_ports = {(each.protocol, each.host_port) for each in bindings if not _is_inner(each)}
    flows: list[Flow] = []
    for each in bindings:
        client = origin
        if _is_inner(each) and (each.protocol, each.host_port) in open_ports:
            client = origin or Origin("host", host=host.name)
            if client.kind != "host":
                continue
        if each.protocol != "sctp":
            target = Target(port=each.host_port, protocol=each.protocol, version=each.version)
            flows += to_port(network, host, target, each.protocol, each, client, others)
    return flows


def _is_inner(binding: PortBinding) -> bool:
    return binding.host_ip is not None and is_loopback(binding.host_ip, binding.version)


def asked_bindings(
    network: Network, host: Host, target: Target, protocol: Protocol, origin: Origin | None
) -> tuple[PortBinding, ...]:
    """Return the bindings of the port, of all containers, that the question means: one for each address.

    If the question names an address, return only the binding that has the address, or otherwise the first."""
    assert target.port is not None
    found: dict[tuple[Version, int | None], PortBinding] = {}
    for container, binding in bindings_of(host, target.port, protocol):
        if not given_up(network, host, container, binding):
            found.setdefault((binding.version, binding.host_ip), binding)
    wanted = target.version or (origin.version if origin is not None else None)
    chosen: list[PortBinding] = []
    for version in (4, 6):
        own = [each for each in found.values() if each.version == version]
        if wanted == version or (wanted is None and (version == 4 or _has_ipv6(network, host, origin))):
            chosen += own if target.address is None else _of_address(own, target.address)
    return tuple(chosen)


def _of_address(bindings: list[PortBinding], address: int) -> list[PortBinding]:
    return sorted(bindings, key=lambda each: (each.host_ip != address, each.host_ip is not None))[:1]


def usable(network: Network, host: Host, container: Container, origin: Origin | None) -> tuple[PortBinding, ...]:
    """Return the container's bindings that the client can use.  IPv6 bindings are returned only if both ends have IPv6.

    If the container has only IPv6 bindings, these are returned even if the client has no IPv6 address, because no other
    binding leads to the container."""
    if any(each.version == 6 for each in container.bindings) and not _has_ipv6(network, host, origin):
        over_v4 = tuple(each for each in container.bindings if each.version == 4)
        return over_v4 if over_v4 or primary_address(network, host.netns, 6) is None else container.bindings
    return container.bindings


def _has_ipv6(network: Network, host: Host, origin: Origin | None) -> bool:
    """Return whether this host, and the container in ``origin`` if there is one, have a global IPv6 address."""
    namespace = _asker_namespace(network, origin) if origin is not None and origin.kind == "container" else None
    if namespace is not None and not any(each.scope == "global" for each in addresses_of(namespace, None, 6)):
        return False
    return primary_address(network, host.netns, 6) is not None


def _asker_namespace(network: Network, origin: Origin) -> Namespace | None:
    host = asker(network, origin)
    container = host.container(origin.container or "")
    return host.namespace(container.netns) if container is not None and container.netns is not None else None


def to_port(
    network: Network,
    host: Host,
    target: Target,
    protocol: Protocol,
    binding: PortBinding | None,
    origin: Origin | None,
    others: tuple[Host, ...] = (),
) -> list[Flow]:
    asked = target.version or (origin.version if origin is not None else None)
    version: Version = asked or (binding.version if binding is not None else 4)
    foreign = (version, target.address) in network.world.foreign
    own = _holder(network, target, version) or (host.name, _publisher(network, host, binding))
    meant, container = (host.name, None) if foreign else own
    if (
        container is None
        and target.address is None
        and (holding := holder_of_port(network, host, target.port or 0, protocol))
    ):
        container = holding.name
    if container is None and target.localhost and version == 6 and _takes_loopback(network, host, target):
        container = next((each.name for each, _ in bindings_of(host, target.port or 0, protocol) if each.running), None)
    return [
        Flow(
            start=_near(network, version, point, address),
            version=version,
            daddr=address,
            protocol=protocol,
            dport=target.port or 0,
            container=container,
            purpose="asked" if target.address is not None or binding is None else "published",
            stand_ins=_stand_ins(network, host, version, point, address) if origin is None and not point.seen else (),
            host=point.host.name,
            asked_host=meant,
            invented=origin is None and isinstance(point.start, Outside) and not point.seen,
        )
        for point, address in (
            *(
                (point, address)
                for point in _standpoints(network, host, version, target, origin, others)
                for address in _addresses(network, host, version, target, binding, point)
            ),
            *(_at_other_uplinks(network, host, version, origin) if _is_of_any_address(target, binding, origin) else ()),
        )
    ]


def _is_of_any_address(target: Target, binding: PortBinding | None, origin: Origin | None) -> bool:
    """Return whether the question means the port at every address of the host, from clients outside."""
    from_outside = origin is None or origin.is_from_outside
    return target.address is None and from_outside and (binding is None or binding.host_ip is None)


def _at_other_uplinks(
    network: Network, host: Host, version: Version, origin: Origin | None
) -> Iterator[tuple[Standpoint, int]]:
    """Yield a client behind the router of each further uplink, with the uplink's address.  If the uplink has a default
    route, the client may be anywhere; otherwise it is in the network to which the uplink's route leads.  A client that
    the user named must be in that network.  If no route names the router, yield a client that sent a request to the
    uplink's address, if such a client is known."""
    if origin is None:
        yield from _at_covered_addresses(network, host, version)
    named = start_named(network, host, version, origin) if origin is not None else None
    if named is not None and not isinstance(named.start, Outside):
        return
    for uplink in further_uplinks(network, host.netns, version):
        own = uplink.main.value
        if uplink.way is None:
            if origin is None:
                yield from _seen_at(network, host, version, own)
            continue
        stated = (each for each in network.world.publics if (each.version, each.private) == (version, own))
        asked = next((each.public for each in stated if network.host_netns(each.host) == host.netns), own)
        namespace, base, length = network.namespace(host.netns), uplink.way.destination, uplink.way.prefix_length
        usual_clients = clients(network, host.netns, version)
        client = next(iter(usual_clients), None) if not length else free_address(namespace, base, length, version)
        if named is not None and isinstance(named.start, Outside):
            client = named.start.address if inside(named.start.address, base, length, version) else None
        if client is not None:
            yield Standpoint(Outside(client), host), asked


def _at_covered_addresses(network: Network, host: Host, version: Version) -> Iterator[tuple[Standpoint, int]]:
    """Yield a neighbour for each further address of an uplink that is up, if a container network covers its network,
    too."""
    main = primary_address(network, host.netns, version)
    uplinks = uplinks_of(network, host.netns, version)
    further = [each for uplink in uplinks for each in uplink.addresses if each.value != main]
    if not further:
        return
    from hairpin.question.seen_clients import neighbours_covered  # noqa: PLC0415 - few hosts have a further address

    for client, own in neighbours_covered(network, host.netns, version, further):
        yield Standpoint(client, host), own


def _seen_at(network: Network, host: Host, version: Version, own: int) -> Iterator[tuple[Standpoint, int]]:
    """Yield a client that sent a request to this address of the host, if such a client is known."""
    from hairpin.question.seen_clients import client_at  # noqa: PLC0415 - few hosts have an uplink without a router

    known = client_at(network, host.netns, version, own)
    if known is not None:
        yield Standpoint(Outside(known), host, seen=True), own


def _near(network: Network, version: Version, point: Standpoint, asked: int) -> Start:
    """Return the start of the standpoint.  A LAN neighbour is in the network of the uplink that has the asked
    address."""
    if not isinstance(point.start, Lan) or point.start.link is not None:
        return point.start
    return next((Lan(each) for each in lan_clients(network, point.host.netns, version, asked)), point.start)


def _stand_ins(network: Network, host: Host, version: Version, point: Standpoint, asked: int) -> tuple[int, ...]:
    """Return other clients of the same kind as the first client.  These clients are needed because a rule may match
    only the first client, and such a rule is no fault of the port."""
    match point.start:
        case Outside():
            return clients(network, host.netns, version)[1:]
        case Lan(link=None):
            return lan_clients(network, host.netns, version, asked)[1:]
        case _:
            return ()


def _holder(network: Network, target: Target, version: Version) -> tuple[str, str] | None:
    """Return the host and the name of the container whose own address is asked.  Return None if no container has this
    address, or if containers on several hosts have it."""
    holder = holder_of(network, version, target.address, besides="") if target.address is not None else None
    container = network.container_of(holder) if holder is not None else None
    return (holder.host, container.name) if holder is not None and container is not None else None


def _publisher(network: Network, host: Host, binding: PortBinding | None) -> str | None:
    if binding is None:
        return None
    publishers = (each for each, own in host.bindings_of(binding.host_port) if own == binding)
    found = next(iter(sorted(publishers, key=lambda each: not each.running)), None)
    return _server(network, host, found, binding).name if found is not None else None


def _server(network: Network, host: Host, container: Container, binding: PortBinding) -> Container:
    """Return the container that serves the port.  In a pod, this is the pod's only container, or the container that
    listens on the port or exposes it."""
    whole = host.members_of(container)
    members = tuple(each for each in whole if each.running) or whole[: len(whole) == 1]
    netns = netns_of(host, container)
    if len(members) <= 1 or netns is None or netns not in network:
        return members[0] if len(members) == 1 else container
    owners = (
        owner_of_socket(network, netns, each)
        for each in network.namespace(netns).sockets
        if (each.protocol, each.port) == (binding.protocol, binding.container_port)
    )
    exposing = (each for each in members if (binding.protocol, binding.container_port) in each.exposed)
    return next((each for each in (*owners, *exposing) if each in members), members[0])


def _standpoints(
    network: Network, host: Host, version: Version, target: Target, origin: Origin | None, others: tuple[Host, ...]
) -> list[Standpoint]:
    if origin is not None:
        return [start_named(network, host, version, origin)]
    if target.address is not None and (
        is_loopback(target.address, version) or (version, target.address) in network.world.foreign
    ):
        # If no host has the address, an outside client's packets to it do not pass this host.
        return [Standpoint(FromHost(), host)]
    found = list(usual(network, host, version, others))
    if target.address is None:
        return found
    from hairpin.network.stacked import parent_between  # noqa: PLC0415 - most questions name no address

    cut_off = parent_between(network, host.netns, version, target.address) is not None
    return [each for each in found if not (cut_off and isinstance(each.start, FromHost) and each.host is host)]


def _addresses(
    network: Network, host: Host, version: Version, target: Target, binding: PortBinding | None, asking: Standpoint
) -> list[int]:
    """Return the addresses of the host to which the client sends."""
    if target.address is not None:
        return [target.address]
    own = primary_address(network, host.netns, version)
    bound = binding.host_ip if binding is not None and binding.host_ip is not None else None
    if isinstance(asking.start, Outside) and (bound is None or not is_loopback(bound, version)):
        public = _public(network, host, version, bound if bound is not None else own)
        if public is not None:
            return [public]
    if bound is not None and not is_loopback(bound, version):
        return [bound]
    if isinstance(asking.start, FromHost) and asking.host is host:
        if bound is not None:
            return [bound]
        loopback = [LOCALHOST[version]] if version == 4 or _takes_loopback(network, host, target) else []
        return [*loopback, *([own] if own is not None else [])]
    if isinstance(asking.start, Lan):
        link = lan_link(network, host.netns, version)
        held = addresses_of(network.namespace(host.netns), link, version) if link is not None else ()
        on_link = [each.value for each in held]
        return on_link[:1] or ([own] if own is not None else [])
    return [own] if own is not None else []


def _takes_loopback(network: Network, host: Host, target: Target) -> bool:
    """Return whether a socket of the host, such as docker-proxy's, takes the port's connections to ::1.

    Docker's rules translate no packet to ::1.  If no socket takes the port there, a client of ``localhost`` tries
    127.0.0.1 at once."""
    namespace = network.namespace(host.netns)
    return owns_address(namespace, 6, LOCALHOST[6]) and any(
        each.version == 6 and each.port == target.port and each.address in (None, LOCALHOST[6])
        for each in namespace.sockets
        if target.protocol in (None, each.protocol)
    )


def _public(network: Network, host: Host, version: Version, private: int | None) -> int | None:
    """Return the stated public address that a gateway maps to the host's address.  Outside clients know only the public
    address."""
    for each in network.world.publics:
        if (each.version, each.private) == (version, private) and network.host_netns(each.host).host == host.name:
            return each.public
    return None
