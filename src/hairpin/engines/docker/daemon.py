"""The start of a stopped dockerd: why the start fails, which calls start dockerd, the side effects of the start, and
which changes come before or after the start."""

from collections.abc import Iterator
from typing import TypeGuard

import msgspec

from hairpin.change.calls import BindInterface, Call, ConnectContainer, SetContainerState, SetUnitState
from hairpin.change.change import Change, SetLink, added
from hairpin.host.docker import Container, DockerNetwork, Engine
from hairpin.host.engine_health import conflicts, excluding, health, is_down
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.message import Message, message

_ZONE, _UNIT = "docker", "docker.service"


class RepairCalls(msgspec.Struct, frozen=True):
    """The calls of a repair.  ``start``: the calls that start dockerd, which come before the repair's other calls.
    ``effects``: the side effects of dockerd's start."""

    calls: tuple[Call, ...]
    start: tuple[Call, ...] = ()
    effects: tuple[Message, ...] = ()


def refusal(engine: Engine) -> Message | None:
    """Return why dockerd refuses its configuration; None if no reading shows such a reason."""
    boot = engine.boot
    if boot is None:
        return None
    if boot.malformed:
        return message("{file} is not valid JSON", file=boot.config)
    twice = conflicts(boot)
    if twice:
        return message(
            "{options}: given both as flags in the unit and in {file}", options=", ".join(twice), file=boot.config
        )
    apart = excluding(engine)
    if apart:
        return message("{one} and {other} exclude each other", one=apart[0], other=apart[1])
    return None


def start_calls(host: Host, engine: Engine) -> tuple[Call, ...]:
    """Return the calls that start dockerd: through systemd, or through another service manager if the host has one.

    dockerd puts its bridges into firewalld's zone ``docker``, and exits if a bridge is bound to another zone.  systemd
    refuses to start a unit that failed too often within a minute, until ``reset-failed`` is called. Source: moby
    libnetwork/iptables/firewalld.go AddInterfaceFirewalld(); systemd.unit(5) StartLimitBurst=
    """
    bound = (BindInterface(_ZONE, bridge) for bridge in bound_elsewhere(host, engine))
    by = (engine.boot.by if engine.boot is not None else "") or "systemd"
    failed = by == "systemd" and any(each.name == _UNIT and each.active == "failed" for each in host.units)
    forgotten = (SetUnitState("reset-failed", "docker"),) if failed else ()
    return (*bound, *forgotten, SetUnitState("start", "docker", by))


def start_effects(engine: Engine) -> tuple[Message, ...]:
    """Return the side effects of dockerd's start; there are none with live-restore or without a running container."""
    if engine.live_restore or not any(each.running for each in engine.containers):
        return ()
    left = containers_left_ended(engine)
    if left:
        return (
            message(
                "without live-restore, dockerd ends the containers that still run and starts only those with a restart "
                "policy again; the commands start {names}",
                names=", ".join(each.name for each in left),
            ),
        )
    return (
        message(
            "without live-restore, dockerd ends the containers that still run and starts only those with a restart "
            "policy again"
        ),
    )


def containers_left_ended(engine: Engine) -> tuple[Container, ...]:
    """Return the running containers that dockerd's start stops and does not start again.  Containers that share the
    network of another container come last.

    Source: moby daemon/daemon.go restore(), container/container.go ShouldRestart()"""
    if engine.live_restore:
        return ()
    left = (each for each in engine.containers if each.running and not each.starts_with_daemon)
    return tuple(sorted(left, key=lambda each: bool(each.joined)))


def calls_to_start_again(engine: Engine) -> tuple[SetContainerState, ...]:
    """Return the calls that start the containers which dockerd's start stops and does not start again."""
    return tuple(SetContainerState("docker", "start", each.name) for each in containers_left_ended(engine))


