"""Finds and reads the compose files of a container's project on this host."""

from pathlib import Path

import msgspec

from hairpin.carry.act import Command
from hairpin.carry.run import do
from hairpin.host.docker import Container, Engine

_FILES = ("com.docker.compose.project.config_files", "io.podman.compose.project.config_files")
"""The labels in which Compose names the project's files, in the order in which these labels are read."""


def compose_files(engine: Engine, container: Container) -> tuple[str, ...]:
    """Return the paths of the project's files on this host, from the container's labels."""
    if engine.user:  # the command below would ask root's engine, which does not have the container
        return ()
    asked = ("inspect", "--type", "container", "--format", "{{json .Config.Labels}}", container.id)
    done = do(Command((engine.kind, *asked)))
    try:
        labels = msgspec.json.decode(done.printed, type=dict[str, str] | None) if not done.status else None
    except msgspec.DecodeError:
        labels = None
    told = (labels[each] for each in _FILES if labels is not None and labels.get(each))
    return tuple(each for each in next(iter(told), "").split(",") if each.startswith("/"))


def read_text(path: str) -> str | None:
    """Return the text of a file; None if it cannot be read."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
