"""The container engines of a host from their readings.

Podman's files of settings are read as lines, in the order in which Podman reads the files:

    line := path ":" number ":" table "." key "=" value

For a Docker network with ``--ip-range`` and without ``--gateway`` dockerd chooses the first free address of the range
as the gateway.  dockerd 20.10 does not list this gateway until its next start.  A container's endpoint lists the
gateway while the container runs, and the network's bridge has it as its address.

Source: containers.conf(5); moby libnetwork/network.go ipamAllocateVersion(); measured with 20.10.24
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.boot.containers_conf import ConfLine, line_of
from hairpin.host.docker import Container, DockerNetwork, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.managers import Unit, Version
from hairpin.host.read.engines import container_json, engine_options, network_json
from hairpin.host.read.engines.boot import boot
from hairpin.host.read.engines.engine_options import GivenOptions
from hairpin.host.read.engines.relays import commands, stacks_by_file
from hairpin.host.read.engines.swarm import services, with_tasks
from hairpin.host.read.readings import Readings, user_of
from hairpin.host.swarm import SwarmService
from hairpin.programs import DOCKER, PODMAN


def is_mute(readings: Readings) -> bool:
    """Return whether Docker exists but could not be asked: at least one of its readings was refused or failed."""
    return any(item.key.startswith("docker-") and not user_of(item) for item in readings.unread)


def is_malformed(readings: Readings) -> bool:
    """Return whether daemon.json is not JSON."""
    return readings.is_not_json("daemon-json")


def engines(
    readings: Readings,
    units: tuple[Unit, ...],
    versions: tuple[Version, ...],
    *,
    mute: bool = False,
    malformed: bool = False,
) -> tuple[Engine, ...]:
    """Return the engines that run or are installed.  The field ``netns`` of the engines' containers is not filled in
    yet.

    ``mute``: whether Docker could not be asked.  ``malformed``: whether dockerd's daemon.json is not JSON.
    """
    docker = _docker(readings, units, versions, mute=mute, malformed=malformed)
    users = dict.fromkeys(user_of(each) for each in readings.of("docker-containers"))
    others = (_docker(readings, (), (), user) for user in users if user)
    return (*(each for each in (docker, *others) if each is not None), *_podmans(readings, versions))


def _docker(
    readings: Readings,
    units: tuple[Unit, ...],
    versions: tuple[Version, ...],
    user: str = "",
    *,
    mute: bool = False,
    malformed: bool = False,
) -> Engine | None:
    """Return the Docker that was asked; with ``user``, that of this user, which was asked beside it."""

    def first(key: str) -> Reading | None:
        return next(iter(_of_user(readings, key, user)), None)

    nothing: GivenOptions = ()
    info_reading, version_reading = first("docker-info"), first("docker-version")
    flags, file = first("dockerd-cmdline"), first("daemon-json")
    installed = _package(versions, DOCKER.packages)
    told = first("docker-containers") is not None
    answers = (info_reading, version_reading, flags, first("docker-networks"))
    running = told or any(reading is not None for reading in answers)
    unit = any(item.name == "docker.service" for item in units)
    stored = first("docker-stored-containers")
    if not (running or mute or unit) and all(each is None for each in (file, installed, stored)):
        return None
    info = readings.understood(info_reading, engine_options.of_info, engine_options.Info())
    if info_reading is None:  # the daemon does not answer; its next start takes the file's options
        no_pools: tuple[tuple[int, int, int], ...] = ()
        pools = readings.understood(file, engine_options.pools_of_file, no_pools)
        info = msgspec.structs.replace(info, address_pools=pools)
    given = flags or first("dockerd-unit")
    said = engine_options.of_flags(given.text) if given is not None else nothing
    said += readings.understood(file, engine_options.of_file, nothing)
    version = _version(readings, version_reading) or info.version
    socket = first("docker-socket")
    owner = user or _asked_user(socket)
    containers = _containers(readings, "docker-containers" if told else "docker-stored-containers", user)
    engine = Engine(
        kind="docker",
        version=version or _upstream(installed),
        running=running or (mute and first("dockerd-boot") is None),
        containers=containers,
        networks=_networks(readings, "docker-networks", user) or _stored_networks(readings, containers),
        services=_services(readings, first("swarm-services")),
        stored=not told and stored is not None,
        user=owner,
        uid=_asked_uid(socket),
        lingers=_lingers(readings, owner),
        boot=boot(readings, units, malformed=malformed) if not user else None,
        evidence=_evidence(info_reading, version_reading, flags, file),
    )
    return engine_options.with_options(engine, engine_options.options(said), info)


def _asked_user(socket: Reading | None) -> str:
    """Return the user whose dockerd was asked, if this is not the user of the collector: the collector writes
    ``SOCKET (dockerd, process PID, of USER)``."""
    found = re.search(r", of ([^()]+)\)", socket.text) if socket is not None else None
    return found[1] if found is not None else ""


def _asked_uid(socket: Reading | None) -> int:
    """Return the id of the user whose socket was asked; 0 for a socket elsewhere than in a user's runtime folder."""
    found = re.match(r"unix:///run/user/(\d+)/", socket.text) if socket is not None else None
    return int(found[1]) if found is not None else 0