def bound_elsewhere(host: Host, engine: Engine) -> tuple[str, ...]:
    """Return the engine's bridges that firewalld has in another zone than ``docker``.

    Return none if the zone ``docker`` does not exist, neither at run time nor in firewalld's files.  (A zone without
    interfaces is only in the files.)  Return none if dockerd makes no rules, because it then changes no zone.  dockerd
    changes no zone for the bridge of an internal network either.
    Source: moby libnetwork/drivers/bridge/setup_ip_tables.go"""
    firewalld = host.firewalld
    if engine.iptables is False or firewalld is None:
        return ()
    if all(each.name != _ZONE for each in (*firewalld.runtime, *firewalld.permanent)):
        return ()
    bound = {link for each in firewalld.runtime if each.name != _ZONE for link in each.interfaces}
    if engine.running:
        networks = engine.networks
    else:
        from hairpin.engines.docker.default_network import with_default_network  # noqa: PLC0415 - most daemons run

        networks = with_default_network(host, engine).networks
    own = (each.bridge for each in networks if not each.internal)
    return tuple(bridge for bridge in own if bridge is not None and bridge in bound)


def unloaded_networks(host: Host, engine: Engine) -> tuple[DockerNetwork, ...]:
    """Return the networks that dockerd does not load at its start, because firewalld has their bridges in another zone.

    dockerd lists such a network, but starts no container on it: ``network ID does not exist``.  If this is its default
    network, dockerd does not start at all.  Source: moby libnetwork/drivers/bridge/bridge_store.go populateNetworks();
    measured with 20.10.24"""
    elsewhere = bound_elsewhere(host, engine)
    others = (each for each in engine.networks if each.name != engine.traits.default_network)
    return tuple(each for each in others if each.bridge in elsewhere)


def starts_docker(call: Call) -> bool:
    """Return whether the call starts dockerd."""
    return isinstance(call, SetUnitState) and (call.verb, call.unit) == ("start", "docker")


def calls_with_start(was: Host, now: Host, calls: tuple[Call, ...]) -> RepairCalls:
    """Return the calls of a repair.  If the host's dockerd is down, the calls follow dockerd's start.

    ``was``: the host as it was read.  ``now``: the host after the earlier repairs, which may have started the daemon.
    """
    down = _down(was)
    if down is None or not any(map(_asks_docker, calls)) or any(map(starts_docker, calls)):
        return RepairCalls(calls)
    behind = tuple(dict.fromkeys(each for call in calls for each in _behind_start(down, call)))
    if not is_down(now, down):
        return RepairCalls(behind)
    others = (each for each in calls_to_start_again(down) if each not in behind)
    return RepairCalls(behind, (*start_calls(now, down), *others), start_effects(down))


def precedes_start(host: Host, change: Change) -> bool:
    """Return whether the change has to be made before a stopped dockerd is started.

    A change that makes a bridge of dockerd or gives the bridge an address has to come before the start.  dockerd's
    start makes the same bridge and address, so the commands of the change would fail after the start."""
    down = _down(host)
    if down is None or change.calls:
        return False
    bridges = {each.bridge for each in down.networks}
    given = {entry.link for entry in added(change) if isinstance(entry, Address)}
    made = {part.link.name for part in change.parts if isinstance(part, SetLink)}
    return bool(bridges & (given | made))


def _down(host: Host) -> Engine | None:
    """Return the host's Docker engine if its dockerd is down, or None."""
    return next((each.engine for each in health(host) if each.is_down), None)


def _asks_docker(call: Call) -> TypeGuard[SetContainerState | ConnectContainer]:
    return isinstance(call, SetContainerState | ConnectContainer) and call.tool == "docker"


def _behind_start(engine: Engine, call: Call) -> Iterator[Call]:
    """Yield the calls that replace ``call`` after dockerd has started.  Without live-restore, dockerd's start has
    stopped all containers.  After dockerd's start no container is paused, and some containers have to be started by a
    call."""
    if engine.live_restore or not _asks_docker(call):
        yield call
    elif isinstance(call, SetContainerState):
        yield msgspec.structs.replace(call, verb="start") if call.verb == "unpause" else call
    else:
        yield call
        if any(each.name == call.name and not each.starts_with_daemon for each in engine.containers):
            yield SetContainerState("docker", "start", call.name)
