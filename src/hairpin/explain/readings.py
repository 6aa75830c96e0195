"""Uses the hosts' readings for texts about a state that no packet shows: missing chains, a dockerd that does not answer
or does not start, an engine's networks, kernel modules."""

import re
from collections.abc import Callable
from itertools import combinations

import msgspec

from hairpin.engines.docker.daemon import bound_elsewhere, refusal
from hairpin.engines.missing import missing_on
from hairpin.explain.line import readable
from hairpin.explain.lookup import find_meaning
from hairpin.explain.understand import TextFound
from hairpin.host.docker import Engine, Subnet
from hairpin.host.engine_health import Health, health
from hairpin.host.host import Host
from hairpin.message import Message, message


class StateReading(msgspec.Struct, frozen=True):
    """The result of a host's readings.

    ``holds``: whether the text is true on this host now, or None if the readings do not decide this.  ``said``: the
    sentence about the facts that the readings show."""

    holds: bool | None
    said: Message
    evidence: tuple[str, ...] = ()
    host: str = ""


_Reader = Callable[[TextFound, Host], StateReading | None]


def reading_of(found: TextFound, hosts: tuple[Host, ...]) -> StateReading | None:
    """Return the result of the readings of one host for the text.

    A host on which the text is true is preferred.  Return None if no reading is about the text."""
    reader = _READERS.get(found.entry.id)
    if reader is None:
        return None
    told = [
        msgspec.structs.replace(one, host=each.name)
        for each in hosts
        if each.was_read and (one := reader(found, each)) is not None
    ]
    return min(told, key=lambda each: (each.holds is not True, each.holds is not None), default=None)


# --- chains of dockerd ------------------------------------------------------------------------------------------------

_CHAIN = re.compile(r"\bDOCKER(?:-[A-Z0-9-]+)?\b")
_NAT = re.compile(r"-t nat\b|\bNAT\b|PREROUTING|POSTROUTING")


def _chains(found: TextFound, host: Host) -> StateReading | None:
    """Return whether the text names a missing chain of the host's dockerd."""
    named = frozenset(_CHAIN.findall(found.quote)) or frozenset({"DOCKER"})
    table = "nat" if _NAT.search(found.quote) else "filter"
    engines = [(engine, lost) for engine, lost in missing_on(host) if engine.kind == "docker" and engine.running]
    if not engines or host.netns.name not in host:
        return None
    gone = sorted({each.chain for _, lost in engines for each in lost.chains if each.table == table} & named)
    if gone:
        return StateReading(True, message("chain {chain} of table {table} is gone", chain=", ".join(gone), table=table))
    tables = (each for each in host.namespace(host.netns.name).ruleset.tables if each.name == table)
    there = {chain.name for each in tables for chain in each.chains} & named
    if not there:
        return None
    said = message("chain {chain} of table {table} exists now", chain=", ".join(sorted(there)), table=table)
    return StateReading(False, said)


# --- dockerd ----------------------------------------------------------------------------------------------------------


def _docker_of(host: Host) -> Health | None:
    return next((each for each in health(host) if each.engine.kind == "docker"), None)


def _unreachable(_: TextFound, host: Host) -> StateReading | None:
    docker = _docker_of(host)
    if docker is None:
        return None
    if docker.answers:
        return StateReading(False, message("dockerd answers now"), _traces(docker.engine))
    stopped = docker.contact.state == "stopped" and docker.expected  # with Podman, dockerd may be unused
    return StateReading(stopped or None, message("dockerd does not answer now"))


def _ended(_: TextFound, host: Host) -> StateReading | None:
    """Return whether systemd reports dockerd's unit as failed: dockerd failed at its last start, or later."""
    docker = _docker_of(host)
    if docker is None:
        return None
    if docker.answers:
        return StateReading(False, message("dockerd answers now"), _traces(docker.engine))
    unit = next((each for each in host.units if each.name == "docker.service"), None)
    if unit is not None and unit.active == "failed":
        return StateReading(True, message("docker.service is in the state failed"), (unit.evidence,))
    return StateReading(None, message("dockerd does not run now, and systemd does not say that it failed"))


def _not_started(found: TextFound, host: Host) -> StateReading | None:
    """Return whether dockerd is not running for the reason that the text gives.  The log of dockerd's last start, or
    its configuration, has to show this reason.  An older log line does not explain dockerd's present state."""
    docker = _docker_of(host)
    if docker is None:
        return None
    if docker.answers:
        return StateReading(False, message("dockerd runs and answers now"), _traces(docker.engine))
    why = _reason(found, host, docker.engine) if docker.is_down else None
    if why is not None:
        return StateReading(True, why, _traces(docker.engine))
    said = message("dockerd does not answer now. Neither its configuration nor the log of its last start says why")
    return StateReading(None, said)


def _reason(found: TextFound, host: Host, engine: Engine) -> Message | None:
    match found.entry.id:
        case "dockerd-flag-and-file" if (refused := refusal(engine)) is not None:
            return refused
        case "dockerd-zone-conflict" if bridges := bound_elsewhere(host, engine):
            return message("firewalld has {bridges} in a zone other than docker", bridges=", ".join(bridges))
        case _:
            for line in engine.boot.log if engine.boot is not None else ():
                hit = find_meaning(readable(line.encode()))
                if hit is not None and hit.entry.id == found.entry.id:
                    return message("the log of dockerd's last start says: {line}", line=line)
            return None


def _traces(engine: Engine) -> tuple[str, ...]:
    return engine.boot.traces if engine.boot is not None else ()


