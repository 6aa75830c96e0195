"""Tells why a container did not start because of its network: the network is gone or not loaded, or its address is
taken."""

import shlex

from hairpin.causes.kit import Host, Message, message
from hairpin.change.calls import BindInterface, call_argv
from hairpin.change.expect import zone_of_interface
from hairpin.engines.docker.daemon import unloaded_networks
from hairpin.host.docker import Container, Endpoint, Engine
from hairpin.network.prefix import Version, address_text, prefix_text
from hairpin.words.meaning import Failure


def no_network(host: Host, container: Container, places: dict[str, str]) -> Failure:
    engine, network = host.engine_of(container), places["word"]
    if engine.network(network) is not None:
        return Failure(
            message("the container's network {network} was gone and exists again now", network=network), again=True
        )
    return Failure(
        message("the container's network {network} is gone", network=network),
        message(
            "recreate {name} on a network that exists; {command} makes a network with the lost name and another id",
            name=container.name,
            command=engine.command("network", "create", network),
        ),
    )


def not_loaded(host: Host, container: Container, places: dict[str, str]) -> Failure:
    """Return the failure on a network that dockerd lists and has not loaded at its last start."""
    engine, name = host.engine_of(container), places["word"]
    start = engine.command("start", container.name)
    joined = next((each for each in unloaded_networks(host, engine) if each.name == name), None)
    if joined is None or joined.bridge is None:
        return Failure(
            message("dockerd did not load the container's network {network} when dockerd last started", network=name),
            message(
                "read in dockerd's log why the network was not loaded, remove the reason, and restart dockerd; then "
                "{start}",
                start=start,
            ),
        )
    zone = zone_of_interface(host, joined.bridge, permanent=False)
    kept = zone_of_interface(host, joined.bridge, permanent=True)
    own = (False, *((True,) if kept not in (None, "docker") else ()))
    bound = (shlex.join(call_argv(BindInterface("docker", joined.bridge, permanent=each))) for each in own)
    return Failure(
        message(
            "dockerd did not load the container's network {network}, because firewalld has {bridge} in zone {zone} and "
            "not in zone docker (ZONE_CONFLICT)",
            network=name,
            bridge=joined.bridge,
            zone=zone or "-",
        ),
        message(
            "run {bind}. If dockerd runs, restart it: dockerd loads the container's network only when it starts. Then "
            "{start}",
            bind=" and ".join(f"`{each}`" for each in bound),
            start=start,
        ),
    )


def address_conflict(host: Host, container: Container, _: dict[str, str]) -> Failure:
    asked = [(each, fixed) for each in container.endpoints for fixed in (each.fixed4, each.fixed6) if fixed is not None]
    for end, address in asked:
        version: Version = 4 if address == end.fixed4 else 6
        text, found = address_text(address, version), _holder(host, container, end, address)
        if found is not None:
            other, chosen = found
            return Failure(
                message(
                    "container {other} has this container's address {address} (--ip)", address=text, other=other.name
                ),
                _give_back(host, container, other, text, chosen=chosen),
            )
        if address in (end.gateway4, end.gateway6) or _is_gateway(host.engine_of(container), end, address):
            return Failure(
                message("the container's address {address} (--ip) is the gateway of network {network}", address=text,
                        network=end.network),
                _elsewhere(host, container, end),
            )  # fmt: skip
    if asked:
        text = address_text(asked[0][1], 4 if asked[0][1] == asked[0][0].fixed4 else 6)
        return Failure(
            message(
                "another endpoint had the container's address {address} (--ip), and no container has that address now",
                address=text,
            ),
            again=True,
        )
    return Failure(
        message("another endpoint has the address that the container asks for (--ip)"),
        message("recreate {name} with another address", name=container.name),
    )


def _holder(host: Host, container: Container, end: Endpoint, address: int) -> tuple[Container, bool] | None:
    """Return the other container that has the address on the network, and whether an option of that container asks for
    the address."""
    for other in host.engine_of(container).containers:
        for each in other.endpoints:
            beside = other.running and other.id != container.id and each.network == end.network
            if beside and address in (each.ipv4, each.ipv6):
                return other, address in (each.fixed4, each.fixed6)
    return None


def _is_gateway(engine: Engine, end: Endpoint, address: int) -> bool:
    network = engine.network(end.network)
    return network is not None and any(each.gateway == address for each in network.subnets)


def _give_back(host: Host, container: Container, other: Container, address: str, *, chosen: bool) -> Message:
    """Return the repair.

    A container whose options choose no address gets another address at its next start, if its present address is taken
    by then."""
    command = host.engine_of(container).command
    if chosen:
        return message(
            "both containers ask for {address}: recreate {name} or {other} with another address (--ip)",
            address=address,
            name=container.name,
            other=other.name,
        )
    return message(
        "{stop}, then {start}, then {again}: {other} asks for no fixed address, so it gets another one. This repair "
        "lasts only if the network has an --ip-range without {address}",
        stop=command("stop", other.name),
        start=command("start", container.name),
        again=command("start", other.name),
        other=other.name,
        address=address,
    )


def _elsewhere(host: Host, container: Container, end: Endpoint) -> Message:
    network = host.engine_of(container).network(end.network)
    part = next((each.part for each in network.subnets if each.part is not None), None) if network is not None else None
    if part is None:
        return message("recreate {name} with another address (--ip)", name=container.name)
    return message(
        "recreate {name} with another address (--ip) outside of {part}: the engine itself assigns addresses from that "
        "range",
        name=container.name,
        part=prefix_text(*part, 4 if part[0] < 1 << 32 else 6),
    )
