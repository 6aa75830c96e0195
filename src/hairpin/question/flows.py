"""Which flows a question means: a port on this host, an address, a container, or everything that is published."""

import msgspec

from hairpin.errors import UsageError
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Protocol, Start
from hairpin.network.network import Network, addresses_of, netns_of
from hairpin.network.prefix import Version, is_loopback, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.standpoints import clients, lan_client, lan_link, primary_address, somebody

_EMBEDDED_DNS = 0x7F00000B
"""127.0.0.11: where containers on user-defined networks find Docker's resolver."""


class Target(msgspec.Struct, frozen=True):
    """What is asked for: ``address`` None means this host's own, ``container`` a container's own address and port."""

    port: int | None = None
    protocol: Protocol | None = None
    version: Version | None = None
    address: int | None = None
    container: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where from: an address, ``host``, ``lan`` or a container."""

    kind: str
    version: Version | None = None
    address: int | None = None
    container: str | None = None


def flows_for(network: Network, targets: tuple[Target, ...], origin: Origin | None) -> tuple[Flow, ...]:
    """Return the flows, the asked one first, without repetitions."""
    host = network.this
    if host.netns not in network:
        raise UsageError(message("this snapshot has no host namespace; take it again with `hairpin snapshot`"))
    found: list[Flow] = []
    for target in targets:
        found += _of_target(network, host, target, origin)
    if not targets:
        found += _everything(network, host, origin)
    elif not found:
        raise UsageError(_nothing_to_ask(origin))
    return _numbered(tuple(dict.fromkeys(found)))


def _nothing_to_ask(origin: Origin | None) -> Message:
    """Say why no flow comes of what was asked: nobody can be named as asker, or no address as asked."""
    if origin is not None and origin.version == 6:
        return message("this host has no IPv6 address by which --from could ask; write TARGET as [ADDRESS]:PORT")
    return message("this host has no address by which it could be asked; write TARGET as ADDRESS:PORT")


def _numbered(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Give each flow a source port of its own that no live connection has."""
    return tuple(msgspec.structs.replace(flow, sport=40000 + 2 * n) for n, flow in enumerate(flows))


# --- one target ------------------------------------------------------------------------------------------------------


def _of_target(network: Network, host: Host, target: Target, origin: Origin | None) -> list[Flow]:
    if target.container is not None:
        return _to_container(network, host, target, origin)
    assert target.port is not None
    protocols = (target.protocol,) if target.protocol is not None else _protocols(host, target.port)
    flows: list[Flow] = []
    for protocol in protocols:
        for binding in _meant(network, host, target, protocol, origin):
            flows += _to_port(network, host, target, protocol, binding, origin)
    return flows


def bindings_of(host: Host, port: int, protocol: str | None = None) -> tuple[tuple[Container, PortBinding], ...]:
    """Return who publishes the port, running containers first."""
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


def _meant(
    network: Network, host: Host, target: Target, protocol: Protocol, origin: Origin | None
) -> tuple[PortBinding | None, ...]:
    """Return one binding of each address version that the host has and the question leaves open; one None when nobody
    publishes the port."""
    assert target.port is not None
    found: dict[Version, PortBinding] = {}
    for _, binding in bindings_of(host, target.port, protocol):
        found.setdefault(binding.version, binding)
    wanted = target.version or (origin.version if origin is not None else None)
    chosen = [
        each
        for version, each in sorted(found.items())
        if wanted == version or (wanted is None and (version == 4 or _speaks_v6(network, host, origin)))
    ]
    return tuple(chosen) or (None,)


def _speaks_v6(network: Network, host: Host, origin: Origin | None) -> bool:
    """Return whether this host, and the container that is to ask, have an IPv6 address to ask by."""
    asker = host.container(origin.container or "") if origin is not None and origin.kind == "container" else None
    namespace = host.namespace(asker.netns) if asker is not None and asker.netns is not None else None
    if namespace is not None and not any(each.scope == "global" for each in addresses_of(namespace, None, 6)):
        return False
    return primary_address(network, host.netns, 6) is not None


