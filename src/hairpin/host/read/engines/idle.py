"""Containers of rootless engines that run no process: documents, one on each line, of three forms.

From the files of Podman's storage and libpod's database: ``Id``, ``Name``, and ``Ports`` in libpod's form.  From
units: ``Unit``, ``Name``, and ``Publish`` with the values of ``PublishPort=`` or ``--publish``.  From the files of
dockerd: the form of ``docker inspect``.  Each document begins with the facts about the user.

Source: containers/podman libpod/container_config.go, ContainerNetworkConfig; podman-systemd.unit(5)
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.contact import Tool
from hairpin.host.docker import Container, PortBinding
from hairpin.host.idle import IdleContainer
from hairpin.host.read.engines import container_json
from hairpin.host.read.json_text import decode_documents
from hairpin.netfilter.address import parse_address

_MOST_PORTS = 1024
"""The greatest number of ports of one range that are read.  A longer range is cut."""
Transport = Literal["tcp", "udp", "sctp"]
_PROTOCOLS: dict[str, Transport] = {"tcp": "tcp", "udp": "udp", "sctp": "sctp"}


class _Port(msgspec.Struct):
    """A published port.  The second names are those of Podman up to version 3."""

    host_port: int = 0
    container_port: int = 0
    host_ip: str = ""
    protocol: str = "tcp"
    range: int = 1
    older_host_port: int = msgspec.field(default=0, name="hostPort")
    older_container_port: int = msgspec.field(default=0, name="containerPort")
    older_host_ip: str = msgspec.field(default="", name="hostIP")


class _Idle(msgspec.Struct, rename="pascal"):
    user: str
    uid: int
    engine: Tool
    name: str
    lingers: bool = False
    session: Literal["none", "idle", "unknown"] = "none"
    id: str = ""
    pod: str = ""
    unit: str = ""
    host_network: bool = False
    ports: tuple[_Port, ...] | None = None
    publish: tuple[str, ...] | None = None


class _User(msgspec.Struct, rename="pascal"):
    user: str
    lingers: bool


_USER = msgspec.json.Decoder(_User)
_IDLE = msgspec.json.Decoder(_Idle)


def lingering(reading: Reading) -> tuple[tuple[str, bool], ...]:
    """Return the users whose engine was asked, each with whether this user lingers; raise ParseError."""
    return tuple((each.user, each.lingers) for each in decode_documents(_USER, reading.text, source=reading.origin))


def idle_containers(reading: Reading) -> tuple[IdleContainer, ...]:
    """Return the containers in the order of the reading; raise ParseError.  The infra container of a pod stands for the
    pod's containers."""
    return tuple(_of_reading(reading))


def _of_reading(reading: Reading) -> Iterator[IdleContainer]:
    found = decode_documents(_IDLE, reading.text, source=reading.origin)
    stored = container_json.containers(reading) if any(each.engine == "docker" for each in found) else ()
    try:
        for number, each in enumerate(found):
            if stored:
                own = stored[number]
                yield _idle(each, own.name, own.bindings, reading.id, stored=own)
            elif not (each.pod and _infra(each, found) is not None):
                yield _idle(each, _names(each, found), _ports(each), reading.id)
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def _idle(
    item: _Idle, name: str, ports: tuple[PortBinding, ...] | None, evidence: str, *, stored: Container | None = None
) -> IdleContainer:
    return IdleContainer(
        user=item.user,
        uid=item.uid,
        engine=item.engine,
        name=name,
        lingers=item.lingers,
        session=item.session,
        pod=item.pod[:12],
        unit=item.unit,
        starts_with_engine=stored is not None and stored.starts_with_daemon,
        on_host=item.host_network or (stored is not None and stored.network_mode == "host"),
        ports=ports,
        evidence=evidence,
    )


def _infra(item: _Idle, found: tuple[_Idle, ...]) -> _Idle | None:
    """Return the infra container of the item's pod, unless the item is this container."""
    own = (each for each in found if each is not item and each.pod == item.pod and each.name.endswith("-infra"))
    return next(own, None)


def _names(item: _Idle, found: tuple[_Idle, ...]) -> str:
    """Return the container's name; for an infra container the names of the pod's other containers."""
    others = (each.name for each in found if item.pod and each.pod == item.pod and each is not item)
    return ", ".join(others) or item.name


def _ports(item: _Idle) -> tuple[PortBinding, ...] | None:
    if item.publish is not None:
        return tuple(binding for text in item.publish for binding in option_bindings(text))
    if item.ports is None:
        return None
    return tuple(binding for each in item.ports for binding in _mapping_bindings(each))


def _mapping_bindings(port: _Port) -> Iterator[PortBinding]:
    """Yield the bindings of one of libpod's port mappings.  A protocol list is written with commas."""
    first, inside = port.host_port or port.older_host_port, port.container_port or port.older_container_port
    for protocol in port.protocol.split(","):
        yield from _bindings(protocol, port.host_ip or port.older_host_ip, first, inside, max(port.range, 1))


def option_bindings(text: str) -> Iterator[PortBinding]:
    """Yield the bindings of ``[[ADDRESS:]HOST_PORT:]CONTAINER_PORT[/PROTOCOL]``.

    If the text has no host port, yield nothing: the engine chooses a port at the start.  Source: podman-run(1)"""
    body, _, protocol = text.partition("/")
    rest, colon, inside = body.rpartition(":")
    address, _, outside = rest.rpartition(":")
    first, _, last = outside.partition("-")
    start, _, _ = inside.partition("-")
    if colon and first.isdigit() and start.isdigit() and (not last or last.isdigit()):
        count = int(last) - int(first) + 1 if last else 1
        yield from _bindings(protocol or "tcp", address.strip("[]"), int(first), int(start), count)


def _bindings(protocol: str, address: str, first: int, inside: int, count: int) -> Iterator[PortBinding]:
    known = _PROTOCOLS.get(protocol)
    if known is None or not first:
        return
    version, value = parse_address(address) if address else (4, 0)
    for offset in range(min(count, _MOST_PORTS)):
        yield PortBinding(known, inside + offset, first + offset, value or None, version, actual=False)
