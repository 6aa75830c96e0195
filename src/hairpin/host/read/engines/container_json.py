"""Containers from ``docker inspect`` and ``podman inspect``: the fields of the engine's API, with one object on each
line or with one array.

Source: Docker Engine API, ContainerInspect; podman inspect uses the same names for the same facts.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.docker import Container, Endpoint, PinnedName, PortBinding, is_engine_time
from hairpin.host.read.ip.address_text import mac
from hairpin.host.read.json_text import decode_list
from hairpin.netfilter.address import parse_address

Transport = Literal["tcp", "udp", "sctp"]
_PROTOCOLS: dict[str, Transport] = {"tcp": "tcp", "udp": "udp", "sctp": "sctp"}


class _Host(msgspec.Struct):
    ip: str | None = msgspec.field(default="", name="HostIp")
    port: str | None = msgspec.field(default=None, name="HostPort")


_Ports = dict[str, tuple[_Host, ...] | None]


class _Health(msgspec.Struct, rename="pascal"):
    status: str | None = ""


class _State(msgspec.Struct, rename="pascal"):
    status: str = ""
    running: bool = False
    paused: bool = False
    pid: int = 0
    exit_code: int | None = None
    error: str | None = ""
    oom_killed: bool | None = msgspec.field(default=False, name="OOMKilled")
    health: _Health | None = None
    started_at: str | None = ""
    finished_at: str | None = ""


class _Restart(msgspec.Struct, rename="pascal"):
    name: str | None = ""


class _HostConfig(msgspec.Struct, rename="pascal"):
    network_mode: str | None = "default"
    port_bindings: _Ports | None = None
    restart_policy: _Restart | None = None
    dns: tuple[str, ...] | None = None
    extra_hosts: tuple[str, ...] | None = None
    links: tuple[str, ...] | None = None


class _Config(msgspec.Struct, rename="pascal"):
    image: str | None = ""
    exposed_ports: dict[str, msgspec.Raw] | None = None
    network_disabled: bool | None = None
    on_unhealthy: str | None = msgspec.field(default="", name="HealthcheckOnFailureAction")
    labels: dict[str, str | None] | None = None


class _Fixed(msgspec.Struct):
    ipv4: str | None = msgspec.field(default="", name="IPv4Address")
    ipv6: str | None = msgspec.field(default="", name="IPv6Address")


class _Endpoint(msgspec.Struct):
    network_id: str | None = msgspec.field(default="", name="NetworkID")
    ipv4: str | None = msgspec.field(default="", name="IPAddress")
    ipv4_length: int | None = msgspec.field(default=0, name="IPPrefixLen")
    ipv6: str | None = msgspec.field(default="", name="GlobalIPv6Address")
    ipv6_length: int | None = msgspec.field(default=0, name="GlobalIPv6PrefixLen")
    gateway4: str | None = msgspec.field(default="", name="Gateway")
    gateway6: str | None = msgspec.field(default="", name="IPv6Gateway")
    mac: str | None = msgspec.field(default="", name="MacAddress")
    aliases: tuple[str, ...] | None = msgspec.field(default=None, name="Aliases")
    links: tuple[str, ...] | None = msgspec.field(default=None, name="Links")
    dns_names: tuple[str, ...] | None = msgspec.field(default=None, name="DNSNames")
    fixed: _Fixed | None = msgspec.field(default=None, name="IPAMConfig")


class _NetworkSettings(msgspec.Struct, rename="pascal"):
    sandbox_key: str | None = ""
    ports: _Ports | None = None
    networks: dict[str, _Endpoint | None] | None = None


class _Pod(msgspec.Struct, rename="pascal"):
    infra_id: str | None = ""
    name: str | None = ""


class _Container(msgspec.Struct, rename="pascal"):
    id: str
    name: str
    created: str | None = ""
    image_name: str | None = ""
    restart_count: int | None = 0
    state: _State = msgspec.field(default_factory=_State)
    config: _Config = msgspec.field(default_factory=_Config)
    host_config: _HostConfig = msgspec.field(default_factory=_HostConfig)
    network_settings: _NetworkSettings = msgspec.field(default_factory=_NetworkSettings)


_NO_STACKS: Mapping[str, str] = MappingProxyType({})
_TASK = "com.docker.swarm.service.name"
"""The label with which a swarm marks a task's container; its value is the name of the task's service."""
_UNIT = "PODMAN_SYSTEMD_UNIT"
"""The label in which systemd units that run Podman's containers put their name.  Source: podman-systemd.unit(5),
podman-generate-systemd(1)"""
_SERVICE = ("com.docker.compose.service", "io.podman.compose.service", _TASK)
"""The labels in which Compose or a swarm puts the name of a container's service."""
PROJECT = ("com.docker.compose.project", "io.podman.compose.project")
"""The labels in which Compose puts the name of a container's or network's project."""
_DEPENDS_ON = "com.docker.compose.depends_on"
"""The label in which Compose 2 puts the services that a service needs: ``db:service_started:false,…``.
Source: docker/compose pkg/api/labels.go"""
_ONE_OFF = "com.docker.compose.oneoff"
"""The label in which Compose says ``True`` of a container of ``compose run``."""
_CONTAINER = msgspec.json.Decoder(_Container)
_CONTAINERS = msgspec.json.Decoder(tuple[_Container, ...])
_POD = msgspec.json.Decoder(_Pod)
_PODS = msgspec.json.Decoder(tuple[_Pod, ...])


