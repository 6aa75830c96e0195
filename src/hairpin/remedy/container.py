"""What a container is started with, or made with: only there it lasts."""

import shlex

from hairpin.change.calls import SetContainerState, SetRestartPolicy
from hairpin.change.change import AddSocket, SetSysctl
from hairpin.host.sysctl import dotted
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, Situation

RECREATED = Lasting(
    advice=(
        message("published ports are fixed when a container is made: change the compose file or the command there"),
    )
)


def started(situation: Situation) -> Lasting:
    """Return the restart policy that has the engine start the container after a reboot, where it has none."""
    calls: list[SetRestartPolicy] = []
    for call in situation.candidate.change.calls:
        if isinstance(call, SetContainerState) and call.verb != "pause":
            container = situation.host.container(call.name)
            if container is not None and container.restart_policy in ("", "no", "on-failure"):
                calls.append(SetRestartPolicy(call.tool, "unless-stopped", call.name))
    return Lasting(calls=tuple(calls))


def listening(parts: tuple[AddSocket, ...], situation: Situation) -> Lasting:
    """Return what a person should know who has a service listen: hairpin does not change its configuration."""
    containers = (situation.network.container_of(part.netns) for part in parts if not part.netns.is_host)
    return Lasting(
        advice=tuple(
            message("what is changed inside container {name} goes with it: change its image or options", name=name)
            for name in dict.fromkeys(each.name for each in containers if each is not None)
        )
    )


def of_container(part: SetSysctl, situation: Situation) -> Lasting:
    """A container's own value lasts only as an argument of its creation."""
    container = situation.network.container_of(part.netns)
    name = container.name if container is not None else part.netns.name
    option = shlex.join(("--sysctl", f"{dotted(part.path)}={part.value}"))
    return Lasting(
        advice=(
            message(
                "the value belongs to container {name} and is gone with it: create it with {option}",
                name=name,
                option=option,
            ),
        )
    )
