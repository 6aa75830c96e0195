"""How dockerd is started on this host, and what is asked of it behind its start."""

from collections.abc import Iterator

import msgspec

from hairpin.change.calls import (
    BindInterface,
    Call,
    ConnectContainer,
    SetContainerState,
    SetRestartPolicy,
    SetUnitState,
)
from hairpin.host.docker import Engine
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.message import Message, message

_RESTARTS = message(
    "without live-restore, dockerd ends the containers that still run, and starts again those with a restart policy"
)
_ZONE = "docker"


def start_calls(host: Host, engine: Engine) -> tuple[Call, ...]:
    """Return the calls that start the daemon: systemd's, where no other way was seen.

    dockerd puts its bridges into firewalld's zone ``docker``, and ends if one of them is bound to another zone.
    Source: moby libnetwork/iptables/firewalld.go AddInterfaceFirewalld()
    """
    bound = (BindInterface(_ZONE, bridge) for bridge in bound_elsewhere(host, engine))
    by = engine.boot.by if engine.boot is not None else ""
    return (*bound, SetUnitState("start", "docker", by or "systemd"))


def start_effects(engine: Engine) -> tuple[Message, ...]:
    """Return what the daemon's start does beside what it is started for: nothing with live-restore."""
    ends = not engine.live_restore and any(each.running for each in engine.containers)
    return (_RESTARTS,) if ends else ()


def bound_elsewhere(host: Host, engine: Engine) -> tuple[str, ...]:
    """Return the engine's bridges that firewalld has in another zone than dockerd's, which is there already.

    A zone without interfaces stands in firewalld's files only."""
    firewalld = host.firewalld
    if firewalld is None or all(each.name != _ZONE for each in (*firewalld.runtime, *firewalld.permanent)):
        return ()
    bound = {link for each in firewalld.runtime if each.name != _ZONE for link in each.interfaces}
    return tuple(each.bridge for each in engine.networks if each.bridge is not None and each.bridge in bound)


def behind_start(host: Host, calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Return the calls with dockerd's start before them, if one of them is asked of it and it does not run."""
    down = next((each for each in host.engines if each.kind == "docker" and is_down(host, each)), None)
    if down is None or not any(_asks_docker(each) for each in calls) or any(map(starts_docker, calls)):
        return calls
    return (*start_calls(host, down), *_left_to_ask(down, calls))


def starts_docker(call: Call) -> bool:
    """Return whether the call starts dockerd."""
    return isinstance(call, SetUnitState) and (call.verb, call.unit) == ("start", "docker")


def _asks_docker(call: Call) -> bool:
    return isinstance(call, SetContainerState | ConnectContainer | SetRestartPolicy) and call.tool == "docker"


def _left_to_ask(engine: Engine, calls: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the calls as they are asked of a daemon that has just started: without live-restore it has ended the
    containers that ran, so none is paused."""
    for call in calls:
        paused = isinstance(call, SetContainerState) and call.verb == "unpause" and _asks_docker(call)
        yield msgspec.structs.replace(call, verb="start") if paused and not engine.live_restore else call