def containers(reading: Reading, stacks: Mapping[str, str] = _NO_STACKS) -> tuple[Container, ...]:
    """Return the containers in the order of the reading, without their ``netns``; raise ParseError.  ``stacks``: more
    exact network modes, by the file of the container's network namespace."""
    found = decode_list(_CONTAINERS, _CONTAINER, reading.text, source=reading.origin)
    if reading.key == "podman-containers":
        found = tuple(map(_of_all_addresses, found))
    try:
        read = tuple(_container(item, reading.id, stacks) for item in found)
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None
    known = {each.id for each in read}
    return tuple(_without_the_owners(each) if each.joined in known else each for each in read)


def pod_names(reading: Reading) -> tuple[tuple[str, str], ...]:
    """Return the id of the infra container and the name of each pod in ``podman pod ps --format json``; raise
    ParseError."""
    found = decode_list(_PODS, _POD, reading.text, source=reading.origin)
    return tuple((each.infra_id, each.name) for each in found if each.infra_id and each.name)


def _of_all_addresses(container: _Container) -> _Container:
    """Return one of Podman's containers, in whose ports the address 0.0.0.0 is empty, as Podman itself keeps it.

    ``-p 8080:80`` and ``-p 0.0.0.0:8080:80`` are one to Podman: netavark publishes both over IPv6, too, on a network
    that has IPv6.  Since Podman 5, ``podman inspect`` prints 0.0.0.0 for both.  Source: podman PR 7201, PR 21601;
    measured with Podman 5.4.2 and 5.8.6"""

    def opened(ports: _Ports | None) -> _Ports | None:
        return ports and {
            key: hosts and tuple(_Host("", each.port) if each.ip == "0.0.0.0" else each for each in hosts)
            for key, hosts in ports.items()
        }

    config, settings = container.host_config, container.network_settings
    return msgspec.structs.replace(
        container,
        host_config=msgspec.structs.replace(config, port_bindings=opened(config.port_bindings)),
        network_settings=msgspec.structs.replace(settings, ports=opened(settings.ports)),
    )


def _without_the_owners(container: Container) -> Container:
    """Return a container that shares another's network, without the networks and published ports of that other
    container.  Podman shows them again for each sharer, as for each container of a pod; Docker shows none.  So they
    are only the owner's, and a simulated start gives them to one container.

    Source: podman libpod/networking_common.go getContainerNetworkInfo(); measured with Podman 4.3.1"""
    return msgspec.structs.replace(container, endpoints=(), bindings=())


def publishing_endpoint(container: Container) -> Endpoint | None:
    """Return the endpoint of the container to whose address published ports are translated: the endpoint on its first
    network."""
    mode = "bridge" if container.network_mode == "default" else container.network_mode
    for endpoint in container.endpoints:
        if endpoint.network == mode or (endpoint.network_id == mode and mode):
            return endpoint
    return next((endpoint for endpoint in container.endpoints if endpoint.ipv4 or endpoint.ipv6), None)


