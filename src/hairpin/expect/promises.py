"""Compares the containers of Compose projects and of Quadlets with what their files promise.

A container that lacks what its file promises is told, although nobody wrote an expectation: an updater that made the
container again without its networks, a person who disconnected it, a network that was removed, a file that was changed
and not carried out.  Only what a file says is promised; what it leaves open, or says in a way that the reader does not
understand, is not.
"""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import moment
from hairpin.expect.promise import Kind, Promise
from hairpin.host.compose import ComposeService, PromisedNetwork
from hairpin.host.docker import Container, Endpoint, Engine, PortBinding
from hairpin.host.host import Host
from hairpin.host.quadlet import Quadlet
from hairpin.message import Message, message
from hairpin.netfilter.address import Version
from hairpin.network.prefix import address_text

_DEFAULT = {"default": ("bridge", "podman"), "bridge": ("bridge", "podman")}
"""The names of the network that the modes ``default`` and ``bridge`` mean, for Docker and for Podman."""
_ENDED_WELL = ("exited", "created")


class _Wish(msgspec.Struct, frozen=True):
    """What a file says about one container.  ``is_pending``: whether the file is newer than the container."""

    host: Host
    engine: Engine
    compose: ComposeService
    container: Container
    is_pending: bool
    command: str = ""
    """What the owner would do; empty for a project, whose own command depends on the promise."""

    def told(self, kind: Kind, promised: Message, there: Message | None, *, certain: bool = False) -> Promise:
        """Return the promise.  ``there``: None if it is kept.  ``certain``: whether the container's own configuration
        promises the same, so that the file's time does not matter."""
        compose, pending = self.compose, self.is_pending and not certain
        return Promise(
            self.host.name,
            compose.project,
            compose.service,
            self.container.name,
            kind,
            promised,
            "kept" if there is None else "pending" if pending else "lost",
            by=_files(compose),
            there=there,
            command="" if there is None else self.command or compose.up(anew=not pending),
            evidence=compose.evidence,
        )


def promises_of(host: Host) -> tuple[Promise, ...]:
    """Return what the files promise about the host's containers, kept or not, in the order of the files."""
    found = tuple(one for service in host.compose for one in _of_service(host, service))
    return (*found, *(one for file in host.quadlets for one in _of_quadlet(host, file)), *_without_files(host))


def _of_service(host: Host, service: ComposeService) -> Iterator[Promise]:
    for engine in host.engines:
        if engine.kind != service.engine or (engine.user and service.user and engine.user != service.user):
            continue
        for container in engine.containers:
            if service.has(container) and not container.is_task:
                yield from _of_container(_Wish(host, engine, service, container, _is_newer(service, container)))


def _is_newer(service: ComposeService, container: Container) -> bool:
    """Return whether the files were changed after the container was made: more than a second later, because the files'
    times are whole seconds."""
    made = moment(container.created)
    return made is not None and service.changed_s > made + 1


def _of_quadlet(host: Host, file: Quadlet) -> Iterator[Promise]:
    """Yield what the file promises about its running container, or about its pod, whose container has the network."""
    if file.runs or file.file.endswith(".kube"):
        return
    made = ComposeService(
        "podman", "", file.unit, (file.file,), file.user, changed_s=file.changed_s,
        networks=tuple(map(PromisedNetwork, file.networks)), ports=file.ports, evidence=file.evidence,
    )  # fmt: skip
    for engine in host.engines:
        for container in engine.containers if engine.kind == "podman" and engine.user == file.user else ():
            if not container.running or container.joined or not file.makes(container):
                continue
            is_pending = file.needs_reload or _is_newer(made, container)
            yield from _networks_and_ports(_Wish(host, engine, made, container, is_pending, file.ran("restart")))


def _of_container(wish: _Wish) -> Iterator[Promise]:
    container, compose = wish.container, wish.compose
    if not container.running:
        yield from _gone_networks(wish)
        return
    if compose.network_mode:
        yield from _mode(wish)
    elif not container.joined:
        yield from _networks_and_ports(wish)
    if compose.restart and "restart" not in compose.unclear:
        there = None
        if container.restart_policy != compose.restart:
            there = message("its restart policy is {policy}", policy=container.restart_policy)
        yield wish.told("restart", message("to have the restart policy {policy}", policy=compose.restart), there)
    yield from _needs(wish)


