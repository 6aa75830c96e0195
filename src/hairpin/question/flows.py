"""Finds the flows that a question means: to a port on this host, to an address, to a container, or to all published
ports.

Pods are containers whose engine was not asked.  CNI plug-ins made the namespaces of pods, as in k3s.  Docker's resolver
also knows a container as ``NAME.NETWORK``: by its name and the name of one of its networks.

Source: moby libnetwork/sandbox.go ResolveName()
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from hairpin.errors import EvidenceError, UsageError
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.swarm import MeshPort
from hairpin.message import Message, message
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Start
from hairpin.network.names import names_at
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import address_text, is_loopback
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.socket_owner import EPHEMERAL, ephemeral_ports
from hairpin.question.asked import Origin, Target
from hairpin.question.held import given_up, held_by, on_host_network
from hairpin.question.hosts import host_named, host_of
from hairpin.question.namespaces import guest_in, listening, start_in, targets_in, with_guest
from hairpin.question.port_flows import other_clients, protocols, to_asked_port, to_port, usable
from hairpin.question.standpoints import beyond
from hairpin.question.starts import asker, start_named
from hairpin.question.target import is_outside_name, parse_target

_FIRST_PORT, _PORTS = 40000, 25000
"""The source ports of flows: every second port.  A repeated flow has the next source port."""
_ALL_OF_A_RANGE = 32
"""The greatest number of ports in a range for which each port is asked about, published or not."""


def flows_for(network: Network, targets: tuple[Target, ...], origin: Origin | None) -> tuple[Flow, ...]:
    """Return the flows that the question means, the asked flow first, without repetitions.

    Raises UsageError if the question makes no sense for these hosts, and CollectError if it means a host that was not
    read.
    """
    origin = with_guest(network, origin)
    if not targets:
        found = [flow for host in network.hosts if _has_namespace(host) for flow in _everything(network, host, origin)]
        return with_source_ports(network, tuple(dict.fromkeys(found)))
    placed = (_on_network(network, each) for target in targets for each in targets_in(network, target))
    named = (each for target in placed for each in _ports(network, target))
    single = (each for target in named for each in _in_each_family(network, target, origin))
    found = [flow for target in single for flow in _of_target(network, target, origin)]
    if not found:
        raise UsageError(_nothing_to_ask(origin))
    return with_source_ports(network, tuple(dict.fromkeys(found)))


def _on_network(network: Network, target: Target) -> Target:
    if "." not in (target.container or ""):
        return target
    return on_one_network(network, target)


def _in_each_family(network: Network, target: Target, origin: Origin | None) -> Iterable[Target]:
    if not target.localhost:
        return (target,)
    from hairpin.question.pinned_flows import with_second_family

    return with_second_family(network, target, origin)


def _has_namespace(host: Host) -> bool:
    """Return whether the host was read; raises EvidenceError if no reading of its own namespace exists."""
    if not host.was_read:
        return False
    if host.netns.name not in host:
        raise EvidenceError(
            message(
                "{host}: its own network (links, routes, rules) was not read; read it again as root", host=host.name
            )
        )
    return True


def _nothing_to_ask(origin: Origin | None) -> Message:
    """Return the error which says that the question means no flow, because no address of the host fits the question."""
    if origin is not None and origin.version == 6:
        return message(
            "this host has no global IPv6 address, so a client with an IPv6 address cannot reach it; write TARGET as "
            "[ADDRESS]:PORT"
        )
    return message("this host has no address that a client could reach; write TARGET as ADDRESS:PORT")


def with_source_ports(network: Network, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return the flows with different source ports.  If there are not enough source ports, some flows share a source
    port."""
    return tuple(msgspec.structs.replace(flow, sport=_source_port(network, flow, n)) for n, flow in enumerate(flows))


def _source_port(network: Network, flow: Flow, number: int) -> int:
    """Return the flow's source port.  If the sender's namespace has a ``net.ipv4.ip_local_port_range`` without the
    usual port, return a port of this range."""
    usual = _FIRST_PORT + 2 * number % _PORTS
    match flow.start:
        case FromContainer():
            netns = sender_netns(network, flow.start)
        case FromHost():
            netns = network.host_netns(flow.host)
        case _:
            return usual
    first, last = ephemeral_ports(network.namespace(netns)) if netns in network else EPHEMERAL
    if first <= usual <= last or (first, last) == EPHEMERAL or last <= first:
        return usual
    return first + 2 * number % (last - first)


