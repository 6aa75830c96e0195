"""The host that an evidence describes: the border between texts and values."""

import msgspec

from hairpin.evidence.reading import HOST, Evidence
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import Version
from hairpin.host.read.engines.engines import engines
from hairpin.host.read.engines.placement import Place, netnsids, placed, places
from hairpin.host.read.managers import cloud, managing
from hairpin.host.read.namespaces import NamespaceReader
from hairpin.host.read.readings import Readings


def parse(evidence: Evidence) -> Host:
    """Return the host.

    Never fails: a reading that was refused, failed or has a form that no parser knows is left out and listed in
    ``unread``, so that what is missing can be told from what is not there.
    """
    readings = Readings(evidence)
    units, versions = managing.units(readings), managing.versions(readings)
    known = places(tuple(reading.text for reading in readings.of("namespaces")))
    readable = frozenset(reading.netns for reading in evidence.readings if reading.netns and reading.outcome == "text")
    running = tuple(_placed(engine, known, readable) for engine in engines(readings, units, versions))
    namespaces = _namespaces(evidence, readings, running, known, readable)
    dmi = readings.first("dmi")
    return Host(
        name=evidence.hostname,
        kernel=evidence.kernel,
        taken_at=evidence.taken_at,
        snapshot_id=evidence.snapshot_id,
        namespaces=namespaces,
        engines=running,
        firewalld=managing.firewalld(readings, versions),
        ufw=managing.ufw(readings),
        units=units,
        versions=(*_engine_versions(running), *versions),
        files=managing.files(readings),
        cloud=cloud.of_dmi(dmi.text) if dmi is not None else None,
        klog=managing.klog(readings),
        unread=readings.unread,
    )


def _placed(engine: Engine, known: tuple[Place, ...], readable: frozenset[str]) -> Engine:
    return msgspec.structs.replace(engine, containers=placed(engine.containers, known, readable))


def _namespaces(
    evidence: Evidence,
    readings: Readings,
    running: tuple[Engine, ...],
    known: tuple[Place, ...],
    readable: frozenset[str],
) -> tuple[Namespace, ...]:
    containers = tuple(container for engine in running for container in engine.containers)
    reader = NamespaceReader(readings, containers, evidence.kernel)
    ids = readings.first("netns-ids")
    calls = netnsids(ids.text, known) if ids is not None else ()
    return tuple(
        reader.namespace(name, calls if name == HOST else ()) for name in evidence.namespaces() if name in readable
    )


def _engine_versions(running: tuple[Engine, ...]) -> tuple[Version, ...]:
    return tuple(Version(engine.kind, engine.version, engine.evidence) for engine in running if engine.version)
