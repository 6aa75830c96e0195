"""Networks from ``docker network inspect`` and ``podman network inspect``: with one object on each line or with one
array.

Source: Docker Engine API, NetworkInspect; podman's fields (netavark) are in lower case, and one of them names the link.
"""

from collections.abc import Iterator

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.docker import MASQUERADES, STACKED, SWARM_BRIDGE, Conflist, DockerNetwork, Endpoint, Subnet
from hairpin.host.read.engines.container_json import PROJECT
from hairpin.host.read.ip.address_text import interface_address, mac, network
from hairpin.host.read.json_text import decode_list

BRIDGE_NAME = "com.docker.network.bridge.name"
_ID_CHARACTERS = 12
_Texts = tuple[str | None, str | None, str | None]
"""A block of addresses as text: the network, the gateway, and the part from which containers get their addresses."""


class _Block(msgspec.Struct, rename="pascal"):
    subnet: str | None = ""
    gateway: str | None = ""
    part: str | None = msgspec.field(default="", name="IPRange")


class _Ipam(msgspec.Struct, rename="pascal"):
    config: tuple[_Block, ...] | None = None


class _Attached(msgspec.Struct):
    ipv4: str | None = msgspec.field(default="", name="IPv4Address")
    mac: str | None = msgspec.field(default="", name="MacAddress")


