"""The container engines of a host from their readings."""

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.managers import Unit, Version
from hairpin.host.read.engines import container_json, engine_options, network_json
from hairpin.host.read.engines.engine_options import GivenOptions
from hairpin.host.read.readings import Readings

_DOCKER_PACKAGES = ("docker.io", "docker-ce", "moby-engine", "docker")
_PODMAN_PACKAGES = ("podman",)


def is_mute(readings: Readings) -> bool:
    """Return whether Docker is there and could not be asked: at least one of its readings was refused or failed."""
    return any(item.key.startswith("docker-") for item in readings.unread)


def engines(
    readings: Readings, units: tuple[Unit, ...], versions: tuple[Version, ...], *, mute: bool = False
) -> tuple[Engine, ...]:
    """Return the engines that run or are installed; containers still without their namespaces.

    ``mute``: whether Docker could not be asked.
    """
    found = (_docker(readings, units, versions, mute=mute), _podman(readings, versions))
    return tuple(engine for engine in found if engine is not None)


def _docker(readings: Readings, units: tuple[Unit, ...], versions: tuple[Version, ...], *, mute: bool) -> Engine | None:
    nothing: GivenOptions = ()
    info_reading, version_reading = readings.first("docker-info"), readings.first("docker-version")
    flags, file = readings.first("dockerd-cmdline"), readings.first("daemon-json")
    installed = _package(versions, _DOCKER_PACKAGES)
    running = mute or any(reading is not None for reading in (info_reading, version_reading, flags))
    unit = any(item.name == "docker.service" for item in units)
    if not running and file is None and installed is None and not unit:
        return None
    info = readings.understood(
        info_reading, lambda r: engine_options.of_info(r.text, source=r.origin), engine_options.Info()
    )
    said = engine_options.of_flags(flags.text) if flags is not None else nothing
    said += readings.understood(file, lambda r: engine_options.of_file(r.text, source=r.origin), nothing)
    version = _version(readings, version_reading) or info.version
    engine = Engine(
        kind="docker",
        version=version or _upstream(installed),
        running=running,
        containers=_containers(readings, "docker-containers"),
        networks=_networks(readings, "docker-networks"),
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
    info = readings.understood(
        info_reading, lambda r: engine_options.of_podman_info(r.text, source=r.origin), engine_options.PodmanInfo()
    )
    return msgspec.structs.replace(
        engine,
        rootless=info.rootless,
        network_backend=info.backend,
        network_version=info.version or _upstream(_package(versions, ("netavark",))),
    )


def _containers(readings: Readings, key: str) -> tuple[Container, ...]:
    return readings.all_understood(
        readings.of(key), lambda r: container_json.containers(r.text, source=r.origin, evidence=r.id)
    )


def _networks(readings: Readings, key: str) -> tuple[DockerNetwork, ...]:
    parse = network_json.docker_networks if key.startswith("docker") else network_json.podman_networks
    return readings.all_understood(readings.of(key), lambda r: parse(r.text, source=r.origin, evidence=r.id))


def _version(readings: Readings, reading: Reading | None) -> str:
    return readings.understood(reading, lambda r: engine_options.version(r.text, source=r.origin), "")


def _package(versions: tuple[Version, ...], names: tuple[str, ...]) -> str | None:
    return next((item.text for name in names for item in versions if item.program == f"package:{name}"), None)


def _upstream(package: str | None) -> str:
    """Return the engine's version from its package's: without epoch and revision."""
    return (package or "").rpartition(":")[2].partition("-")[0]


def _evidence(*readings: Reading | None) -> str:
    return next((reading.id for reading in readings if reading is not None), "")
