"""Starts, thaws or restarts a container, and has the engine start it after a reboot."""

import shlex

from hairpin.change.change import Primitive
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation

_STARTS = (("docker", "start"), ("docker", "unpause"), ("docker", "restart"), ("podman", "start"))


def _handles(part: Primitive, situation: Situation) -> bool:
    del part
    return any(_names(command) for command in situation.candidate.change.commands)


def _names(command: str) -> tuple[str, str] | None:
    """Return tool and container of a command that starts one."""
    words = shlex.split(command)
    return (words[0], words[-1]) if len(words) >= 3 and tuple(words[:2]) in _STARTS else None


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts
    started = [found for command in situation.commands if (found := _names(command)) is not None]
    kept: list[str] = []
    for tool, name in started:
        container = situation.host.container(name)
        if container is not None and container.restart_policy in ("", "no", "on-failure"):
            kept.append(shlex.join((tool, "update", "--restart", "unless-stopped", name)))
    return Lasting(
        commands=tuple(kept),
    )


REMEDY = RemedyKind(id="start-container", order=6, handles=_handles, lasting=_lasting)
