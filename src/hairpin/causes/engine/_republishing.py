"""A published port as it would be on every address of the host: the engine's rules for it, its relay."""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, View, where
from hairpin.change.change import AddSocket, Change, InsertRule, Primitive
from hairpin.engines.missing import missing
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.socket import Relay, Socket
from hairpin.message import message
from hairpin.network.prefix import address_text


def on_every_address(view: View, container: Container, binding: PortBinding, *, loopback: bool) -> Candidate:
    """Return the candidate that publishes the port on every address."""
    address = address_text(binding.host_ip or 0, binding.version)
    port = f"{binding.host_port}:{binding.container_port}" + ("/udp" if binding.protocol == "udp" else "")
    if loopback:
        title = message(
            "Port {port} of {name} is published on {address} only",
            port=binding.host_port,
            name=container.name,
            address=address,
        )
    else:
        title = message(
            "Port {port} of {name} is published on {address}, not on the address that was asked",
            port=binding.host_port,
            name=container.name,
            address=address,
        )
    return Candidate(
        title=title,
        detail=message(
            "Docker translates this port for packets to {address} alone, and docker-proxy listens there alone. A "
            "container's published ports cannot be changed while it exists.",
            address=address,
        ),
        change=Change(tuple(_parts(view, container, binding))),
        where=where(container=container.name, host_ip=address, port=binding.host_port),
        rank=12,
        evidence=(container.evidence,),
        advice=(
            message('recreate the container with -p {port} (compose: ports: "{port}")', port=port),
            message(
                'an address before the port may also come from "ip" in daemon.json or host_binding_ipv4 of its network'
            ),
        ),
    )


def _parts(view: View, container: Container, binding: PortBinding) -> Iterator[Primitive]:
    wide = msgspec.structs.replace(binding, host_ip=None)
    for engine in view.host.engines:
        if container in engine.containers:
            yield from added_rules(view, republished(engine, container, binding, wide), container)
    yield from relays(view, container, wide)


def republished(engine: Engine, container: Container, old: PortBinding, new: PortBinding) -> Engine:
    """Return the engine with one binding of one container replaced."""
    bindings = tuple(new if each == old else each for each in container.bindings)
    changed = msgspec.structs.replace(container, bindings=bindings)
    containers = tuple(changed if each.id == container.id else each for each in engine.containers)
    return msgspec.structs.replace(engine, containers=containers)


def added_rules(view: View, engine: Engine, container: Container) -> Iterator[Primitive]:
    """Yield the rules that this state of the engine adds for the container, each where the engine puts it."""
    lacking = missing(engine, view.host_namespace, view.host.version("iptables"))
    for rule in lacking.rules:
        if rule.container == container.name:
            position = 1 if rule.position == "first" else None
            yield InsertRule(view.host_netns, lacking.dialect, rule.family, rule.table, rule.chain, rule.rule, position)


def relays(view: View, container: Container, binding: PortBinding) -> Iterator[Primitive]:
    """Yield the docker-proxy of the binding, when the engine uses one."""
    proxied = any(
        engine.userland_proxy is not False
        for engine in view.host.engines
        if any(each.id == container.id for each in engine.containers)
    )
    endpoint = next((each for each in container.endpoints if each.ipv4 is not None), None)
    if not proxied or endpoint is None or endpoint.ipv4 is None or binding.protocol == "sctp":
        return
    relay = Relay(4, endpoint.ipv4, binding.container_port)
    socket = Socket(
        binding.protocol, binding.version, binding.host_ip, binding.host_port, process="docker-proxy", relay=relay
    )
    yield AddSocket(view.host_netns, socket, f"recreate {container.name} with its port published on every address")


def relay_at(view: View, container: Container, binding: PortBinding, address: int) -> AddSocket | None:
    """Return the docker-proxy that the binding would have on that address alone; None where its container has none."""
    endpoint = next((each for each in container.endpoints if each.ipv4 is not None), None)
    if endpoint is None or endpoint.ipv4 is None or binding.protocol == "sctp":
        return None
    socket = Socket(
        binding.protocol,
        view.flow.version,
        address,
        binding.host_port,
        process="docker-proxy",
        relay=Relay(4, endpoint.ipv4, binding.container_port),
    )
    port = f"{address_text(address, view.flow.version)}:{binding.host_port}:{binding.container_port}/{binding.protocol}"
    return AddSocket(view.host_netns, socket, f"publish {container.name} on the asked address: -p {port}")
