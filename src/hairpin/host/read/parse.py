"""Parses evidence into a host.  If some readings were made again, for example the rules of one namespace or one sysctl,
only these are parsed, and the readings that they replace are dropped."""

import re
from datetime import UTC, datetime

import msgspec

from hairpin.evidence.reading import HOST, Evidence, Reading
from hairpin.evidence.reading import Place as PlaceOfReading
from hairpin.evidence.renewal import changed_places, renewed
from hairpin.evidence.several import identity_of
from hairpin.host.compose import ComposeService
from hairpin.host.contact import EngineBeside
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host, Namespace, Unread
from hairpin.host.idle import IdleContainer
from hairpin.host.managers import Guest, GuestNetwork, NamedGuest, ScriptLine, Unit, Version
from hairpin.host.netns import NAMED, Netns
from hairpin.host.quadlet import Quadlet
from hairpin.host.read.engines.contact import asked_beside, beside, contact
from hairpin.host.read.engines.engines import engines, is_malformed, is_mute
from hairpin.host.read.engines.placement import (
    Place,
    left_unread,
    netnsids,
    placed,
    places,
    second_names,
    with_health_checks,
    with_hosts_entries,
    with_resolvers,
)
from hairpin.host.read.engines.relays import commands, network_stack, stack_of_dockerd
from hairpin.host.read.engines.swarm import with_mesh
from hairpin.host.read.managers import desktop, managing
from hairpin.host.read.managers.floating_text import floating_addresses
from hairpin.host.read.namespaces import NamespaceReader
from hairpin.host.read.readings import Name, Part, Readings, later
from hairpin.kept import kept
from hairpin.netfilter.ir import Chain, Ruleset, StatefulMatch
from hairpin.netfilter.limit import TimeWindow

_OPERATING_SYSTEM = re.compile(r'"OperatingSystem": *"([^"]*)"')


class ParsedHost(msgspec.Struct, frozen=True):
    """A host, the evidence from which it was made, and the parts from which it is composed."""

    host: Host
    evidence: Evidence
    parts: tuple[tuple[Name, Part], ...]


@kept
def parse(evidence: Evidence) -> Host:
    """Return the host, which is made once for the evidence: a question about the host after an event asks for it again.

    Parsing never fails: a reading that was refused, failed or cannot be parsed is skipped and listed in ``unread``.
    Therefore an unknown part can be distinguished from an absent part."""
    return parsed(evidence).host


def parsed(evidence: Evidence) -> ParsedHost:
    """Return the host with its evidence and parts, which a refresh needs (``refreshed``)."""
    return of_readings(evidence, Readings(evidence))


