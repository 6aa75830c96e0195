"""The container engines of a host from their readings."""

import msgspec

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.managers import Unit, Version
from hairpin.host.read.engines import container_json, engine_options, network_json
from hairpin.host.read.engines.boot import boot
from hairpin.host.read.engines.engine_options import GivenOptions
from hairpin.host.read.readings import Readings

_DOCKER_PACKAGES = ("docker.io", "docker-ce", "moby-engine", "docker")
_PODMAN_PACKAGES = ("podman",)


def is_mute(readings: Readings) -> bool:
    """Return whether Docker is there and could not be asked: at least one of its readings was refused or failed."""
    return any(item.key.startswith("docker-") for item in readings.unread)


def is_malformed(readings: Readings) -> bool:
    """Return whether daemon.json is no JSON."""
    return any(item.key == "daemon-json" and "JSON" in str(item.reason) for item in readings.unread)


def engines(
    readings: Readings,
    units: tuple[Unit, ...],
    versions: tuple[Version, ...],
    *,
    mute: bool = False,
    malformed: bool = False,
) -> tuple[Engine, ...]:
    """Return the engines that run or are installed; containers still without their namespaces.

    ``mute``: whether Docker could not be asked.  ``malformed``: whether its daemon.json is no JSON.
    """
    found = (_docker(readings, units, versions, mute=mute, malformed=malformed), _podman(readings, versions))
    return tuple(engine for engine in found if engine is not None)


def _docker(
    readings: Readings, units: tuple[Unit, ...], versions: tuple[Version, ...], *, mute: bool, malformed: bool
) -> Engine | None:
    nothing: GivenOptions = ()
    info_reading, version_reading = readings.first("docker-info"), readings.first("docker-version")
    flags, file = readings.first("dockerd-cmdline"), readings.first("daemon-json")
    installed = _package(versions, _DOCKER_PACKAGES)
    running = any(reading is not None for reading in (info_reading, version_reading, flags))
    unit = any(item.name == "docker.service" for item in units)
    stored = readings.first("docker-stored-containers")
    if not (running or mute or unit) and all(each is None for each in (file, installed, stored)):
        return None
    told = readings.first("docker-containers") is not None
    info = readings.understood(
        info_reading, lambda r: engine_options.of_info(r.text, source=r.origin), engine_options.Info()
    )
    said = engine_options.of_flags(flags.text) if flags is not None else nothing
    said += readings.understood(file, lambda r: engine_options.of_file(r.text, source=r.origin), nothing)
    version = _version(readings, version_reading) or info.version
    engine = Engine(
        kind="docker",
        version=version or _upstream(installed),
        running=running or (mute and readings.first("dockerd-boot") is None),
        containers=_containers(readings, "docker-containers" if told else "docker-stored-containers"),
        networks=_networks(readings, "docker-networks") or _stored_networks(readings),
        stored=not told and stored is not None,
        boot=boot(readings, units, malformed=malformed),
        evidence=_evidence(info_reading, version_reading, flags, file),
    )
    return engine_options.with_options(engine, engine_options.options(said), info)


def _podman(readings: Readings, versions: tuple[Version, ...]) -> Engine | None:
    reading = readings.first("podman-version")
    installed = _package(versions, _PODMAN_PACKAGES)
    if reading is None and installed is None:
        return None
    info_reading = readings.first("podman-info")
    engine = Engine(
        kind="podman",
        version=_version(readings, reading) or _upstream(installed),
        running=reading is not None,
        containers=_containers(readings, "podman-containers"),
        networks=_networks(readings, "podman-networks"),
        evidence=_evidence(reading, info_reading),
    )
    return msgspec.structs.replace(engine, rootless=_rootless(readings, info_reading))


def _containers(readings: Readings, key: str) -> tuple[Container, ...]:
    return readings.all_understood(
        readings.of(key), lambda r: container_json.containers(r.text, source=r.origin, evidence=r.id)
    )


def _networks(readings: Readings, key: str) -> tuple[DockerNetwork, ...]:
    parse = network_json.docker_networks if key.startswith("docker") else network_json.podman_networks
    return readings.all_understood(readings.of(key), lambda r: parse(r.text, source=r.origin, evidence=r.id))


def _stored_networks(readings: Readings) -> tuple[DockerNetwork, ...]:
    """Return the networks of the engine's database.  It may hold deleted ones, which have no bridge any more."""
    links = readings.first("ip-addr", HOST)
    found = readings.all_understood(
        readings.of("docker-stored-networks"),
        lambda r: network_json.stored_networks(r.text, source=r.origin, evidence=r.id),
    )
    return tuple(
        each for each in found if each.bridge is None or links is None or f'"ifname":"{each.bridge}"' in links.text
    )


def _version(readings: Readings, reading: Reading | None) -> str:
    return readings.understood(reading, lambda r: engine_options.version(r.text, source=r.origin), "")


def _rootless(readings: Readings, reading: Reading | None) -> bool:
    return readings.understood(reading, lambda r: engine_options.podman_rootless(r.text, source=r.origin), False)


def _package(versions: tuple[Version, ...], names: tuple[str, ...]) -> str | None:
    return next((item.text for name in names for item in versions if item.program == f"package:{name}"), None)


def _upstream(package: str | None) -> str:
    """Return the engine's version from its package's: without epoch and revision."""
    return (package or "").rpartition(":")[2].partition("-")[0]


def _evidence(*readings: Reading | None) -> str:
    return next((reading.id for reading in readings if reading is not None), "")