def _services(readings: Readings, listed: Reading | None) -> tuple[SwarmService, ...] | None:
    """Return the services of the swarm; None if no manager of the swarm listed them."""
    found: tuple[SwarmService, ...] | None = readings.understood(listed, services, None)
    if not found:
        return found
    told = found
    return readings.understood(
        readings.first("swarm-tasks"), lambda r: with_tasks(told, r.text, source=r.origin), found
    )


def _podmans(readings: Readings, versions: tuple[Version, ...]) -> Iterator[Engine]:
    """Yield Podman once for each user whose Podman was asked.  Each user of Podman has separate containers."""
    users = dict.fromkeys(user_of(each) for key in ("podman-version", "podman-containers") for each in readings.of(key))
    installed = _package(versions, PODMAN.packages)
    if not users and installed is not None:
        yield Engine(kind="podman", version=_upstream(installed), running=False)
    for user in users:
        yield _podman(readings, versions, user)


def _uid(reading: Reading | None) -> int:
    """Return the id of the user who ran the reading's command: the collector names the user's XDG_RUNTIME_DIR; 0 for
    the user of the collector."""
    found = re.search(r"XDG_RUNTIME_DIR=/run/user/(\d+) ", reading.origin) if reading is not None else None
    return int(found[1]) if found is not None else 0


def _podman(readings: Readings, versions: tuple[Version, ...], user: str) -> Engine:
    def first(key: str) -> Reading | None:
        return next(iter(_of_user(readings, key, user)), None)

    reading, info_reading = first("podman-version"), first("podman-info")
    info = readings.understood(info_reading, engine_options.of_podman_info, engine_options.PodmanInfo())
    networks, cni = _networks(readings, "podman-networks", user), first("cni-networks")
    conf = _conf(readings, first("containers-conf"))
    driver = line_of(conf, "network.firewall_driver")
    return Engine(
        kind="podman",
        version=_version(readings, reading) or _upstream(_package(versions, PODMAN.packages)),
        containers=_with_pods(readings, _containers(readings, "podman-containers", user), user),
        networks=network_json.with_cni(networks, cni) if info.backend == "cni" else networks,
        rootless=info.rootless,
        user=user,
        uid=_uid(reading or info_reading),
        lingers=_lingers(readings, user),
        network_backend=info.backend,
        firewall_backend=driver.value if driver is not None else None,
        conf=conf,
        has_resolver=info.has_resolver,
        network_version=info.version or _upstream(_package(versions, ("netavark",))),
        evidence=_evidence(reading, info_reading),
    )


def _conf(readings: Readings, reading: Reading | None) -> tuple[ConfLine, ...]:
    """Return what the files of containers.conf set."""
    if reading is None:
        return ()
    nothing: tuple[ConfLine, ...] = ()
    return readings.understood(reading, conf_lines, nothing)


def _with_pods(readings: Readings, containers: tuple[Container, ...], user: str) -> tuple[Container, ...]:
    """Return the containers, in which each infra container has the name of its pod."""
    found = _of_user(readings, "podman-pods", user)
    names = dict(readings.all_understood(found, container_json.pod_names)) if found else {}
    return tuple(msgspec.structs.replace(each, pod=names[each.id]) if each.id in names else each for each in containers)