def of_readings(evidence: Evidence, readings: Readings) -> ParsedHost:
    """Return the host of the evidence.  ``readings`` may reuse parts of the host from earlier evidence."""
    units = readings.part(("units",), lambda: managing.units(readings))
    versions = readings.part(("versions",), lambda: managing.versions(readings))
    told = tuple(each.text for each in readings.of("namespaces"))
    known = readings.part(("places",), lambda: places(told))
    readable = frozenset(reading.netns for reading in evidence.readings if reading.netns and reading.outcome == "text")
    readable -= second_names(told, known)
    others = readings.part(("docker-beside",), lambda: _beside(readings))
    readable = _without_unasked(readable, others)
    running = _engines(readings, units, versions, known, readable)
    containers = tuple(container for engine in running for container in engine.containers)
    running, namespaces = with_mesh(running, _namespaces(evidence, readings, containers, known, readable, units))
    if any(each.name.startswith(NAMED) for each in namespaces):
        from hairpin.host.read.surroundings import without_surroundings  # noqa: PLC0415 - few hosts have such a namespace

        namespaces = without_surroundings(namespaces)
    running = _with_gateways(running, namespaces)
    files = readings.part(("quadlets",), lambda: _quadlets(readings))
    running = _with_errors_of_units(running, files)
    dmi = readings.first("dmi")
    rights = readings.first("container-rights")
    machine_id, boot_id = identity_of(evidence)
    host = Host(
        name=evidence.name,
        kernel=evidence.kernel,
        taken_at=evidence.taken_at,
        snapshot_id=evidence.snapshot_id,
        machine_id=machine_id or None,
        boot_id=boot_id or None,
        namespaces=namespaces,
        engines=running,
        contacts=tuple(contact(evidence, each.kind, _beside_others(running, each)) for each in running),
        beside=others,
        idle=readings.part(("rootless-containers",), lambda: _idle(readings)),
        quadlets=files,
        compose=readings.part(("compose-files",), lambda: _compose(readings)),
        firewalld=readings.part(("firewalld",), lambda: managing.firewalld(readings, versions), versions),
        ufw=readings.part(("ufw",), lambda: managing.ufw(readings)),
        units=units,
        versions=(*_engine_versions(running), *versions),
        files=readings.part(("files",), lambda: managing.files(readings)),
        boot_lines=readings.part(("boot-scripts", "boot-units"), lambda: _boot_lines(readings)),
        named_guests=readings.part(("guests",), lambda: _named_guests(readings)),
        guest_networks=readings.part(("guest-networks",), lambda: _guest_networks(readings)),
        guest=_guest(evidence, readings, namespaces, versions),
        cloud=later("managers.cloud.of_dmi")(dmi.text) if dmi is not None else None,
        hypervisor=later("managers.cloud.hypervisor_of_dmi")(dmi.text) if dmi is not None else None,
        cloud_addresses=readings.part(("cloud-init",), lambda: managing.cloud_addresses(readings)),
        floating=readings.part(("floating",), lambda: floating_addresses(readings)),
        klog=readings.part(("klog",), lambda: managing.klog(readings)),
        plans=readings.part(("plans",), lambda: managing.plans(readings)),
        rule_tools=readings.part(("rule-tools",), lambda: managing.rule_tools(readings)),
        unread=tuple(_with_rights(each, evidence, rights) for each in readings.unread),
    )
    return ParsedHost(host, evidence, readings.parts)


def _guest(
    evidence: Evidence, readings: Readings, namespaces: tuple[Namespace, ...], versions: tuple[Version, ...]
) -> Guest | None:
    info, signs = readings.first("docker-info"), readings.first("desktop-signs")
    told = _OPERATING_SYSTEM.findall(info.text if info else "")
    systems = (*told, *(each.text for each in versions if each.program == "os"))
    links = frozenset(link.name for each in namespaces if each.name == HOST for link in each.links)
    return desktop.guest_of(evidence.kernel, evidence.hostname, systems, signs.text if signs else "", links)


def _with_rights(unread: Unread, evidence: Evidence, rights: Reading | None) -> Unread:
    reason = str(unread.reason)
    refused = rights is not None and ("denied" in reason or "ermi" in reason)
    lacking = desktop.rights_lacking(unread.key, rights.text) if rights is not None and refused else ()
    return msgspec.structs.replace(unread, host=evidence.name, lacking=lacking)


def _beside(readings: Readings) -> tuple[EngineBeside, ...]:
    reading = readings.first("docker-beside")
    if reading is None:
        return ()
    return beside(reading, asked_beside(readings.of("docker-socket"), readings.of("docker-containers")))


def _without_unasked(readable: frozenset[str], others: tuple[EngineBeside, ...]) -> frozenset[str]:
    """Return the namespaces without those in which users' dockerds run that were not asked: what is behind their
    bridges is not known, and another dockerd's containers have the same addresses."""
    pids = {each.pid for each in others}
    return (
        frozenset(name for name in readable if (held := Netns("", name).rootless_of) is None or held[1] not in pids)
        if pids
        else readable
    )


def _beside_others(running: tuple[Engine, ...], engine: Engine) -> str:
    """Return the user of a dockerd that was asked beside the host's own one, which is the first; else an empty text."""
    first = next(each for each in running if each.kind == engine.kind)
    return engine.user if engine.kind == "docker" and engine is not first else ""


