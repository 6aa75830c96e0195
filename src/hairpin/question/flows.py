"""Which flows a question means: a port on this host, an address, a container, or everything that is published."""

from typing import Literal

import msgspec

from hairpin.errors import EvidenceError, UsageError
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromHost, Lan, Outside, Protocol
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import Version, address_text, is_loopback
from hairpin.network.wires import holder_of
from hairpin.question.asked import Origin, Target
from hairpin.question.egress import egress_flows
from hairpin.question.held import held_by, holder_of_port, network_owner, on_host_network
from hairpin.question.hosts import containers_named, host_named, host_of
from hairpin.question.pods import pod_flows
from hairpin.question.standpoints import clients, lan_link, primary_address
from hairpin.question.starts import Standpoint, asker, named, usual

_ALL_OF_A_RANGE = 32
"""Up to so many ports of a range each one is asked for, published or not."""


def flows_for(network: Network, targets: tuple[Target, ...], origin: Origin | None) -> tuple[Flow, ...]:
    """Return the flows, the asked one first, without repetitions.
    Raises UsageError if the question makes no sense here, CollectError if a host that it means was not read.
    """
    if not targets:
        found = [flow for host in network.hosts if _has_namespace(host) for flow in _everything(network, host, origin)]
        return _numbered(tuple(dict.fromkeys(found)))
    single = (each for target in targets for each in _ports(network, target))
    found = [flow for target in single for flow in _of_target(network, target, origin)]
    if not found:
        raise UsageError(_nothing_to_ask(origin))
    return _numbered(tuple(dict.fromkeys(found)))


def _has_namespace(host: Host) -> bool:
    """Return whether the host was read; raises EvidenceError if nothing of its own namespace was."""
    if not host.was_read:
        return False
    if host.netns.name not in host:
        raise EvidenceError(
            message(
                "{host}: nothing was read of its own network (links, routes, rules); read it again as root",
                host=host.name,
            )
        )
    return True


def _nothing_to_ask(origin: Origin | None) -> Message:
    """Return why the question means no flow: the host has no address that fits it."""
    if origin is not None and origin.version == 6:
        return message("this host has no IPv6 address by which --from could ask; write TARGET as [ADDRESS]:PORT")
    return message("this host has no address by which it could be asked; write TARGET as ADDRESS:PORT")