def _lingers(readings: Readings, user: str) -> bool | None:
    found = readings.of("rootless-info")
    if not found:
        return None
    from hairpin.host.read.engines.idle import lingering  # noqa: PLC0415 - few hosts have engines of users

    return dict(readings.all_understood(found, lingering)).get(user)


def _of_user(readings: Readings, key: str, user: str) -> tuple[Reading, ...]:
    return tuple(each for each in readings.of(key) if user_of(each) == user)


def _containers(readings: Readings, key: str, user: str = "") -> tuple[Container, ...]:
    found = _of_user(readings, key, user)
    if not key.startswith("podman"):
        return readings.all_understood(found, container_json.containers)
    running = (each for told in readings.of("relay-cmdlines") for each in commands(told.text))
    stacks = stacks_by_file(tuple(running))
    return readings.all_understood(found, lambda reading: container_json.containers(reading, stacks))


def _networks(readings: Readings, key: str, user: str = "") -> tuple[DockerNetwork, ...]:
    parse = network_json.docker_networks if key.startswith("docker") else network_json.podman_networks
    return readings.all_understood(_of_user(readings, key, user), parse)


def _stored_networks(readings: Readings, containers: tuple[Container, ...]) -> tuple[DockerNetwork, ...]:
    """Return the networks of the engine's database.  The database may contain deleted networks, so a network is skipped
    if its bridge does not exist and no container is on it."""
    attached = {each.network_id for container in containers for each in container.endpoints}
    links = readings.first("ip-addr", HOST)
    found = readings.all_understood(readings.of("docker-stored-networks"), network_json.stored_networks)
    return tuple(
        each
        for each in found
        if each.bridge is None or each.id in attached or links is None or f'"ifname":"{each.bridge}"' in links.text
    )


def _version(readings: Readings, reading: Reading | None) -> str:
    return readings.understood(reading, engine_options.version, "")


def _package(versions: tuple[Version, ...], names: tuple[str, ...]) -> str | None:
    return next((item.text for name in names for item in versions if item.program == f"package:{name}"), None)


def _upstream(package: str | None) -> str:
    """Return the engine's version from the version of its package, without epoch and revision."""
    return (package or "").rpartition(":")[2].partition("-")[0]


def _evidence(*readings: Reading | None) -> str:
    return next((reading.id for reading in readings if reading is not None), "")


_LINE = re.compile(r"(?P<path>/[^:]*):(?P<number>\d+):(?P<key>[a-z_]+\.[a-z_]+)=(?P<value>.*)", re.ASCII)


def conf_lines(reading: Reading) -> tuple[ConfLine, ...]:
    """Return the lines in the order of the reading."""
    found = (_LINE.fullmatch(line) for line in reading.text.splitlines())
    return tuple(
        ConfLine(each["path"], int(each["number"]), each["key"], each["value"].strip(), reading.id)
        for each in found
        if each is not None
    )


_replace = msgspec.structs.replace


def with_gateways(engines: tuple[Engine, ...], namespaces: tuple[Namespace, ...]) -> tuple[Engine, ...]:
    """Return the engines with these gateways; the gateway stays None if neither an endpoint nor the bridge shows it."""
    return tuple(_with_gateways(each, namespaces) for each in engines)


def _with_gateways(engine: Engine, namespaces: tuple[Namespace, ...]) -> Engine:
    own = next((each for each in namespaces if each.name == HOST), None) if not engine.rootless else None
    networks = tuple(
        _replace(
            each,
            subnets=tuple(
                _replace(subnet, gateway=_gateway(engine, each, subnet, own)) if _is_untold(subnet) else subnet
                for subnet in each.subnets
            ),
        )
        for each in engine.networks
    )
    return _replace(engine, networks=networks)


def _is_untold(subnet: Subnet) -> bool:
    return subnet.gateway is None and subnet.part is not None


def _gateway(engine: Engine, joined: DockerNetwork, subnet: Subnet, own: Namespace | None) -> int | None:
    ends = (end for each in engine.containers for end in each.endpoints if end.network == joined.name)
    told = (end.gateway4 if subnet.version == 4 else end.gateway6 for end in ends)
    bridged = (each for each in own.addresses if each.link == joined.bridge) if own is not None else ()
    held = (each.value for each in bridged if each.prefix_length == subnet.prefix_length)
    known = (*told, *held)
    return next((each for each in known if each is not None and subnet.holds(each, subnet.version)), None)