def _networks_and_ports(wish: _Wish) -> Iterator[Promise]:
    """Yield the container's networks and ports.  A container that has lost a network may publish no port without it:
    that is one loss, not two."""
    networks = tuple(_networks(wish))
    yield from networks
    if not any(each.kind == "network" and each.state != "kept" for each in networks):
        yield from _ports(wish)


def _gone_networks(wish: _Wish) -> Iterator[Promise]:
    """Yield the networks that the engine does not have, so that no start of the ended container can succeed."""
    known = {each.name for each in wish.engine.networks}
    for network in wish.compose.networks:
        if known and network.name not in known and not wish.is_pending:
            yield wish.told("network", _on(network), _where(wish, network))


def _on(network: PromisedNetwork) -> Message:
    return message("to be on the network {network}", network=network.name)


def _networks(wish: _Wish) -> Iterator[Promise]:
    container = wish.container
    for network in wish.compose.networks:
        endpoint = next((each for each in container.endpoints if each.network == network.name), None)
        if endpoint is None:
            own = container.network_mode == network.name
            yield wish.told("network", _on(network), _where(wish, network), certain=own)
            continue
        yield wish.told("network", _on(network), None)
        for alias in network.aliases:
            yield _alias(wish, endpoint, alias)
        if network.fixed4 is not None:
            yield _address(wish, endpoint, network.fixed4, 4)
        if network.fixed6 is not None:
            yield _address(wish, endpoint, network.fixed6, 6)


def _alias(wish: _Wish, endpoint: Endpoint, alias: str) -> Promise:
    has = (*endpoint.aliases, wish.container.name)
    there = None if alias in has else message("there it is known as {names}", names=", ".join(has))
    said = message("to be known as {alias} on the network {network}", alias=alias, network=endpoint.network)
    return wish.told("alias", said, there)


def _address(wish: _Wish, endpoint: Endpoint, wanted: int, version: Version) -> Promise:
    has = endpoint.ipv4 if version == 4 else endpoint.ipv6
    said = message("to have the address {address} on the network {network}",
                   address=address_text(wanted, version), network=endpoint.network)  # fmt: skip
    if has == wanted:
        return wish.told("address", said, None)
    if has is None:
        return wish.told("address", said, message("it has no such address there"))
    return wish.told("address", said, message("its address there is {address}", address=address_text(has, version)))


def _where(wish: _Wish, network: PromisedNetwork) -> Message:
    known = {each.name for each in wish.engine.networks}
    if known and network.name not in known:
        return message("the network {network} does not exist", network=network.name)
    names = ", ".join(each.network for each in wish.container.endpoints)
    return message("it is on {networks} alone", networks=names) if names else message("it is on no network")


def _ports(wish: _Wish) -> Iterator[Promise]:
    container = wish.container
    if container.mode in ("host", "none", "container") or "ports" in wish.compose.unclear:
        return
    for wanted in dict.fromkeys(wish.compose.ports):
        asked = [each for each in container.bindings if _is_same(each, wanted)]
        kept = any(each.actual for each in asked)
        said = message("to publish {port}", port=_port_text(wanted))
        yield wish.told("port", said, None if kept else _ports_there(container), certain=bool(asked))
    for protocol, number in wish.compose.exposed:
        kept = any((each.protocol, each.container_port, each.actual) == (protocol, number, True)
                   for each in container.bindings)  # fmt: skip
        said = message("to publish its port {port}", port=f"{number}/{protocol}")
        yield wish.told("port", said, None if kept else _ports_there(container))


def _is_same(has: PortBinding, wanted: PortBinding) -> bool:
    """Return whether the binding is the one that the file names.  Without an address, the engine's default is meant."""
    ports = (has.protocol, has.container_port, has.host_port) == (
        wanted.protocol,
        wanted.container_port,
        wanted.host_port,
    )
    if wanted.host_ip is None:
        return ports and (has.host_ip is None or has.by_default)
    return ports and (has.version, has.host_ip) == (wanted.version, wanted.host_ip)


