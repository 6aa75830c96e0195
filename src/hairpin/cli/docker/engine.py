"""Finds the engine that a docker command line names, as the docker command itself finds it.

Source: docker/cli cli/command/cli.go resolveContextName(); cli/context/store/metadatastore.go
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, cast

from hairpin.cli.docker.call import DockerCall
from hairpin.errors import UsageError
from hairpin.message import message

DEFAULT = "default"
"""The context whose engine is named by DOCKER_HOST.  Without DOCKER_HOST it is this host's engine."""


class NamedEngine(NamedTuple):
    """The engine that the command line means.

    ``named``: ``-H``, ``DOCKER_HOST`` or ``docker context NAME``, depending on which of them names the engine; empty if
    none of them names it.  ``endpoint``: such as ``unix:///run/user/1000/docker.sock``; empty for this host's engine.
    ``context``: the context's name."""

    named: str = ""
    endpoint: str = ""
    context: str = DEFAULT


def config_folder(variables: Mapping[str, str], stated: str = "") -> Path:
    """Return the folder of the docker command's settings.  ``stated``: the value of ``--config``."""
    folder = stated or variables.get("DOCKER_CONFIG", "")
    return Path(folder) if folder else Path(variables.get("HOME") or "/root") / ".docker"


def named_engine(call: DockerCall, variables: Mapping[str, str]) -> NamedEngine:
    """Return the engine that docker would ask.

    Raises UsageError if the options contradict each other, or if the context does not exist."""
    hosts, context = call.all("host"), call.last("context")
    folder = config_folder(variables, call.last("config"))
    if len(hosts) > 1:
        raise UsageError(message("docker takes one engine, but -H is given {count} times", count=len(hosts)))
    if hosts and context:
        raise UsageError(message("docker takes either -H or --context, not both"))
    by_variable = variables.get("DOCKER_HOST", "")
    if not context and (hosts or by_variable):
        return NamedEngine("-H", hosts[0]) if hosts else NamedEngine("DOCKER_HOST", by_variable)
    name = context or variables.get("DOCKER_CONTEXT") or _current_context(folder)
    if name == DEFAULT:
        return NamedEngine("DOCKER_HOST", by_variable) if by_variable else NamedEngine()
    return _of_context(name, folder)


def _current_context(folder: Path) -> str:
    """Return the context that ``docker context use`` has chosen."""
    found = _json_object(folder / "config.json").get("currentContext")
    return found if isinstance(found, str) and found else DEFAULT


def _of_context(name: str, folder: Path) -> NamedEngine:
    found = _json_object(folder / "contexts" / "meta" / sha256(name.encode()).hexdigest() / "meta.json")
    if not found:
        raise UsageError(
            message(
                "docker context {name} is not in {folder}; `docker context ls` lists the contexts",
                name=name, folder=str(folder / "contexts"),
            )
        )  # fmt: skip
    endpoint = _object(_object(found.get("Endpoints")).get("docker")).get("Host")
    return NamedEngine(f"docker context {name}", endpoint if isinstance(endpoint, str) else "", name)


def _json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file; an empty object if the file does not exist or is malformed.  docker ignores a
    malformed file, too."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return _object(found)


def _object(value: object) -> dict[str, Any]:
    """Return the value if it is a JSON object; otherwise an empty object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