def _bridge_taken(found: TextFound, host: Host) -> StateReading | None:
    """Return whether a network of Docker has the bridge that the text names."""
    docker, bridge = _docker_of(host), next((each.value for each in found.named if each.kind == "link"), None)
    if docker is None or bridge is None:
        return None
    held = next((each for each in docker.engine.networks if each.bridge == bridge), None)
    if held is not None:
        return StateReading(True, message("network {name} has the bridge {bridge}", name=held.name, bridge=bridge))
    said = message("no network has the bridge {bridge} now", bridge=bridge)
    return StateReading(False if docker.answers else None, said)


# --- networks ---------------------------------------------------------------------------------------------------------

_NETWORK = re.compile(
    r"network with name ([\w.-]+)|network ([\w.-]+) (?:id [\w.-]+ )?has active|\"([\w.-]+)\" has associated"
)


def _engine_of(found: TextFound, host: Host) -> Engine | None:
    """Return the engine that prints the text, if it answers."""
    kind = "podman" if found.entry.program == "podman" else "docker"
    return next((each.engine for each in health(host) if each.engine.kind == kind and each.answers), None)


def _network_there(found: TextFound, host: Host) -> StateReading | None:
    """Return whether the engine has the network that the text names."""
    engine, named = _engine_of(found, host), _NETWORK.search(found.quote)
    if engine is None or named is None:
        return None
    name = next(filter(None, named.groups()))
    network = engine.network(name)
    if network is None:
        return StateReading(False, message("no network has the name {name} now", name=name))
    return StateReading(True, message("network {name} exists", name=name), (network.evidence,))


def _network_used(found: TextFound, host: Host) -> StateReading | None:
    """Return whether a running container is on the network that the text names."""
    there = _network_there(found, host)
    engine, named = _engine_of(found, host), _NETWORK.search(found.quote)
    if there is None or not there.holds or engine is None or named is None:
        return there
    name = next(filter(None, named.groups()))
    on_it = (each for each in engine.containers if each.running and name in {one.network for one in each.endpoints})
    names = ", ".join(sorted(each.name for each in on_it))
    if not names:
        return StateReading(None, message("no running container is on network {name} now", name=name))
    return StateReading(True, message("on network {name} now: {names}", name=name, names=names), there.evidence)


def _subnets_overlap(found: TextFound, host: Host) -> StateReading | None:
    """Return whether a container has two networks of the engine whose subnets overlap."""
    engine = _engine_of(found, host)
    if engine is None:
        return None
    for container in engine.containers:
        joined = (engine.network(each.network) for each in container.endpoints)
        for one, other in combinations([each for each in joined if each is not None], 2):
            if any(_overlap(a, b) for a in one.subnets for b in other.subnets):
                said =  message("{name} is on {one} and {other}, whose subnets overlap", name=container.name,
                    one=one.name, other=other.name)  # fmt: skip
                return StateReading(True, said, (container.evidence,))
    return StateReading(None, message("no container is on two networks whose subnets overlap now"))


def _overlap(one: Subnet, other: Subnet) -> bool:
    if one.version != other.version:
        return False
    apart = (32 if one.version == 4 else 128) - min(one.prefix_length, other.prefix_length)
    return one.network >> apart == other.network >> apart


# --- the kernel's modules ---------------------------------------------------------------------------------------------


def _module(*modules: str) -> _Reader:
    """Return a reader that checks whether the kernel has the module: the first of these whose name is in the text, or
    else the first one.  The module has the same name as a kind of link."""

    def read(found: TextFound, host: Host) -> StateReading | None:
        words = re.split(r"\W+", found.quote)
        module = next((each for each in modules if each in words), modules[0])
        files = host.rule_tools.modules
        evidence = (files.evidence,) if files is not None and files.evidence else ()
        if any(link.kind == module for namespace in host.namespaces for link in namespace.links):
            return StateReading(False, message("the kernel has a link of the kind {module} now", module=module))
        if files is None:
            return StateReading(None, message("hairpin did not read which modules the kernel has"))
        if module in (files.loaded or ()) or (files.there and module in (files.modules or ())):
            return StateReading(False, message("the kernel has the module {module}", module=module), evidence)
        if not files.there:
            said = message("{folder} is missing, so the kernel can load no module", folder=files.folder)
            return StateReading(True, said, evidence)
        return StateReading(None, message("no file of the module {module} was found", module=module), evidence)

    return read


_READERS: dict[str, _Reader] = {
    "docker-nat-chain-gone": _chains,
    "docker-filter-chain-gone": _chains,
    "docker-nat-inject-failed": _chains,
    "firewalld-command-failed-nat": _chains,
    "docker-daemon-unreachable": _unreachable,
    "dockerd-start-limit": _ended,
    "dockerd-ended": _ended,
    "dockerd-zone-conflict": _not_started,
    "dockerd-flag-and-file": _not_started,
    "dockerd-controller-failed": _not_started,
    "dockerd-bridge-exists": _not_started,
    "dockerd-no-predefined-network": _not_started,
    "docker-bridge-name-taken": _bridge_taken,
    "docker-network-exists": _network_there,
    "docker-network-in-use": _network_used,
    "podman-network-in-use": _network_used,
    "docker-subnets-overlap": _subnets_overlap,
    "docker-veth-unsupported": _module("veth"),
    "netavark-link-unsupported": _module("bridge", "veth"),
    "dockerd-vxlan-unsupported": _module("vxlan"),
}
"""The readers, by the id of the entry for whose texts they are used."""