def _of_target(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    if origin is not None and origin.kind == "container":
        from hairpin.question.pinned_flows import to_pinned

        pinned = to_pinned(network, target, origin)
        if pinned:
            return pinned
    if is_outside_name(target.container or ""):
        from hairpin.question.outside_names import to_outside_name

        outward = to_outside_name(network, target, origin)
        if outward:
            return outward
    host = host_of(network, _at_asker(network, target, origin))
    _has_namespace(host)
    if target.container is not None:
        from hairpin.question.container_flows import to_container

        return to_container(network, host, target, origin)
    assert target.port is not None
    others = other_clients(network, host, target)
    asked = (target.protocol,) if target.protocol is not None else protocols(host, target.port)
    flows: list[Flow] = []
    for protocol in asked:
        flows += to_asked_port(network, host, target, protocol, origin, others)
    return flows


def _ports(network: Network, target: Target) -> tuple[Target, ...]:
    """Return a target for each port of a range.  In a long range, return targets only for published ports.  Raises
    UsageError if a long range has no published port."""
    if target.port is None or target.last is None:
        return (target,)
    ports = range(target.port, target.last + 1)
    wanted = list(ports)
    if len(ports) > _ALL_OF_A_RANGE:
        if target.container is not None:
            raise UsageError(
                message("one question can ask for at most {count} ports of a container", count=_ALL_OF_A_RANGE)
            )
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
    """Return the target.  A loopback address belongs to the asking host, so the target is then on this host.

    Raises UsageError if the target names another host.
    """
    if target.address is None or target.version is None or not is_loopback(target.address, target.version):
        return target
    if origin is not None and origin.is_client:
        raise UsageError(
            message(
                "on {client}, {address} is {client} itself, and no packet to this address leaves {client}: write "
                "--from host, or write an address of this host as TARGET",
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
                "a loopback address can be reached only from its own host: write --from host@{meant}, or an address of "
                "{meant} that {host} can reach",
                meant=target.host,
                host=host.name,
            )
        )
    return msgspec.structs.replace(target, host=host.name)


def _everything(network: Network, host: Host, origin: Origin | None) -> list[Flow]:
    flows: list[Flow] = []
    for container in host.containers():
        # The container should be reachable, but it is not.
        without_network = container.network_mode == "none" or container.is_disconnected or container.network_disabled
        without_network = without_network or host.engine_of(container).leaves_unconnected(container)
        without_network = without_network or host.is_internal(container)
        for binding in usable(network, host, container, origin):
            if binding.protocol == "sctp" or not (binding.actual or without_network or not container.running):
                continue
            if not container.running and container.restart_policy == "no" and container.exit_code == 0:
                continue  # the container ended without an error, and its restart policy does not start it again
            if given_up(network, host, container, binding):
                continue
            target = Target(binding.host_port, binding.protocol, binding.version)
            if binding.host_ip is not None and is_loopback(binding.host_ip, binding.version) and origin is None:
                # The port is published on loopback, so only the host itself is a client.
                flows += to_port(network, host, target, binding.protocol, binding, Origin("host"))
            else:
                flows += to_port(network, host, target, binding.protocol, binding, origin)
    for container in on_host_network(host):
        for socket in held_by(network, host, container):
            target = Target(socket.port, socket.protocol, socket.version)
            from hairpin.question.container_flows import to_held

            flows += to_held(network, host, container, target, socket, origin)
    flows += _mesh_flows(network, host, origin)
    if origin is not None:
        return flows + _sent_by(network, host, origin)
    flows += pod_flows(network, host)
    flows += _of_health_checks(network, host, host.containers())
    # The containers of a pod have the infra container's network, and so the same way out.
    senders = (each for each in host.containers() if not any(one.running for one in host.members_of(each)))
    from hairpin.question.egress import egress_flows, over_tcp

    outward = [flow for each in senders for flow in egress_flows(network, host, each)]
    return [*flows, *outward, *over_tcp(host, tuple(outward))]


def _sent_by(network: Network, host: Host, origin: Origin) -> list[Flow]:
    """Return what the question without a sender asks of this sender, if it is a container, a namespace or a guest of
    the host: its way out, its name servers, and what its failing health check asks.

    Whoever asks from a container without a target means what the container reaches, and not only the published
    ports."""
    if origin.kind not in ("container", "address"):
        return []
    start = start_named(network, host, origin.version or 4, origin).start
    if not isinstance(start, FromContainer):
        return [each for each in pod_flows(network, host) if each.start == start and isinstance(start, Outside)]
    if start.netns.host != host.name:
        return []
    container = host.container(start.name)
    if container is None:
        flows = pod_flows(network, host)
        return [each for each in flows if isinstance(each.start, FromContainer) and each.start.netns == start.netns]
    from hairpin.question.container_flows import sent_outside

    return [*_of_health_checks(network, host, (container,)), *sent_outside(network, host, container)]


def _of_health_checks(network: Network, host: Host, containers: Iterable[Container]) -> Iterator[Flow]:
    """Yield the flows of failing health checks: from each unhealthy container to the URLs in its check's command."""
    label = host.name if len(network.hosts) > 1 else ""
    for container in containers:
        for asked in container.checked if container.running and container.health == "unhealthy" else ():
            with suppress(UsageError, ValueError):  # a URL of another host's name is not looked up
                target = parse_target(asked)
                yield from flows_for(network, (target,), Origin("container", container=container.name, host=label))


def _mesh_flows(network: Network, host: Host, origin: Origin | None) -> list[Flow]:
    """Return the flows to the ports of swarm services: to the ports that the host accepts as a node and, on a manager,
    to the ports that it should accept."""
    taken = [port for engine in host.engines for port in engine.mesh]
    meant = [
        MeshPort(port.protocol, port.port)
        for service in host.services()
        for port in service.ports
        if port.protocol != "sctp" and service.wanted != 0 and (port.mode == "ingress" or service.running == 0)
    ]
    flows: list[Flow] = []
    for each in dict.fromkeys((*taken, *meant)):
        target = Target(each.port, each.protocol, 4)
        binding = PortBinding(each.protocol, each.port, each.port, None, 4)
        flows += to_port(network, host, target, each.protocol, binding, origin)
    return flows


def pod_flows(network: Network, host: Host) -> Iterator[Flow]:
    """Yield the flows from the host to the ports on which each pod or guest listens, like the probes of a kubelet, and
    the flow of each to the outside.  Of a guest that is no namespace only its address is known, and the flow to the
    outside."""
    first, *others = beyond(network.namespace(host.netns), 4)
    out = lookup(network.namespace(host.netns), Query(4, first)).type == "unicast"
    for namespace in host.namespaces:
        netns = Netns(host.name, namespace.name)
        own = next((each.value for each in addresses_of(namespace, None, 4) if each.scope == "global"), None)
        if own is None or not (netns.is_pod or guest_in(network, netns) is not None):
            continue
        for port in listening(namespace, 4, own):
            yield Flow(FromHost(), 4, own, "tcp", port, host=host.name, asked_host=host.name)
        # A guest without a route out has none by its network: libvirt's network that is isolated gives it no router.
        if out and (netns.is_pod or lookup(namespace, Query(4, first)).type == "unicast"):
            yield _outward(host, start_in(network, netns), first, others)
    for guest in host.named_guests if out else ():
        for version, address in guest.addresses:
            start = start_named(network, host, 4, Origin("address", 4, address)).start if version == 4 else None
            if isinstance(start, Outside) and start.link is not None:
                yield _outward(host, start, first, others)


def _outward(host: Host, start: Start, first: int, others: list[int]) -> Flow:
    return Flow(start, 4, first, "tcp", 443, purpose="egress", stand_ins=tuple(others), host=host.name)


def on_one_network(network: Network, target: Target) -> Target:
    """Return the target with the container's name and the network's name apart, if its name is ``NAME.NETWORK``; the
    target itself if a container has the whole name, or if no container has such a name."""
    name = target.container or ""
    hosts = [each for each in network.hosts if target.host in ("", each.name)] if "." in name else []
    if any(host.containers_named(name) for host in hosts):
        return target
    found = next((split for host in hosts if (split := _apart(host, name)) is not None), None)
    return target if found is None else msgspec.structs.replace(target, container=found[0], network=found[1])


def _apart(host: Host, name: str) -> tuple[str, str] | None:
    for engine in host.engines:
        for container in engine.containers if engine.traits.embedded_resolver else ():
            for end in container.endpoints:
                short = name.removesuffix(f".{end.network}")
                if short != name and short in (*names_at(container, end), container.service):
                    return short, end.network
    return None
