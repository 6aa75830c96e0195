"""Keeps a container's settings.

A container's settings last only as options with which the container is created or started."""

import shlex

from hairpin.causes.registry import fixed_with_of
from hairpin.causes.where import OfUnit, container_of
from hairpin.change.calls import SetContainerState, SetRestartPolicy
from hairpin.change.change import AddSocket, SetSysctl
from hairpin.engines.repair.republishing import recreated_behind
from hairpin.engines.repair.starting import at_boot, takes_restart_policy
from hairpin.host.docker import Container
from hairpin.host.sysctl import dotted
from hairpin.message import Message, message
from hairpin.remedy.remedy import Lasting, Situation

_PORTS_ARE_FIXED = message(
    "the published ports of a container cannot be changed later: change the compose file or the command that makes the "
    "container"
)

CONNECTED = Lasting(
    advice=(
        message(
            "this connection to the network ends when the container is recreated: name the network in the "
            "compose file, too"
        ),
    )
)


def started(situation: Situation) -> Lasting:
    """Return the calls that set a restart policy for containers that the engine would not start after a reboot.

    A running container that the change only restarts keeps its restart policy, because a person chose it."""
    calls: list[SetRestartPolicy] = []
    advice: list[Message] = []
    stopped = {
        each.name
        for each in situation.candidate.change.calls
        if isinstance(each, SetContainerState) and each.verb == "stop"
    }
    if not situation.candidate.change.calls:
        return Lasting(advice=(message("nothing else is needed once the container's program keeps running"),))
    for call in situation.candidate.change.calls:
        if not isinstance(call, SetContainerState) or call.verb == "pause":
            continue
        container = situation.host.container(call.name)
        if (call.verb == "restart" or call.name in stopped) and container is not None and container.running:
            advice.append(message("the engine makes the missing parts again whenever it starts the container"))
            continue
        policy = container.restart_policy if container is not None else ""
        if call.verb == "unpause":
            advice.append(message("no container is paused after a reboot: nothing else is needed"))
        elif container is not None and (own := situation.host.quadlet_of(container)) is not None:
            advice += () if own.starts_at_boot else (at_boot(own),)
        elif container is not None and not _starts_at_boot(container, situation):
            calls += _at_boot(container, situation)
        else:
            advice.append(
                message(
                    "the engine starts the container at boot, because its restart policy is {policy}", policy=policy
                )
            )
    return Lasting(calls=tuple(calls), advice=tuple(dict.fromkeys(advice)))


def recreation(situation: Situation) -> Lasting:
    """Return advice on a container that is recreated, and on the containers that share its network.

    The containers that share the network stay in the old container's namespace.  If the fault is no property with which
    a container is made, there is nothing to say about published ports."""
    name = container_of(situation.candidate.where)
    container = situation.host.container(name) if name is not None else None
    owner = situation.host.network_owner(container) if container is not None else None
    behind = recreated_behind(situation.host, owner) if owner is not None else ()
    fixed = (_PORTS_ARE_FIXED,) if fixed_with_of(situation.cause) == "container" else ()
    return Lasting(advice=(*behind, *fixed))


def started_behind(situation: Situation) -> tuple[SetRestartPolicy, ...]:
    """Return the call that sets a restart policy for the asked container, if the engine does not start this container
    at boot.

    All other containers keep their restart policies, because a person chose these policies."""
    where = situation.candidate.where
    container = situation.host.container(where.container or "") if isinstance(where, OfUnit) else None
    if container is None or _starts_at_boot(container, situation):
        return ()
    return _at_boot(container, situation)


def _starts_at_boot(container: Container, situation: Situation) -> bool:
    """Return whether the restart policy starts the container at boot.  podman-restart.service starts containers with
    the policy ``always``; since Podman 5.8 those with ``unless-stopped``, too, unless its own stop at the shutdown
    counts as a person's.  Source: podman PR 27619, issue 28152"""
    return container.restart_policy in ("always", situation.host.engine_of(container).traits.kept_at_boot)


def _at_boot(container: Container, situation: Situation) -> tuple[SetRestartPolicy, ...]:
    engine = situation.host.engine_of(container)
    if not takes_restart_policy(engine):
        return ()
    return (SetRestartPolicy(engine.kind, engine.traits.kept_at_boot, container.name, engine.user),)


def listening(parts: tuple[AddSocket, ...], situation: Situation) -> Lasting:
    """Return advice on services that have to listen on another address or port.  hairpin does not change the
    configuration of a service.  If containers share a namespace, the advice names the container that the cause is
    about."""
    name = container_of(situation.candidate.where)
    meant = situation.host.container(name) if name is not None else None
    containers = (
        meant if meant is not None and meant.netns == part.netns.name else situation.network.container_of(part.netns)
        for part in parts
        if not part.netns.is_host
    )
    return Lasting(
        advice=tuple(
            message(
                "a change inside container {name} is lost when it is recreated: change its image or options", name=name
            )
            for name in dict.fromkeys(each.name for each in containers if each is not None)
        )
    )


def of_container(part: SetSysctl, situation: Situation) -> Lasting:
    """Return the advice on a container's sysctl, which lasts only as an option of ``docker create``."""
    container = situation.network.container_of(part.netns)
    name = container.name if container is not None else part.netns.name
    option = shlex.join(("--sysctl", f"{dotted(part.path)}={part.value}"))
    return Lasting(
        advice=(
            message(
                "the value belongs to container {name} and is lost with it: create the container with {option}",
                name=name,
                option=option,
            ),
        )
    )