def _to_port(
    network: Network, host: Host, target: Target, protocol: Protocol, binding: PortBinding | None, origin: Origin | None
) -> list[Flow]:
    asked = target.version or (origin.version if origin is not None else None)
    version: Version = asked or (binding.version if binding is not None else 4)
    container = _publisher(host, binding)
    return [
        Flow(
            start=start,
            version=version,
            daddr=address,
            protocol=protocol,
            dport=target.port or 0,
            container=container,
            purpose="asked" if target.address is not None or binding is None else "published",
            stand_ins=clients(network, host.netns, version)[1:]
            if origin is None and isinstance(start, Outside)
            else (),
            host=host.name,
        )
        for start in _starts(network, host, version, target, origin)
        for address in _addresses(network, host, version, target, binding, start)
    ]


def _publisher(host: Host, binding: PortBinding | None) -> str | None:
    for container in host.containers():
        if binding is not None and binding in container.bindings:
            return container.name
    return None


def _starts(network: Network, host: Host, version: Version, target: Target, origin: Origin | None) -> list[Start]:
    if origin is not None:
        return [start_of(network, host, version, origin)]
    if target.address is not None and is_loopback(target.address, version):
        return [FromHost()]
    starts: list[Start] = []
    outside = clients(network, host.netns, version)
    if outside:
        starts.append(Outside(outside[0]))
    neighbour = lan_client(network, host.netns, version)
    if neighbour is not None:
        starts.append(Lan(neighbour))
    return [*starts, FromHost()]


def _known(host: Host) -> Message | str:
    """Return the containers' names, for people who mistyped one."""
    return ", ".join(sorted(each.name for each in host.containers())) or message("none")


def start_of(network: Network, host: Host, version: Version, origin: Origin) -> Start:
    """Return the start that the user named; UsageError when there is no such thing here."""
    match origin.kind:
        case "host":
            return FromHost()
        case "lan":
            address = lan_client(network, host.netns, version)
            if address is None:
                raise UsageError(
                    message("--from lan: this host has no link with a network on it; name an address instead")
                )
            return Lan(address)
        case "container":
            container = host.container(origin.container or "")
            if container is None:
                raise UsageError(
                    message(
                        "--from: no container {name!r} on this host (containers: {known})",
                        name=origin.container,
                        known=_known(host),
                    )
                )
            if container.netns is None:
                raise UsageError(
                    message(
                        "--from: container {name!r} is {status}: it has no network now",
                        name=container.name,
                        status=container.status,
                    )
                )
            netns = Netns(host.name, container.netns)
            return FromHost() if netns.is_host else FromContainer(container.name, netns)
        case _:
            assert origin.address is not None
            if origin.version != version:
                raise UsageError(message("--from and TARGET are of different address families"))
            return Outside(origin.address)


def _addresses(
    network: Network, host: Host, version: Version, target: Target, binding: PortBinding | None, start: Start
) -> list[int]:
    """Return the addresses by which the asker would name this host."""
    if target.address is not None:
        return [target.address]
    own = primary_address(network, host.netns, version)
    bound = binding.host_ip if binding is not None and binding.host_ip is not None else None
    if bound is not None and not is_loopback(bound, version):
        return [bound]
    if isinstance(start, FromHost):
        loopback = [0x7F000001] if version == 4 else []
        return loopback if bound is not None else [*loopback, *([own] if own is not None else [])]
    if isinstance(start, Lan):
        on_link = [
            each.value
            for each in addresses_of(network.namespace(host.netns), lan_link(network, host.netns, version), version)
        ]
        return on_link[:1] or ([own] if own is not None else [])
    return [own] if own is not None else []


def _to_container(network: Network, host: Host, target: Target, origin: Origin | None) -> list[Flow]:
    container = host.container(target.container or "")
    if container is None:
        raise UsageError(
            message(
                "no container {name!r} on this host (containers: {known})", name=target.container, known=_known(host)
            )
        )
    if target.port is None:
        flows: list[Flow] = []
        for binding in container.bindings:
            if binding.version == 6 and primary_address(network, host.netns, 6) is None:
                continue
            if binding.protocol != "sctp":
                port = Target(port=binding.host_port, protocol=binding.protocol, version=binding.version)
                flows += _to_port(network, host, port, binding.protocol, binding, origin)
        if not flows:
            raise UsageError(
                message("container {name!r} publishes no port; name one: {name}:PORT", name=container.name)
            )
        return flows
    protocol: Protocol = target.protocol or "tcp"
    published = [b for b in container.bindings if b.container_port == target.port and b.protocol == protocol]
    if origin is None and published:
        binding = published[0]
        port = Target(port=binding.host_port, protocol=protocol, version=binding.version)
        return _to_port(network, host, port, protocol, binding, None)
    return _to_endpoint(network, host, container, target.port, protocol, origin)