def _container(item: _Container, evidence: str, stacks: Mapping[str, str]) -> Container:
    state, host_config, config = item.state, item.host_config, item.config
    networks = item.network_settings.networks or {}
    endpoints = tuple(_endpoint(name, endpoint) for name, endpoint in networks.items() if endpoint is not None)
    restart = host_config.restart_policy
    status = state.status or ("paused" if state.paused else "running" if state.running else "exited")
    # Podman calls a container created that a reboot, or the end of its user's session, has ended, and keeps the time of
    # its start.  Measured with Podman 4.3
    forgotten = status == "created" and not state.error and is_engine_time(state.started_at)
    is_task = bool((config.labels or {}).get(_TASK))
    # A swarm never restarts a task's container: it makes another task, on this or on another node.  An ended task
    # publishes no port.
    over = is_task and status not in ("running", "paused", "restarting")
    return Container(
        id=item.id,
        name=item.name.removeprefix("/"),
        status="exited" if forgotten else status,
        network_mode=stacks.get(item.network_settings.sandbox_key or "", host_config.network_mode or "default"),
        pid=state.pid or None,
        image=config.image or item.image_name or "",
        exit_code=None if forgotten else state.exit_code,
        created=item.created or "",
        error=state.error or "",
        started_at=state.started_at or "",
        finished_at=state.finished_at or "",
        oom_killed=bool(state.oom_killed),
        restart_count=item.restart_count or 0,
        health=_health(state.health),
        on_unhealthy="" if config.on_unhealthy in (None, "none") else config.on_unhealthy,
        bindings=() if over else _bindings(item, any(endpoint.ipv6 is not None for endpoint in endpoints)),
        network_disabled=config.network_disabled is True,
        exposed=tuple(_port(key) for key in config.exposed_ports or {} if "/" in key),
        endpoints=endpoints,
        unit=(config.labels or {}).get(_UNIT) or "",
        service=next((name for label in _SERVICE if (name := (config.labels or {}).get(label))), ""),
        project=next((name for label in PROJECT if (name := (config.labels or {}).get(label))), ""),
        depends_on=tuple(
            each.partition(":")[0] for each in ((config.labels or {}).get(_DEPENDS_ON) or "").split(",") if each
        ),
        is_one_off=(config.labels or {}).get(_ONE_OFF) == "True",
        is_task=is_task,
        restart_policy=(restart.name if restart is not None else "") or "no",
        dns=host_config.dns or (),
        extra_names=tuple(dict.fromkeys((*_added_names(item), *_linked_names(item)))),
        linked_names=_linked_names(item),
        pinned=tuple(_pins_in(item.host_config.extra_hosts or ())),
        evidence=evidence,
    )


def _added_names(item: _Container) -> tuple[str, ...]:
    """Return the names of ``--add-host NAME:ADDRESS``."""
    return tuple(name for each in item.host_config.extra_hosts or () if (name := each.partition(":")[0]))


def _linked_names(item: _Container) -> tuple[str, ...]:
    """Return the names of ``--link NAME:ALIAS``.  On the default network a link is written as
    ``/NAME:/CONTAINER/ALIAS``."""
    networks = item.network_settings.networks or {}
    links = (link for each in networks.values() if each is not None for link in each.links or ())
    named: list[str] = []
    for link in (*(item.host_config.links or ()), *links):
        linked, _, alias = link.partition(":")
        named += [linked.removeprefix("/"), alias.rpartition("/")[2]]
    return tuple(dict.fromkeys(each for each in named if each))


def _pins_in(entries: tuple[str, ...]) -> Iterator[PinnedName]:
    """Yield the names of ``--add-host NAME[;NAME]:ADDRESS`` (Podman allows several; an IPv6 address may be in
    brackets).  An entry without a valid address is skipped."""
    for entry in entries:
        names, _, text = entry.partition(":")
        found: tuple[Literal[4, 6], int | None] = (4, None)
        if text != "host-gateway":
            try:
                found = parse_address(text.strip("[]"))
            except ValueError:
                continue
        yield from (PinnedName(name, *found) for name in names.split(";") if name)