def _idle(readings: Readings) -> tuple[IdleContainer, ...]:
    found = readings.of("rootless-containers")
    if not found:
        return ()
    from hairpin.host.read.engines.idle import idle_containers  # noqa: PLC0415 - few hosts have such users

    return readings.all_understood(found, idle_containers)


def _named_guests(readings: Readings) -> tuple[NamedGuest, ...]:
    found = readings.of("guests")
    if not found:
        return ()
    from hairpin.host.read.managers.guests import named_guests  # noqa: PLC0415 - few hosts have guests

    return named_guests(found)


def _guest_networks(readings: Readings) -> tuple[GuestNetwork, ...]:
    found = readings.of("guest-networks")
    if not found:
        return ()
    from hairpin.host.read.managers.guest_networks import guest_networks  # noqa: PLC0415 - few hosts have such files

    return guest_networks(found)


def _quadlets(readings: Readings) -> tuple[Quadlet, ...]:
    found = readings.of("quadlets")
    if not found:
        return ()
    from hairpin.host.read.engines.quadlets import quadlets  # noqa: PLC0415 - few hosts have such files

    return readings.all_understood(found, quadlets)


def _compose(readings: Readings) -> tuple[ComposeService, ...]:
    found = readings.of("compose-files")
    if not found:
        return ()
    from hairpin.host.read.engines.compose import services  # noqa: PLC0415 - few hosts have such files

    return readings.all_understood(found, services)


def _with_errors_of_units(running: tuple[Engine, ...], files: tuple[Quadlet, ...]) -> tuple[Engine, ...]:
    """Return the engines in which a stopped container has the error with which its unit's last start failed, where the
    engine stores none.  Return the same object if there is no such unit (``refreshed``)."""
    said = {(each.user, each.name): each.said for each in files if each.runs and each.has_failed and each.said}
    if not said:
        return running
    return tuple(
        msgspec.structs.replace(
            engine,
            containers=tuple(
                msgspec.structs.replace(each, error=said[engine.user, each.name])
                if not each.running and not each.error and (engine.user, each.name) in said
                else each
                for each in engine.containers
            ),
        )
        for engine in running
    )


def _boot_lines(readings: Readings) -> tuple[ScriptLine, ...] | None:
    return managing.boot_lines(readings) if readings.of("boot-scripts") else None


def _engines(
    readings: Readings,
    units: tuple[Unit, ...],
    versions: tuple[Version, ...],
    known: tuple[Place, ...],
    readable: frozenset[str],
) -> tuple[Engine, ...]:
    mute, malformed = is_mute(readings), is_malformed(readings)
    left = left_unread(tuple(each.text for each in readings.of("namespaces-left")))

    def make() -> tuple[Engine, ...]:
        found = engines(readings, units, versions, mute=mute, malformed=malformed)
        own = tuple(each.text for each in readings.of("container-resolvers"))
        pinned = tuple(each.text for each in readings.of("container-hosts"))
        checks = tuple(each.text for each in readings.of("health-checks"))

        def inside(engine: Engine) -> tuple[Container, ...]:
            lying = placed(_alive(engine, known), known, readable, left)
            return with_health_checks(with_hosts_entries(with_resolvers(lying, own), pinned), checks)

        def made(engine: Engine) -> Engine:
            stack = _network_stack(readings, found, engine) if engine.rootless else None
            return msgspec.structs.replace(engine, containers=inside(engine), network_stack=stack)

        return tuple(map(made, found))

    return readings.part(("engines",), make, units, versions, known, readable, left, mute, malformed)


def _network_stack(readings: Readings, found: tuple[Engine, ...], engine: Engine) -> str | None:
    """Return the program that carries the packets of the rootless engine's networks; None if it is not known, or if
    several users' Podman has such networks."""
    told = readings.of("relay-cmdlines")
    running = tuple(command for each in told for command in commands(each.text))
    if not told or engine.kind == "docker":
        return stack_of_dockerd(running, engine.uid) if told else None
    return network_stack(running) if sum(each.kind == "podman" and each.rootless for each in found) == 1 else None