def _port_text(binding: PortBinding) -> str:
    text = f"{binding.host_port}:{binding.container_port}/{binding.protocol}"
    if binding.host_ip is None:
        return text
    address = address_text(binding.host_ip, binding.version)
    return f"[{address}]:{text}" if binding.version == 6 else f"{address}:{text}"


def _ports_there(container: Container) -> Message:
    has = dict.fromkeys(_port_text(each) for each in container.bindings if each.actual)
    return message("it publishes {ports} alone", ports=", ".join(has)) if has else message("it publishes no port")


def _mode(wish: _Wish) -> Iterator[Promise]:
    if "network_mode" in wish.compose.unclear:
        return
    wanted, container = wish.compose.network_mode, wish.container
    kind, _, name = wanted.partition(":")
    if kind in ("service", "container"):
        owners = [each for each in wish.engine.containers if name == (each.service if kind == "service" else each.name)
                  and (kind == "container" or each.project == wish.compose.project)]  # fmt: skip
        kept = any(container.joins(each) for each in owners)
    else:
        kept = container.mode == kind or kind in _DEFAULT.get(container.mode, ())
    there = None if kept else message("its network mode is {mode}", mode=container.network_mode)
    if not kept and kind in ("service", "container") and container.joined:
        there = message("it shares the network of another container, {name}", name=_name_of(wish.engine, container))
    yield wish.told("network-mode", message("to have the network mode {mode}", mode=wanted), there)


def _name_of(engine: Engine, container: Container) -> str:
    return next((each.name for each in engine.containers if container.joins(each)), container.joined[:12])


def _needs(wish: _Wish) -> Iterator[Promise]:
    """Yield whether the services run that this one needs.  One that has ended well may have had nothing more to do, so
    only a service with a restart policy, or without a container, is missed."""
    if "depends_on" in wish.compose.unclear:
        return
    service = wish.compose
    for name in service.depends_on:
        other = msgspec.structs.replace(service, service=name)
        own = [each for each in wish.engine.containers if other.has(each)]
        if not any(each.running for each in own) and any(_may_be_done(each) for each in own):
            continue
        kept = any(each.running for each in own)
        there = None
        if not kept:
            there = message("no container of {service} runs", service=name) if own else message(
                "{service} has no container", service=name)  # fmt: skip
        promise = wish.told("depends-on", message("to have {service} running", service=name), there)
        yield promise if kept else msgspec.structs.replace(promise, command=service.up(anew=False, service=name))


def _may_be_done(container: Container) -> bool:
    return container.exit_code == 0 and container.restart_policy == "no" and container.status in _ENDED_WELL


def _files(service: ComposeService) -> str:
    return ", ".join(service.named_in or service.files)


def _without_files(host: Host) -> Iterator[Promise]:
    """Yield, for running containers of projects whose files were not read, what their own configuration promises: the
    network that they were made for."""
    read = {each.project for each in host.compose}
    for engine in host.engines:
        for container in engine.containers:
            is_meant = container.running and not container.is_task and not container.is_one_off
            if is_meant and container.project and container.project not in read:
                yield _by_itself(host, engine, container)


def _by_itself(host: Host, engine: Engine, container: Container) -> Promise:
    wanted = container.network_mode
    of_network = any(each.name == wanted for each in engine.networks)
    is_lost = of_network and not any(each.network == wanted for each in container.endpoints)
    if not is_lost:
        return Promise(
            host.name, container.project, container.service, container.name, "file",
            message("to be as the project's Compose file says"), "unknown",
            there=message("no Compose file of the project {project} was read", project=container.project),
            evidence=container.evidence,
        )  # fmt: skip
    names = ", ".join(each.network for each in container.endpoints)
    there = message("it is on {networks} alone", networks=names) if names else message("it is on no network")
    return Promise(
        host.name, container.project, container.service, container.name, "network",
        message("to be on the network {network}", network=wanted), "lost", there=there,
        command=f"{engine.kind} network connect {wanted} {container.name}", evidence=container.evidence,
    )  # fmt: skip