class _Docker(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    name: str = msgspec.field(name="Name")
    driver: str | None = msgspec.field(default="", name="Driver")
    scope: str | None = msgspec.field(default="local", name="Scope")
    internal: bool | None = msgspec.field(default=False, name="Internal")
    ipv6: bool | None = msgspec.field(default=False, name="EnableIPv6")
    ingress: bool | None = msgspec.field(default=False, name="Ingress")
    ipam: _Ipam | None = msgspec.field(default=None, name="IPAM")
    options: dict[str, str] | None = msgspec.field(default=None, name="Options")
    containers: dict[str, _Attached] | None = msgspec.field(default=None, name="Containers")
    created: str | None = msgspec.field(default="", name="Created")
    labels: dict[str, str | None] | None = msgspec.field(default=None, name="Labels")


class _PodmanBlock(msgspec.Struct):
    subnet: str | None = ""
    gateway: str | None = ""


class _Podman(msgspec.Struct):
    name: str
    id: str
    driver: str | None = ""
    link: str | None = msgspec.field(default=None, name="network_interface")
    subnets: tuple[_PodmanBlock, ...] | None = None
    internal: bool | None = False
    ipv6: bool | None = msgspec.field(default=False, name="ipv6_enabled")
    dns_enabled: bool | None = None
    options: dict[str, str] | None = None
    labels: dict[str, str | None] | None = None


_DOCKER = msgspec.json.Decoder(_Docker)
_DOCKER_ALL = msgspec.json.Decoder(tuple[_Docker, ...])
_PODMAN = msgspec.json.Decoder(_Podman)
_PODMAN_ALL = msgspec.json.Decoder(tuple[_Podman, ...])


def docker_networks(reading: Reading) -> tuple[DockerNetwork, ...]:
    """Return the networks in the order of the reading; raise ParseError."""
    found = decode_list(_DOCKER_ALL, _DOCKER, reading.text, source=reading.origin)
    try:
        return tuple(_docker(item, reading.id) for item in found)
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def podman_networks(reading: Reading) -> tuple[DockerNetwork, ...]:
    """Return the networks in the order of the reading; raise ParseError."""
    found = decode_list(_PODMAN_ALL, _PODMAN, reading.text, source=reading.origin)
    try:
        return tuple(
            DockerNetwork(
                id=item.id,
                name=item.name,
                driver=item.driver or "",
                internal=bool(item.internal),
                ipv6=bool(item.ipv6),
                subnets=_subnets(tuple((block.subnet, block.gateway, None) for block in item.subnets or ())),
                options=tuple(_podman_options(item).items()),
                bridge=item.link if item.driver == "bridge" else None,
                dns_enabled=item.dns_enabled,
                project=_project(item.labels),
                evidence=reading.id,
            )
            for item in found
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def _podman_options(item: _Podman) -> dict[str, str]:
    """Return the options of the network.  Podman keeps the parent of a macvlan or ipvlan network as its link, as Docker
    keeps it as an option.  Source: containers/common libnetwork/netavark/config.go"""
    options = item.options or {}
    return {"parent": item.link, **options} if item.driver in STACKED and item.link else options


def with_cni(networks: tuple[DockerNetwork, ...], reading: Reading | None) -> tuple[DockerNetwork, ...]:
    """Return Podman's networks with what the files of CNI say about plugins and masquerading.  ``reading``: the lines
    of grep, each with the name of its file.

    Source: containernetworking plugins, plugins/main/bridge/bridge.go: without ``ipMasq``, there is none."""
    if reading is None or reading.outcome != "text":
        return networks
    names: dict[str, str] = {}
    masquerading: set[str] = set()
    plugins: dict[str, set[str]] = {}
    for line in reading.text.splitlines():
        path, _, said = line.partition(':"')
        key, _, value = said.partition('"')
        value = value.lstrip(" :").strip('"')
        if key == "name":
            names.setdefault(path, value)
        elif key == "type":
            plugins.setdefault(path, set()).add(value)
        elif value == "true":
            masquerading.add(path)
    paths = {name: path for path, name in names.items()}
    off = {name for path, name in names.items() if path not in masquerading}
    return tuple(
        msgspec.structs.replace(
            each,
            options=(*each.options, (MASQUERADES, "false")) if each.name in off else each.options,
            conflist=Conflist(path, frozenset(plugins[path]), reading.id) if path in plugins else None,
        )
        for each in networks
        for path in (paths.get(each.name, ""),)
    )


class _Stored(msgspec.Struct):
    id: str
    name: str
    driver: str = msgspec.field(default="", name="networkType")
    scope: str | None = "local"
    internal: bool | None = False
    ingress: bool | None = False
    in_delete: bool | None = msgspec.field(default=False, name="inDelete")
    ipv6: bool | None = msgspec.field(default=False, name="enableIPv6")
    pools4: str | None = msgspec.field(default=None, name="ipamV4Info")
    pools6: str | None = msgspec.field(default=None, name="ipamV6Info")
    generic: dict[str, dict[str, str]] | None = None


class _StoredPool(msgspec.Struct):
    data: str = msgspec.field(default="", name="IPAMData")


class _PoolData(msgspec.Struct):
    pool: str | None = msgspec.field(default="", name="Pool")
    gateway: str | None = msgspec.field(default="", name="Gateway")


_STORED = msgspec.json.Decoder(_Stored)
_STORED_ALL = msgspec.json.Decoder(tuple[_Stored, ...])
_POOLS = msgspec.json.Decoder(tuple[_StoredPool, ...])
_POOL = msgspec.json.Decoder(_PoolData)
_GENERIC = "com.docker.network.generic"


def stored_networks(reading: Reading) -> tuple[DockerNetwork, ...]:
    """Return the networks in the database of dockerd's libnetwork, each once; raise ParseError."""
    found = {
        each.id: each
        for each in decode_list(_STORED_ALL, _STORED, reading.text, source=reading.origin)
        if not each.in_delete
    }
    try:
        return tuple(_of_stored(item, reading.id) for item in found.values())
    except (ValueError, msgspec.DecodeError) as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def _of_stored(item: _Stored, evidence: str) -> DockerNetwork:
    options = (item.generic or {}).get(_GENERIC, {})
    named = options.get(BRIDGE_NAME) or ("docker0" if item.name == "bridge" else f"br-{item.id[:_ID_CHARACTERS]}")
    return DockerNetwork(
        id=item.id,
        name=item.name,
        driver=item.driver,
        scope=item.scope or "local",
        internal=bool(item.internal),
        ipv6=bool(item.ipv6),
        ingress=bool(item.ingress),
        subnets=_subnets((*_pools(item.pools4), *_pools(item.pools6))),
        options=tuple(options.items()),
        bridge=named if item.driver == "bridge" else None,
        evidence=evidence,
    )


def _pools(text: str | None) -> tuple[_Texts, ...]:
    found = (_POOL.decode(each.data) for each in _POOLS.decode(text) if each.data) if text else ()
    return tuple((each.pool, each.gateway, None) for each in found)


def _docker(item: _Docker, evidence: str) -> DockerNetwork:
    options = item.options or {}
    blocks = (item.ipam.config if item.ipam is not None else None) or ()
    subnets = _subnets(tuple((block.subnet, block.gateway, block.part) for block in blocks))
    return DockerNetwork(
        id=item.id,
        name=item.name,
        driver=item.driver or "",
        scope=item.scope or "local",
        internal=bool(item.internal),
        ipv6=bool(item.ipv6),
        ingress=bool(item.ingress),
        ingress_sandbox=_sandbox(item),
        gateways=tuple(_gateways(item, subnets)) if item.name == SWARM_BRIDGE else (),
        subnets=subnets,
        options=tuple(options.items()),
        bridge=_bridge(item, options) if item.driver == "bridge" else None,
        project=_project(item.labels),
        created=item.created or "",
        evidence=evidence,
    )


def _project(labels: dict[str, str | None] | None) -> str:
    return next((name for label in PROJECT if (name := (labels or {}).get(label))), "")


def _sandbox(item: _Docker) -> int | None:
    """Return the address that swarm's namespace for published ports has on this network; None if it has no address
    there.

    Source: moby libnetwork/network.go ingressSandbox: its container id is ``ingress-sbox``
    """
    attached = (item.containers or {}).get("ingress-sbox")
    return interface_address(attached.ipv4)[1] if attached is not None and attached.ipv4 else None


def _gateways(item: _Docker, subnets: tuple[Subnet, ...]) -> Iterator[tuple[str, Endpoint]]:
    gateway = next((each.gateway for each in subnets if each.version == 4), None)
    for owner, attached in (item.containers or {}).items():
        if attached.ipv4:
            _, value, length = interface_address(attached.ipv4)
            yield (
                owner,
                Endpoint(
                    item.name,
                    item.id,
                    ipv4=value,
                    ipv4_prefix_length=length,
                    gateway4=gateway,
                    mac=mac(attached.mac or ""),
                ),
            )


def _bridge(item: _Docker, options: dict[str, str]) -> str:
    """Return the bridge link's name: the name in its option, docker0 for the network ``bridge``, or else a name that is
    made from the network's id.

    Source: libnetwork drivers/bridge, parseNetworkOptions: ``br-`` and the first 12 characters.
    """
    if options.get(BRIDGE_NAME):
        return options[BRIDGE_NAME]
    return "docker0" if item.name == "bridge" else f"br-{item.id[:_ID_CHARACTERS]}"


def _subnets(blocks: tuple[_Texts, ...]) -> tuple[Subnet, ...]:
    found: list[Subnet] = []
    for subnet, gateway, part in blocks:
        if subnet:
            version = interface_address(subnet)[0]
            value, length = network(subnet, version)
            own = interface_address(gateway)[1] if gateway else None
            found.append(Subnet(version, value, length, own, network(part, version) if part else None))
    return tuple(found)