def _health(found: _Health | None) -> str:
    """Return the status of the container's health check; empty if there is none (``none`` in dockerd's JSON, empty in
    Podman's)."""
    status = found.status if found is not None else ""
    return status if status and status != "none" else ""


def _bindings(item: _Container, ipv6: bool) -> tuple[PortBinding, ...]:
    """Return the port bindings that are in effect.  For a container port without such a binding, return the bindings
    from HostConfig.

    An entry without a host port (``{"HostIp": "0.0.0.0", "HostPort": ""}``) is a port of a network whose gateway mode
    is ``routed`` in this family: dockerd leaves the host's port alone.  Measured with Docker 28.5.2"""
    actual = item.network_settings.ports or {}
    asked = item.host_config.port_bindings or {}
    found = [
        binding
        for key, hosts in actual.items()
        if hosts
        for host in hosts
        for binding in _binding(key, host, True, ipv6, by_default=_names_no_address(asked.get(key), host))
    ]
    found += [
        binding
        for key, hosts in asked.items()
        if hosts and not actual.get(key)
        for host in hosts
        for binding in _binding(key, host, False, True)
    ]
    found += [
        binding
        for key, hosts in actual.items()
        for version in {parse_address(each.ip)[0] for each in hosts or () if each.ip and each.port == ""}
        for host in asked.get(key) or ()
        for binding in _binding(key, host, False, True)
        if binding.version == version
    ]
    return tuple(dict.fromkeys(found))


def _names_no_address(asked: tuple[_Host, ...] | None, actual: _Host) -> bool:
    """Return whether none of the container's options for this host port names an address; the port is then on a default
    address.  Source: moby daemon/network.go, cnetwork.PortBinding.HostIP and DefaultBindingIP"""
    of_port = tuple(
        each for each in asked or () if (each.port or "0") in ("0", actual.port) or "-" in (each.port or "")
    )
    return bool(actual.ip) and all(not each.ip for each in of_port)


def _binding(key: str, host: _Host, actual: bool, ipv6: bool, *, by_default: bool = False) -> list[PortBinding]:
    """Return the bindings of one entry of the engine's JSON.  An empty address means every IPv4 address and, with
    ``ipv6``, every IPv6 address.

    If the engine has not chosen the host's port yet (``""``, ``0``, a range), the port has no binding.
    """
    protocol_name, container_port = _port(key)
    protocol = _PROTOCOLS.get(protocol_name)
    if protocol is None or not host.port or not host.port.isdigit() or not int(host.port):
        return []
    versions: tuple[Literal[4, 6], ...] = (4, 6) if ipv6 else (4,)
    value: int | None = None
    if host.ip:
        version, value = parse_address(host.ip)
        versions = (version,)
    by_default = by_default and bool(value)
    return [
        PortBinding(protocol, container_port, int(host.port), value or None, version, actual, by_default)
        for version in versions
    ]


def _port(key: str) -> tuple[str, int]:
    number, _, protocol = key.partition("/")
    return protocol or "tcp", int(number.partition("-")[0])


def _endpoint(name: str, item: _Endpoint) -> Endpoint:
    return Endpoint(
        network=name,
        network_id=item.network_id or "",
        ipv4=_optional(item.ipv4),
        ipv4_prefix_length=item.ipv4_length or 0,
        ipv6=_optional(item.ipv6),
        ipv6_prefix_length=item.ipv6_length or 0,
        gateway4=_optional(item.gateway4),
        gateway6=_optional(item.gateway6),
        mac=mac(item.mac or ""),
        aliases=tuple(dict.fromkeys((*(item.aliases or ()), *(item.dns_names or ())))),
        fixed4=_optional(item.fixed.ipv4) if item.fixed is not None else None,
        fixed6=_optional(item.fixed.ipv6) if item.fixed is not None else None,
    )


def _optional(text: str | None) -> int | None:
    return parse_address(text)[1] if text else None
