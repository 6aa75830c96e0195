"""The flows to a container: to its published ports, to its own port, or to a host port that the container holds."""

from functools import partial
from typing import Literal

import msgspec

from hairpin.errors import UsageError
from hairpin.host.docker import STACKED, Container, Endpoint, PortBinding
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.network.attachment import next_address
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Protocol
from hairpin.network.names import are_nameless, looked_up_on, names_at, serving
from hairpin.network.network import Network, addresses_of, netns_of
from hairpin.network.prefix import Version, is_loopback
from hairpin.question.asked import Origin, Target
from hairpin.question.egress import egress_flows, name_flow, outward_flow, over_tcp
from hairpin.question.held import held_by, may_serve
from hairpin.question.hosts import containers_named
from hairpin.question.port_flows import to_bindings, to_port, usable
from hairpin.question.standpoints import beyond, lan_client, primary_address
from hairpin.question.starts import Standpoint, asker, start_named

_ALL_OF_A_RANGE = 32
"""The greatest number of ports in a range for which each port is asked about, published or not."""


def to_container(network: Network, host: Host, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flows to the container's published ports, or to the ports that its image exposes if it publishes none.
    If it exposes none either, the host and containers are asked to reach the ports on which it listens.

    If the question names neither a port nor a client, also return the container's own flows: to the outside, and to its
    name servers.  Raise UsageError if it has no flow at all."""
    named_so = _told(network, host, containers_named(network, host, target.container or ""), target, origin)
    found = [flow for each in named_so for flow in _to_one(network, host, each, target, origin)]
    found += _by_name(network, host, named_so, target, origin)
    if origin is None and target.port is None:
        outward = tuple(flow for each in named_so for flow in _outward(network, host, each))
        found += [*outward, *over_tcp(host, outward)]
    for protocol, port in _own_ports(network, host, named_so, origin) if not found and target.port is None else ():
        found += to_container(network, host, _at_port(target, protocol, port), origin)
    if not found and origin is None and target.port is None:
        found = [_way_out_of_stopped(network, host, each) for each in named_so if not each.running]
    if not found:
        name, owner = named_so[0].name, host.network_owner(named_so[0])
        if owner.name != name:
            raise UsageError(
                message(
                    "container {name!r} shares the network of {owner!r}, which publishes no port of {name!r}; name a "
                    "port: {name}:PORT",
                    name=name,
                    owner=owner.name,
                )
            )
        inner = [each.name for each in host.engine_of(owner).networks
                 if each.internal and each.name in {end.network for end in owner.endpoints}]  # fmt: skip
        if inner and len(inner) == len(owner.endpoints):
            raise UsageError(
                message(
                    "container {name!r} publishes no port and has no way out, because its networks are internal "
                    "({networks}); name one of its ports, {name}:PORT, or a destination: ADDRESS:PORT --from {name}",
                    name=name,
                    networks=", ".join(inner),
                )
            )
        raise UsageError(message("container {name!r} publishes no port; name one: {name}:PORT", name=name))
    return found


def _own_ports(
    network: Network, host: Host, containers: tuple[Container, ...], origin: Origin | None
) -> tuple[tuple[str, int], ...]:
    """Return the protocols and ports that the containers' images expose.  If they expose none and a process of the host
    or of a container asks, return those on which the containers listen for others."""
    exposed = dict.fromkeys(pair for each in containers for pair in each.exposed if pair[0] in ("tcp", "udp"))
    if exposed or origin is None or origin.kind not in ("host", "container"):
        return tuple(exposed)
    held = (each for container in containers for each in held_by(network, host, container))
    open_to_others = (each for each in held if each.address is None or not is_loopback(each.address, each.version))
    return tuple(dict.fromkeys((each.protocol, each.port) for each in open_to_others))


def _at_port(target: Target, protocol: str, port: int) -> Target:
    return msgspec.structs.replace(target, port=port, protocol="udp" if protocol == "udp" else "tcp")


def _outward(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the container's own flows to the outside.  If the container is stopped and shares another container's
    network, it sends no packet.  The flows then show this, because the ports of the other container do not."""
    if container.running or not container.joined:
        return egress_flows(network, host, container)
    return [_way_out_of_stopped(network, host, container)]


def sent_outside(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the flows of a container to the outside and to its name servers, also over TCP.  If it does not run, its
    flow to the outside shows that it sends no packet."""
    if not container.running:
        return [_way_out_of_stopped(network, host, container)]
    outward = egress_flows(network, host, container)
    return [*outward, *over_tcp(host, tuple(outward))]


def _way_out_of_stopped(network: Network, host: Host, container: Container) -> Flow:
    """Return the flow to the outside of a container that does not run.  Its walk shows that it sends no packet."""
    first, *others = beyond(network.namespace(host.netns), 4)
    point = start_named(network, host, 4, Origin("container", container=container.name, host=host.name))
    assert isinstance(point.start, FromContainer)
    return outward_flow(point.start, 4, first, tuple(others))


def _told(
    network: Network, host: Host, named_so: tuple[Container, ...], target: Target, origin: Origin | None
) -> tuple[Container, ...]:
    """Return the named containers whose addresses the asking container's name server answers; if it answers none,
    return all named containers.  Two compose projects may both have a container ``db``.

    The name server answers with all containers that have the name on the first network on which any has it."""
    if target.network:
        there = tuple(each for each in named_so if any(at.network == target.network for at in each.endpoints))
        return there or named_so
    if len(named_so) == 1 or origin is None or origin.kind != "container" or asker(network, origin) is not host:
        return named_so
    asking = host.container(origin.container or "")
    if asking is None:
        return named_so
    netns = netns_of(host, asking)
    own = network.namespace(netns) if netns is not None and netns in network else None
    for name in looked_up_on(host, asking, own):
        known = [each for each in named_so if _has_name(host, each, target.container or "", name)]
        if known:
            return tuple(each for each in known if each.running) or tuple(known)
    return named_so


def _has_name(host: Host, container: Container, name: str, network: str) -> bool:
    """Return whether the container has the name on the network."""
    ends = host.pod_holder(container).endpoints
    return any(end.network == network and name in names_at(container, end) for end in ends)


def _by_name(
    network: Network, host: Host, named_so: tuple[Container, ...], target: Target, origin: Origin | None
) -> list[Flow]:
    """Return the DNS flow by which a container of the same host resolves the target's name.

    Return no flow for a stopped target.  No name server knows the name of a stopped container, but the fault is that
    the container does not run.  Also return no flow if the networks have no name resolution by design, and no reading
    shows that the name is used.  Containers without names for each other may use addresses."""
    name = ".".join(each for each in (target.container or "", target.network) if each)
    if origin is None or origin.kind != "container" or target.port is None:
        return []
    if not any(each.running for each in named_so):
        return []
    place = asker(network, origin)
    asking = place.container(origin.container or "")
    if place is not host or asking is None or any(_is_itself(each, asking, name) for each in named_so):
        return []
    if not target.by_name and all(are_nameless(host, asking, each) for each in named_so if each.running):
        return []
    found = name_flow(host, asking, name)
    return [found] if found is not None else []


def _is_itself(named_one: Container, asking: Container, name: str) -> bool:
    """Return whether no name has to be resolved.  There are two cases: both containers have the same namespace, or the
    user gave an id."""
    return asking.netns == named_one.netns or named_one.id.startswith(name)


def _to_one(network: Network, host: Host, named_one: Container, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flows to each published port of the container, or to its own port that the target names.

    If the container shares another container's network, only published ports that lead to its own sockets count."""
    container = named_one if named_one.on_host_network else host.network_owner(named_one)
    on_host = container.on_host_network or (container.network_mode == "host" and target.port is not None)
    if on_host or (container.running and container.network_mode == "none"):
        return _unpublished(network, host, container, target, origin)
    own = usable(network, host, container, origin)
    if target.port is None:
        served = tuple(each for each in own if may_serve(network, host, named_one, each))
        return to_bindings(network, host, served, origin)
    protocol: Protocol = target.protocol or "tcp"
    published = tuple(each for each in own if each.container_port == target.port and each.protocol == protocol)
    if origin is None and published and not target.network:
        return to_bindings(network, host, published, None)
    return _to_endpoint(network, host, container, msgspec.structs.replace(target, protocol=protocol), origin)


def _unpublished(
    network: Network, host: Host, container: Container, target: Target, origin: Origin | None
) -> list[Flow]:
    """Return the flows to the host ports that a container with host networking holds, or that a container without a
    network would publish."""
    asked: list[tuple[int, Literal["tcp", "udp"], Socket | None]] = [
        (each.host_port, each.protocol, None)
        for each in container.bindings
        if each.protocol != "sctp"
        and container.network_mode != "host"
        and not container.on_host_network
        and target.port in (None, each.container_port)
        and target.protocol in (None, each.protocol)
    ]
    if target.port is not None and not asked:
        asked = [(target.port, "udp" if target.protocol == "udp" else "tcp", None)]
    elif target.port is None and not asked:
        asked = [(each.port, each.protocol, each) for each in held_by(network, host, container)]
    flows: list[Flow] = []
    for port, protocol, socket in dict.fromkeys(asked):
        flows += to_held(network, host, container, Target(port, protocol), socket, origin)
    if not flows:
        raise UsageError(message("container {name!r} holds no port; name one: {name}:PORT", name=container.name))
    return flows


def to_held(
    network: Network, host: Host, container: Container, target: Target, socket: Socket | None, origin: Origin | None
) -> list[Flow]:
    """Return the flows to a port of the host.  If the socket listens on one address, return only the flows to this
    address."""
    assert target.port is not None
    protocol: Literal["tcp", "udp"] = "udp" if target.protocol == "udp" else "tcp"
    address = socket.address if socket is not None else None
    version: Version = 4 if socket is None or address is None else socket.version
    if version == 4 and socket is not None and socket.version == 6 and socket.v6only:
        version = 6
    if version == 6 and primary_address(network, host.netns, 6) is None:
        return []
    binding = PortBinding(protocol, target.port, target.port, address, version)
    where = Origin("host") if origin is None and address is not None and is_loopback(address, version) else origin
    flows = to_port(network, host, Target(target.port, protocol, version), protocol, binding, where)
    return [msgspec.structs.replace(each, container=container.name, purpose="asked") for each in flows]


def _to_endpoint(
    network: Network, host: Host, container: Container, target: Target, origin: Origin | None
) -> list[Flow]:
    """Return the flow to the port of the target, which names the protocol, at the container's own address: at the
    address that the asking container's name server answers, or else at the first."""
    assert target.port is not None
    port, protocol = target.port, target.protocol or "tcp"
    endpoints = tuple(each for each in _endpoints(host, container) if target.network in ("", each.network))
    start = partial(_start, network, host, container, origin)
    flows = [
        _to_address(host, container, start(endpoint, 4), 4, endpoint.ipv4, protocol, port)
        for endpoint in endpoints
        if endpoint.ipv4 is not None
    ] or [
        _to_address(host, container, start(endpoint, 6), 6, endpoint.ipv6, protocol, port)
        for endpoint in endpoints
        if endpoint.ipv6 is not None
    ]
    if not flows and container.by_user_stack:
        raise UsageError(
            message(
                "container {name!r} has no address that others can reach, because its network is a user-mode network "
                "stack ({mode}); ask for a port that it publishes",
                name=container.name,
                mode=container.mode,
            )
        )
    if not flows:
        raise UsageError(
            message("container {name!r} is {status} and has no address", name=container.name, status=container.status)
        )
    if origin is not None and origin.kind == "container":
        found = _as_answered(network, asker(network, origin), endpoints, origin, flows)
        return [*found, *_in_second_family(network, host, container, found, protocol, port, origin)]
    return flows[:1]


def _start(
    network: Network, host: Host, container: Container, origin: Origin | None, endpoint: Endpoint, version: Version
) -> Standpoint:
    """Return where the flow to the endpoint starts.  If the question names no client, this is the host, or a machine of
    the LAN if the host does not reach the address by design."""
    if origin is not None:
        return start_named(network, host, version, origin)
    near = lan_client(network, host.netns, version) if _is_on_lan(network, host, container, endpoint, version) else None
    return Standpoint(FromHost(), host) if near is None else Standpoint(Lan(near), host)


def _is_on_lan(network: Network, host: Host, container: Container, endpoint: Endpoint, version: Version) -> bool:
    """Return whether the endpoint is, or will be after a start, on a macvlan or ipvlan of the host's own link."""
    joined = host.engine_of(container).network(endpoint.network)
    if host.netns not in network or joined is None or joined.driver not in STACKED:
        return False
    from hairpin.network.stacked import parent_between  # noqa: PLC0415 - few containers are on a macvlan

    address = endpoint.ipv4 if version == 4 else endpoint.ipv6
    is_there = container.running and container.netns is not None
    return not is_there or (address is not None and parent_between(network, host.netns, version, address) is not None)


def _in_second_family(
    network: Network, host: Host, container: Container, found: list[Flow], protocol: Protocol, port: int, origin: Origin
) -> list[Flow]:
    """Return the flow to the container's IPv6 address, if the asking container uses this address, too.  The asking
    container uses it under two conditions.  The engine's name server gives it both addresses of the container.  The
    asking container has a global IPv6 address itself."""
    start = found[0].start if len(found) == 1 and found[0].version == 4 else None
    asking = host.container(origin.container or "")
    if not isinstance(start, FromContainer) or asking is None or asker(network, origin) is not host:
        return []
    own = addresses_of(network.namespace(start.netns), None, 6) if start.netns in network else ()
    if not any(each.scope == "global" and not each.tentative for each in own):
        return []
    served = serving(host.engine_of(asking), asking)
    ends = host.pod_holder(container).endpoints
    near = (each for each in ends if each.network in served and each.ipv4 == found[0].daddr)
    point = start_named(network, host, 6, origin)
    return [_to_address(host, container, point, 6, each.ipv6, protocol, port) for each in near if each.ipv6 is not None]


def _endpoints(host: Host, container: Container) -> tuple[Endpoint, ...]:
    """Return the container's endpoints.  For a container that is stopped, or that ended during the reading, return the
    endpoints that it will have after its next start."""
    engine = host.engine_of(container)
    is_there = container.running and container.netns is not None
    if is_there or engine.rootless or any(each.ipv4 is not None for each in container.endpoints):
        return container.endpoints
    names = engine.network_names(container)
    chosen = {each.network: each.fixed4 for each in container.endpoints}
    return tuple(
        Endpoint(
            each.name,
            each.id,
            ipv4=chosen.get(each.name) or next_address(engine, subnet),
            ipv4_prefix_length=subnet.prefix_length,
        )
        for each in engine.networks
        if each.name in names and each.driver in ("bridge", *STACKED)
        for subnet in each.subnets
        if subnet.version == 4
    )


def _to_address(
    host: Host, container: Container, point: Standpoint, version: Version, address: int, protocol: Protocol, port: int
) -> Flow:
    """Return the flow to one of the container's own addresses."""
    return Flow(
        point.start,
        version,
        address,
        protocol,
        port,
        container=container.name,
        host=point.host.name,
        asked_host=host.name,
    )


def _as_answered(
    network: Network, host: Host, endpoints: tuple[Endpoint, ...], origin: Origin, flows: list[Flow]
) -> list[Flow]:
    """Return the flow to the address that the asking container gets for the name: on the first of the container's
    networks on which the engine's name server looks the name up, or else on a network that both share.  If the two
    containers share no network, return the first flow.  ``host``: the host of the asking container."""
    asking = host.container(origin.container or "")
    if asking is None:
        return flows[:1]
    netns = netns_of(host, asking)
    shared = [each.network for each in host.pod_holder(asking).endpoints]
    own = network.namespace(netns) if netns is not None and netns in network else None
    for name in (*looked_up_on(host, asking, own), *shared):
        for endpoint in endpoints:
            address = endpoint.ipv4 if flows[0].version == 4 else endpoint.ipv6
            if endpoint.network == name and address is not None:
                return [flow for flow in flows if flow.daddr == address]
    return flows[:1]