def _with_gateways(running: tuple[Engine, ...], namespaces: tuple[Namespace, ...]) -> tuple[Engine, ...]:
    """Return the engines with the gateways that they do not list.  Return the same object if they list all gateways of
    networks with ``--ip-range``, because what is derived from the engines is kept on it (``refreshed``)."""
    subnets = (subnet for engine in running for each in engine.networks for subnet in each.subnets)
    if all(each.gateway is not None or each.part is None for each in subnets):
        return running
    from hairpin.host.read.engines.engines import with_gateways  # noqa: PLC0415 - few networks have such a range

    return with_gateways(running, namespaces)


def _alive(engine: Engine, known: tuple[Place, ...]) -> tuple[Container, ...]:
    """Return the engine's containers, with their true status.  The engine's files may still call a container running
    after all of its processes have ended.  A container without a process counts as exited."""
    if not engine.stored:
        return engine.containers
    alive = {place.container for place in known}
    return tuple(
        msgspec.structs.replace(each, status="exited", pid=None)
        if each.status != "created" and each.id not in alive
        else each
        for each in engine.containers
    )


def _namespaces(
    evidence: Evidence,
    readings: Readings,
    containers: tuple[Container, ...],
    known: tuple[Place, ...],
    readable: frozenset[str],
    units: tuple[Unit, ...],
) -> tuple[Namespace, ...]:
    reader = NamespaceReader(readings, containers, evidence.kernel, readable, units)
    ids = readings.first("netns-ids")
    calls = netnsids(ids.text, known) if ids is not None else ()
    return tuple(
        with_clock(reader.namespace(name, calls if name == HOST else ()), evidence.taken_at)
        for name in evidence.namespaces()
        if name in readable
    )


def _engine_versions(running: tuple[Engine, ...]) -> tuple[Version, ...]:
    return tuple(Version(engine.kind, engine.version, engine.evidence) for engine in running if engine.version)


def with_clock(namespace: Namespace, taken_at: str) -> Namespace:
    """Return the namespace with the moment of its reading, if one of its rules depends on the time."""
    windows = time_windows(namespace.ruleset)
    now_s = _seconds(taken_at) if windows else None
    return namespace if now_s is None else msgspec.structs.replace(namespace, now_s=now_s)


def time_windows(ruleset: Ruleset) -> tuple[TimeWindow, ...]:
    """Return the windows of time that rules compare, each once."""
    return tuple(dict.fromkeys(each for table in ruleset.tables for chain in table.chains for each in _windows(chain)))


@kept
def _windows(chain: Chain) -> tuple[TimeWindow, ...]:
    return tuple(
        part.limit
        for rule in chain.rules
        for part in rule.body
        if isinstance(part, StatefulMatch) and isinstance(part.limit, TimeWindow)
    )


def _seconds(taken_at: str) -> int | None:
    """Return the moment in seconds since 1970; None if the text does not name its time zone."""
    try:
        moment = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return int(moment.astimezone(UTC).timestamp()) if moment.tzinfo is not None else None


def refreshed(before: ParsedHost, newer: Evidence, gone: frozenset[PlaceOfReading] = frozenset()) -> ParsedHost:
    """Return the host with the readings of ``newer``, and without the readings at the places ``gone``
    (evidence/renewal.py).

    Law: the result equals the host that is parsed from the whole renewed evidence.  Parts that are not affected are the
    same objects as before, and so are unchanged chains of a ruleset that was read again.  Therefore derived values that
    are kept on these objects (``hairpin.kept``), such as the index of a long chain, stay.
    """
    evidence = renewed(before.evidence, newer, gone)
    return of_readings(evidence, Readings(evidence, before.parts, changed_places(before.evidence, evidence)))