def _numbered(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the flows, each with a source port of its own."""
    return tuple(msgspec.structs.replace(flow, sport=40000 + 2 * n) for n, flow in enumerate(flows))


# --- one target ------------------------------------------------------------------------------------------------------


def _of_target(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    host = host_of(network, _at_asker(network, target, origin))
    _has_namespace(host)
    if target.container is not None:
        return _to_container(network, host, target, origin)
    assert target.port is not None
    others = _other_clients(network, host, target)
    protocols = (target.protocol,) if target.protocol is not None else _protocols(host, target.port)
    flows: list[Flow] = []
    for protocol in protocols:
        for binding in _asked_bindings(network, host, target, protocol, origin):
            flows += _to_port(network, host, target, protocol, binding, origin, others)
    return flows


def _ports(network: Network, target: Target) -> tuple[Target, ...]:
    """Return a target for each port of a range; of a long one only for the ports that are published.
    Raises UsageError if a long range has none."""
    if target.port is None or target.last is None:
        return (target,)
    ports = range(target.port, target.last + 1)
    wanted = list(ports)
    if len(ports) > _ALL_OF_A_RANGE:
        if target.container is not None:
            raise UsageError(message("at most {count} ports of a container can be asked for", count=_ALL_OF_A_RANGE))
        host = host_named(network, target.host)
        bindings = (binding for container in host.containers() for binding in container.bindings)
        protocols = (target.protocol,) if target.protocol is not None else ("tcp", "udp")
        wanted = sorted({each.host_port for each in bindings if each.protocol in protocols and each.host_port in ports})
        if not wanted:
            raise UsageError(
                message("no container publishes a port from {first} to {last}", first=target.port, last=target.last)
            )
    return tuple(msgspec.structs.replace(target, port=port, last=None) for port in wanted)


def _at_asker(network: Network, target: Target, origin: Origin | None) -> Target:
    """Return the target; a loopback address is the asker's own, so it is on the asker's host.

    Raises UsageError where the target names another host than the asker's.
    """
    if target.address is None or target.version is None or not is_loopback(target.address, target.version):
        return target
    if origin is not None and origin.kind in ("address", "lan"):
        raise UsageError(
            message(
                "{address} of {client} is {client} itself, and no packet to it leaves {client}: write --from host, or "
                "an address of this host as TARGET",
                address=address_text(target.address, target.version),
                client=message("the neighbour") if origin.kind == "lan" else message("the client"),
            )
        )
    if origin is None:
        return target
    host = asker(network, origin) if origin.kind == "container" else host_named(network, origin.host)
    if target.host not in ("", host.name):
        raise UsageError(
            message(
                "a loopback address is reached from its own host only: write --from host@{meant}, or an address of "
                "{meant} that {host} can reach",
                meant=target.host,
                host=host.name,
            )
        )
    return msgspec.structs.replace(target, host=host.name)


def _other_clients(network: Network, host: Host, target: Target) -> tuple[Host, ...]:
    """Return the other hosts: they are clients of a port of this host, too.  None for an address that is not its
    own."""
    if target.address is not None and not (
        target.version is not None and owns_address(network.namespace(host.netns), target.version, target.address)
    ):
        return ()
    return tuple(each for each in network.hosts if each is not host and each.netns in network)


def bindings_of(host: Host, port: int, protocol: str | None = None) -> tuple[tuple[Container, PortBinding], ...]:
    """Return the containers that publish the port, each with its binding, running containers first."""
    found = [
        (container, binding)
        for container in host.containers()
        for binding in container.bindings
        if binding.host_port == port and protocol in (None, binding.protocol)
    ]
    return tuple(sorted(found, key=lambda pair: not pair[0].running))


def _protocols(host: Host, port: int) -> tuple[Protocol, ...]:
    named: list[Protocol] = []
    for _, binding in bindings_of(host, port):
        if binding.protocol in ("tcp", "udp") and binding.protocol not in named:
            named.append("udp" if binding.protocol == "udp" else "tcp")
    return tuple(named) or ("tcp",)


def _asked_bindings(
    network: Network, host: Host, target: Target, protocol: Protocol, origin: Origin | None
) -> tuple[PortBinding | None, ...]:
    """Return one binding for each IP version that the question means and the host has; one None if there is none."""
    assert target.port is not None
    found: dict[Version, PortBinding] = {}
    for _, binding in bindings_of(host, target.port, protocol):
        found.setdefault(binding.version, binding)
    wanted = target.version or (origin.version if origin is not None else None)
    chosen = [
        each
        for version, each in sorted(found.items())
        if wanted == version or (wanted is None and (version == 4 or _has_ipv6(network, host, origin)))
    ]
    return tuple(chosen) or (None,)


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


def _to_port(
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
    own = _holder(network, target, version) or (host.name, _publisher(host, binding))
    meant, container = (host.name, None) if foreign else own
    if (
        container is None
        and target.address is None
        and (holding := holder_of_port(network, host, target.port or 0, protocol))
    ):
        container = holding.name
    return [
        Flow(
            start=point.start,
            version=version,
            daddr=address,
            protocol=protocol,
            dport=target.port or 0,
            container=container,
            purpose="asked" if target.address is not None or binding is None else "published",
            stand_ins=clients(network, host.netns, version)[1:]
            if origin is None and isinstance(point.start, Outside)
            else (),
            host=point.host.name,
            asked_host=meant,
            invented=origin is None and isinstance(point.start, Outside),
        )
        for point in _standpoints(network, host, version, target, origin, others)
        for address in _addresses(network, host, version, target, binding, point)
    ]


def _holder(network: Network, target: Target, version: Version) -> tuple[str, str] | None:
    """Return the host and the name of the container whose own address is asked for; None if it is no container's, or of
    containers on several hosts.  With one host alone nobody asks which host is meant."""
    holder = holder_of(network, version, target.address, besides="") if target.address is not None else None
    container = network.container_of(holder) if holder is not None else None
    return (holder.host, container.name) if holder is not None and container is not None else None


def _publisher(host: Host, binding: PortBinding | None) -> str | None:
    for container in host.containers():
        if binding is not None and binding in container.bindings:
            return container.name
    return None


def _standpoints(
    network: Network, host: Host, version: Version, target: Target, origin: Origin | None, others: tuple[Host, ...]
) -> list[Standpoint]:
    if origin is not None:
        return [named(network, host, version, origin)]
    if target.address is not None and (
        is_loopback(target.address, version) or (version, target.address) in network.world.foreign
    ):
        # A client outside reaches an address that is no host's without this host.
        return [Standpoint(FromHost(), host)]
    return list(usual(network, host, version, others))


def _addresses(
    network: Network, host: Host, version: Version, target: Target, binding: PortBinding | None, asking: Standpoint
) -> list[int]:
    """Return the addresses of the host to which this client sends."""
    if target.address is not None:
        return [target.address]
    own = primary_address(network, host.netns, version)
    bound = binding.host_ip if binding is not None and binding.host_ip is not None else None
    if bound is not None and not is_loopback(bound, version):
        return [bound]
    if isinstance(asking.start, FromHost) and asking.host is host:
        loopback = [0x7F000001] if version == 4 else []
        return loopback if bound is not None else [*loopback, *([own] if own is not None else [])]
    if isinstance(asking.start, Lan):
        on_link = [
            each.value
            for each in addresses_of(network.namespace(host.netns), lan_link(network, host.netns, version), version)
        ]
        return on_link[:1] or ([own] if own is not None else [])
    return [own] if own is not None else []


def _to_container(network: Network, host: Host, target: Target, origin: Origin | None) -> list[Flow]:
    named_so = containers_named(network, host, target.container or "")
    found = [flow for each in named_so for flow in _to_one(network, host, each, target, origin)]
    if not found:
        name = named_so[0].name
        raise UsageError(message("container {name!r} publishes no port; name one: {name}:PORT", name=name))
    return found


def _to_one(network: Network, host: Host, named_one: Container, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flows to each published port of the container, or to its own port that the target names."""
    container = network_owner(host, named_one)
    if container.on_host_network or (container.running and container.network_mode == "none"):
        return _unpublished(network, host, container, target, origin)
    if target.port is None:
        flows: list[Flow] = []
        for binding in container.bindings:
            if binding.version == 6 and primary_address(network, host.netns, 6) is None:
                continue
            if binding.protocol != "sctp":
                port = Target(port=binding.host_port, protocol=binding.protocol, version=binding.version)
                flows += _to_port(network, host, port, binding.protocol, binding, origin)
        return flows
    protocol: Protocol = target.protocol or "tcp"
    published = [b for b in container.bindings if b.container_port == target.port and b.protocol == protocol]
    if origin is None and published:
        binding = published[0]
        port = Target(port=binding.host_port, protocol=protocol, version=binding.version)
        return _to_port(network, host, port, protocol, binding, None)
    return _to_endpoint(network, host, container, target.port, protocol, origin)


def _unpublished(
    network: Network, host: Host, container: Container, target: Target, origin: Origin | None
) -> list[Flow]:
    """Return the flows to the ports of the host that a container on its network holds, or that a container without
    network would hold if it had one."""
    asked: list[tuple[int, Literal["tcp", "udp"], Socket | None]] = [
        (each.host_port, each.protocol, None)
        for each in container.bindings
        if each.protocol != "sctp"
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
        flows += _to_held(network, host, container, Target(port, protocol), socket, origin)
    if not flows:
        raise UsageError(message("container {name!r} holds no port; name one: {name}:PORT", name=container.name))
    return flows


def _to_held(
    network: Network, host: Host, container: Container, target: Target, socket: Socket | None, origin: Origin | None
) -> list[Flow]:
    """Return the flows to a port of the host; to a socket on one address, those that are for this address."""
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
    flows = _to_port(network, host, Target(target.port, protocol, version), protocol, binding, where)
    return [msgspec.structs.replace(each, container=container.name, purpose="asked") for each in flows]


def _to_endpoint(
    network: Network, host: Host, container: Container, port: int, protocol: Protocol, origin: Origin | None
) -> list[Flow]:
    flows: list[Flow] = []
    for endpoint in container.endpoints:
        if endpoint.ipv4 is not None:
            point = named(network, host, 4, origin) if origin is not None else Standpoint(FromHost(), host)
            flows.append(_to_address(host, container, point, endpoint.ipv4, protocol, port))
    if not flows:
        raise UsageError(
            message("container {name!r} is {status} and has no address", name=container.name, status=container.status)
        )
    if origin is not None and origin.kind == "container":
        return _common_network(asker(network, origin), container, origin, flows)
    return flows[:1]


def _to_address(
    host: Host, container: Container, point: Standpoint, address: int, protocol: Protocol, port: int
) -> Flow:
    """Return the flow to one of the container's own addresses."""
    return Flow(
        point.start,
        4,
        address,
        protocol,
        port,
        container=container.name,
        host=point.host.name,
        asked_host=host.name,
    )


def _common_network(host: Host, container: Container, origin: Origin, flows: list[Flow]) -> list[Flow]:
    """Return the flow to the address on a network that both containers share, else the first one.  ``host``: that of
    the container that asks."""
    asking = host.container(origin.container or "")
    shared = {each.network for each in asking.endpoints} if asking is not None else set[str]()
    for endpoint in container.endpoints:
        if endpoint.network in shared and endpoint.ipv4 is not None:
            return [flow for flow in flows if flow.daddr == endpoint.ipv4]
    return flows[:1]


# --- everything ------------------------------------------------------------------------------------------------------


def _everything(network: Network, host: Host, origin: Origin | None) -> list[Flow]:
    flows: list[Flow] = []
    for container in host.containers():
        for binding in container.bindings:
            if binding.version == 6 and primary_address(network, host.netns, 6) is None:
                continue
            without_network = container.network_mode == "none"  # it was made to be reached, and cannot be
            if binding.protocol == "sctp" or not (binding.actual or without_network or not container.running):
                continue
            if not container.running and container.restart_policy == "no" and container.exit_code == 0:
                continue  # it ended without an error, and its policy does not restart it
            target = Target(binding.host_port, binding.protocol, binding.version)
            if binding.host_ip is not None and is_loopback(binding.host_ip, binding.version) and origin is None:
                # Published on loopback: only the host itself is meant to reach it.
                flows += _to_port(network, host, target, binding.protocol, binding, Origin("host"))
            else:
                flows += _to_port(network, host, target, binding.protocol, binding, origin)
    for container in on_host_network(host):
        for socket in held_by(network, host, container):
            target = Target(socket.port, socket.protocol, socket.version)
            flows += _to_held(network, host, container, target, socket, origin)
    if origin is None:
        flows += pod_flows(network, host)
        for container in host.containers():
            flows += egress_flows(network, host, container)
    return flows