def _to_endpoint(
    network: Network, host: Host, container: Container, port: int, protocol: Protocol, origin: Origin | None
) -> list[Flow]:
    flows: list[Flow] = []
    for endpoint in container.endpoints:
        if endpoint.ipv4 is not None:
            start = start_of(network, host, 4, origin) if origin is not None else FromHost()
            flows.append(Flow(start, 4, endpoint.ipv4, protocol, port, container=container.name, host=host.name))
    if container.on_host_network:
        flows.append(Flow(FromHost(), 4, 0x7F000001, protocol, port, container=container.name, host=host.name))
    if not flows:
        raise UsageError(
            message("container {name!r} is {status} and has no address", name=container.name, status=container.status)
        )
    if origin is not None and origin.kind == "container":
        return _common_network(host, container, origin, flows)
    return flows[:1]


def _common_network(host: Host, container: Container, origin: Origin, flows: list[Flow]) -> list[Flow]:
    """Prefer the address on a network that both containers are on."""
    asker = host.container(origin.container or "")
    shared = {each.network for each in asker.endpoints} if asker is not None else set[str]()
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
            if binding.protocol == "sctp" or not (binding.actual or not container.running):
                continue
            if not container.running and container.restart_policy == "no" and container.exit_code == 0:
                continue  # it has done its work and nobody wanted it back
            target = Target(binding.host_port, binding.protocol, binding.version)
            if binding.host_ip is not None and is_loopback(binding.host_ip, binding.version) and origin is None:
                # Published for the host alone: nobody else is meant to reach it.
                flows += _to_port(network, host, target, binding.protocol, binding, Origin("host"))
            else:
                flows += _to_port(network, host, target, binding.protocol, binding, origin)
    if origin is None:
        for container in host.containers():
            flows += egress_flows(network, host, container)
    return flows


def egress_flows(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the way out of a running container that has one."""
    netns = netns_of(host, container)
    if container.status != "running" or netns is None or netns.is_host:
        return []
    named = {each.name: each for engine in host.engines for each in engine.networks}
    networks = [named[each.network] for each in container.endpoints if each.network in named]
    if not networks or all(each.internal for each in networks) or all(each.driver != "bridge" for each in networks):
        return []
    if lookup(network.namespace(host.netns), Query(4, somebody(4)[0])).type != "unicast":
        return []
    start = FromContainer(container.name, netns)
    address = somebody(4)[0]
    outward = Flow(
        start,
        4,
        address,
        "tcp",
        443,
        container=container.name,
        purpose="egress",
        stand_ins=somebody(4)[1:],
        host=host.name,
    )
    return [outward, *_dns_flows(host, container, start)]


def _dns_flows(host: Host, container: Container, start: FromContainer) -> list[Flow]:
    """Return the container's ways to its names: Docker's resolver on user-defined networks, and the first server behind
    it."""
    flows: list[Flow] = []
    servers = [each for each in container.dns or nameservers(host) if _is_address(each)]
    if any(each.network != "bridge" for each in container.endpoints):
        flows.append(Flow(start, 4, _EMBEDDED_DNS, "udp", 53, container=container.name, purpose="dns", host=host.name))
    for text in servers[:1]:
        version, value = parse_address(text)
        if not is_loopback(value, version) and version == 4:
            flows.append(
                Flow(start, version, value, "udp", 53, container=container.name, purpose="dns", host=host.name)
            )
    return flows


def nameservers(host: Host) -> tuple[str, ...]:
    """Return the name servers of the host's /etc/resolv.conf that containers can be given (loopback ones are not)."""
    found: list[str] = []
    for file in host.files:
        if file.path != "/etc/resolv.conf":
            continue
        for line in file.text.splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver" and _is_address(words[1]):
                found.append(words[1])
    return tuple(found)


def _is_address(text: str) -> bool:
    try:
        version, value = parse_address(text)
    except ValueError:
        return False
    return not is_loopback(value, version)
