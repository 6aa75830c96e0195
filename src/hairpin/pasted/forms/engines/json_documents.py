"""JSON documents in a text: ``docker inspect``, ``docker network inspect``, ``docker ps --format json``,
``podman ps --format json``, ``GET /containers/json``, ``docker info``, daemon.json.

Only the fields that the collector keeps are kept, by the same lists (``collect.sh``).  Therefore the evidence never has
the environment of a container.  If a document is incomplete, its readable fields are kept.

Source: docker cli/command/formatter/container.go; podman pkg/domain/entities ListContainer; Docker Engine API
ContainerList
"""

import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from hairpin.pasted.form import Command, Found, Fragment, OutputForm, Paste
from hairpin.pasted.forms.engines.cut_json import Document, document
from hairpin.pasted.forms.engines.engine_words import engine_of, fragments
from hairpin.pasted.forms.engines.ps_tables import container_of_row
from hairpin.pasted.values import Object, list_of, object_of, objects_of
from hairpin.sought import Sought


def is_listing(document: Object) -> bool:
    """Return whether the object is a row of such a listing."""
    has_names = isinstance(document.get("Names"), str | list)
    return has_names and "Image" in document and ("Ports" in document or "State" in document)


def container_of_listing(document: Object) -> Object:
    """Return the container in the form of ``docker inspect``."""
    names, ports = document["Names"], document.get("Ports")
    name = names.split(",")[0] if isinstance(names, str) else str(next(iter(names), ""))
    identity = str(document.get("Id") or document.get("ID") or "")
    row = {
        "CONTAINER ID": identity,
        "NAMES": name or identity,
        "IMAGE": str(document["Image"]),
        "STATUS": str(document.get("Status") or document.get("State") or ""),
        "NETWORKS": _networks(document),
    }
    if isinstance(ports, str):
        row["PORTS"] = ports
    elif "Ports" in document:
        row["PORTS"] = ", ".join(filter(None, map(_port, objects_of(ports))))
    made = container_of_row(row)
    state = document.get("State")
    if isinstance(state, str) and "State" in made:
        made["State"]["Status"] = state.lower()
    mode = object_of(document.get("HostConfig")).get("NetworkMode")
    if isinstance(mode, str) and mode:
        made.setdefault("HostConfig", {})["NetworkMode"] = mode
    if isinstance(document.get("ExitCode"), int) and "State" in made:
        made["State"]["ExitCode"] = document["ExitCode"]
    return made


def _networks(document: Object) -> str:
    found = document.get("Networks")
    if isinstance(found, str):
        return found
    if listed := list_of(found):
        return ",".join(map(str, listed))
    return ",".join(object_of(object_of(document.get("NetworkSettings")).get("Networks")))


def _port(entry: Object) -> str:
    """Return a port of Docker's API or of Podman's listing in the form of the column PORTS."""
    own = entry.get("PrivatePort") or entry.get("container_port") or entry.get("containerPort")
    outer = entry.get("PublicPort") or entry.get("host_port") or entry.get("hostPort")
    protocol = entry.get("Type") or entry.get("protocol") or "tcp"
    address = str(entry.get("IP") or entry.get("host_ip") or entry.get("hostIP") or "")
    length = entry.get("range")
    if not isinstance(own, int):
        return ""
    more = length - 1 if isinstance(length, int) and length > 1 else 0
    end = f"-{own + more}" if more else ""
    if not isinstance(outer, int):
        return f"{own}{end}/{protocol}"
    outer_end = f"-{outer + more}" if more else ""
    shown = f"[{address}]" if ":" in address else address or "0.0.0.0"
    return f"{shown}:{outer}{outer_end}->{own}{end}/{protocol}"


_BEGIN = Sought(r"\s*(?:\[\s*(?:\{.*)?|\{(?:\s*\"[\w.-]+\"\s*:.*)?\s*|\[\]\s*)$")
_OF_CONTAINER = ("NetworkSettings", "HostConfig", "Config", "State")
_INSIDE = {
    "Networks": "NetworkSettings",
    "Ports": "NetworkSettings",
    "PortBindings": "HostConfig",
    "NetworkMode": "HostConfig",
}
_FRAGMENT = Sought(rf"\s*\"(?P<key>{'|'.join((*_OF_CONTAINER, *_INSIDE))})\": ?(?:[{{\[]|\"[^\"]*\",?\s*$)")
_TRIED_IN_VAIN = 60
_LONGEST_FRAGMENT = 5000
_ENGINES = ("docker", "podman", "nerdctl")


def _document(paste: Paste, start: int) -> Found | None:
    if not paste.may_try(start):
        return None
    read = document(paste.lines, start, paste.commands)
    found = _as_output(paste, start, read) if read is not None else None
    if found is None:
        paste.tried.lines += read.end - start if read is not None else _TRIED_IN_VAIN
    return found


def _as_output(paste: Paste, start: int, read: Document) -> Found | None:
    found = [each for each in objects_of(read.value) or [object_of(read.value)] if each]
    if not found:
        return None
    if read.behind and "Id" not in found[0] and "id" not in found[0]:
        return None  # a program's source: only a prompt may follow an output in its last line
    return _of_documents(found, read.value, read.end, paste.command_above(start), damaged=read.damaged)


def _of_documents(
    found: list[dict[str, Any]], value: Any, end: int, command: Command, *, damaged: bool
) -> Found | None:
    engine = engine_of(command.words)
    first = found[0]
    if all(is_listing(each) for each in found):
        lower = any("host_ip" in str(each.get("Ports")) or "ExitedAt" in each for each in found)
        engine = "podman" if engine == "podman" or lower else "docker"
        made = [container_of_listing(each) for each in found]
        return Found(end, f"{engine} ps", tuple(fragments(f"{engine}-containers", made)))
    if isinstance(first.get("Config"), dict) or "NetworkSettings" in first or "HostConfig" in first:
        whole = [each for each in found if _has_name(each, command, alone=len(found) == 1)]
        if isinstance(value, dict) and not whole and not damaged:
            return None
        if damaged:
            whole = [_with_ports(each) for each in whole]
        engine = "podman" if "ImageName" in first or "OCIRuntime" in first else engine
        return Found(end, f"{engine} inspect", tuple(_parts_of(whole, f"{engine}-containers", "CONTAINER_PATHS")))
    if "IPAM" in first or ("subnets" in first and "driver" in first):
        engine = "podman" if "subnets" in first else "docker"
        found = [_named_network(each, command, alone=len(found) == 1) for each in found] if damaged else found
        named = [each for each in found if _are_words(each, "Name", "Id") or _are_words(each, "name", "id")]
        if damaged:  # docker always lists the options: a cut document does not tell that there are none
            named = [{**each, "Options": None} for each in named]
        return Found(end, f"{engine} network inspect", tuple(_parts_of(named, f"{engine}-networks", "NETWORK_PATHS")))
    if isinstance(first.get("host"), dict) and isinstance(first.get("version"), dict):
        version = {"Client": {"Version": first["version"].get("Version")}}
        parts = (*_parts_of(found[:1], "podman-info", "INFO_PATHS"), *fragments("podman-version", [version]))
        return Found(end, "podman info", tuple(parts))
    if "ServerVersion" in first:
        return Found(end, "docker info", tuple(_parts_of(found[:1], "docker-info", "INFO_PATHS")))
    if isinstance(first.get("Server"), dict) and isinstance(first.get("Client"), dict):
        return Found(end, "docker version", tuple(_parts_of(found[:1], "docker-version", "VERSION_PATHS")))
    if isinstance(value, dict) and not damaged and first.keys() <= _daemon_keys():
        return Found(end, "cat /etc/docker/daemon.json", tuple(_parts_of([first], "daemon-json", "DAEMON_KEYS")))
    return None


def _with_ports(container: dict[str, Any]) -> dict[str, Any]:
    """Return a container of an incomplete document.  If the ports in effect are missing, the ports of its options
    count."""
    settings, asked = (object_of(container.get(key)) for key in ("NetworkSettings", "HostConfig"))
    if not isinstance(asked.get("PortBindings"), dict):
        return container
    if object_of(container.get("State")).get("Running") is False:
        return container
    if str(asked.get("NetworkMode", "")).partition(":")[0] in ("host", "none", "container"):
        return container
    told = {key: value for key, value in object_of(settings.get("Ports")).items() if value}
    return {**container, "NetworkSettings": {**settings, "Ports": {**asked["PortBindings"], **told}}}


def _has_name(each: dict[str, Any], command: Command, *, alone: bool) -> bool:
    """Return whether the container of a document can be named: by its own name, by its id, or by the name in the
    command."""
    if not isinstance(each.get("Name"), str) or not each["Name"]:
        asked = container_in_command(command) if alone else ""
        if asked:
            each["Name"] = f"/{asked}"
        elif isinstance(each.get("Id"), str):
            each["Name"] = f"/{each['Id'][:12]}"
    return _are_words(each, "Name")


def _named_network(each: dict[str, Any], command: Command, *, alone: bool) -> dict[str, Any]:
    """Return a network of an incomplete document.  If its name is missing, it has the name in the command; if its id is
    missing, its name stands for the id."""
    if "subnets" in each:
        return each
    asked = _words_behind_inspect(command) if alone and command.words[1:3] == ("network", "inspect") else ()
    name = each.get("Name") or (asked[0] if len(asked) == 1 else "")
    return {"Driver": "bridge", **each, "Name": name, "Id": each.get("Id") or name}


def _are_words(each: dict[str, Any], *names: str) -> bool:
    """Return whether the value of each of these fields is a text.  In an incomplete document a name may be followed by
    another value."""
    return all(isinstance(each.get(name), str) and each[name] for name in names)


def container_in_command(command: Command) -> str:
    """Return the container of ``docker inspect NAME``; empty if the command names none or several."""
    if (
        command.words[:1] == ()
        or command.words[0] not in _ENGINES
        or "inspect" not in command.words
        or "network" in command.words
    ):
        return ""
    names = _words_behind_inspect(command)
    return names[0] if len(names) == 1 else ""


def _words_behind_inspect(command: Command) -> tuple[str, ...]:
    behind = command.words[command.words.index("inspect") + 1 :]
    return tuple(
        word
        for number, word in enumerate(behind)
        if not word.startswith("-") and behind[number - 1 : number] not in (("-f",), ("--format",))
    )


def _fragment(paste: Paste, start: int) -> Found | None:
    """Return the readings in a part of ``docker inspect``.  The part begins with a key, and the command names the
    container."""
    command = paste.command_above(start)
    lines = paste.lines[start : start + _LONGEST_FRAGMENT]
    read = document(("{", *lines), 0, {at - start + 1: None for at in paste.commands if at > start})
    if read is None or not object_of(read.value):
        return None
    end = start + max(read.end - 1, 1)
    made: dict[str, Any] = {}
    for key, value in object_of(read.value).items():
        if key in _OF_CONTAINER:
            made.setdefault(key, {}).update(object_of(value))
        elif key in _INSIDE:
            made.setdefault(_INSIDE[key], {})[key] = value
    engine = engine_of(command.words)
    if not made:
        return None
    if not container_in_command(command):
        return Found(end, f"{engine} inspect")
    made = _with_ports({**made, "Name": f"/{container_in_command(command)}"})
    return Found(end, f"{engine} inspect", tuple(_parts_of([made], f"{engine}-containers", "CONTAINER_PATHS")))


def container_parts(found: list[dict[str, Any]], engine: str) -> Iterator[Fragment]:
    """Yield the containers with the fields that the collector keeps."""
    yield from _parts_of(found, f"{engine}-containers", "CONTAINER_PATHS")


def _parts_of(found: list[dict[str, Any]], key: str, paths: str) -> Iterator[Fragment]:
    allowed = _paths(paths)
    for each in found:
        is_file = paths == "DAEMON_KEYS"
        kept = (
            {name: value for name, value in each.items() if name in allowed}
            if is_file
            else _allowed_fields(each, allowed)
        )
        yield Fragment(key, msgspec.json.encode(kept).decode() + "\n", "")


_Tree = dict[str, Any]


def _allowed_fields(value: Any, tree: _Tree) -> Any:
    """Return the value with the fields that the tree of paths allows; an empty tree allows the whole value."""
    if not tree:
        return value
    if elements := list_of(value):
        return [_allowed_fields(each, tree) for each in elements]
    fields = object_of(value)
    if not fields:
        return value
    return {
        name: _allowed_fields(inner, tree[name] if name in tree else tree["*"])
        for name, inner in fields.items()
        if name in tree or "*" in tree
    }


@cache
def _paths(name: str) -> _Tree:
    """Return an allow-list of the collector as a tree.  In a path, ``%`` stands for a dot of a name."""
    data = pkgutil.get_data("hairpin", "collect/collect.sh")
    assert data is not None
    script = data.decode("utf-8")
    found = re.search(rf"^{name}='([^']*)'", script, re.MULTILINE)
    assert found is not None
    tree: _Tree = {}
    for path in found[1].split():
        at = tree
        for part in path.split("."):
            at = at.setdefault(part.replace("%", "."), {})
    return tree


_FURTHER_KEYS = (
    "log-driver log-opts log-level storage-driver storage-opts insecure-registries registry-mirrors exec-opts graph "
    "debug tls tlsverify tlscacert tlscert tlskey labels max-concurrent-downloads max-concurrent-uploads runtimes "
    "default-runtime selinux-enabled userns-remap builder default-ulimits metrics-addr experimental proxies dns-opts "
    "init init-path no-new-privileges shutdown-timeout default-shm-size seccomp-profile cgroup-parent "
    "default-cgroupns-mode node-generic-resources raw-logs swarm-default-advertise-addr"
)


def _daemon_keys() -> set[str]:
    """Return dockerd's options: the options that are kept, and all others, which only show that a document is
    daemon.json."""
    return {*_paths("DAEMON_KEYS"), *_FURTHER_KEYS.split()}


def daemon_flags(words: list[str]) -> Iterator[str]:
    """Yield the flags of dockerd's command line that the collector keeps, as ``--flag=value``."""
    allowed = _paths("DAEMON_KEYS")
    at = 0
    while at < len(words):
        word = {"-H": "--host", "-b": "--bridge", "-G": "--group"}.get(words[at], words[at])
        at += 1
        if not word.startswith("--"):
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals and at < len(words) and not words[at].startswith("-"):
            value, equals = words[at], "="
            at += 1
        if name in allowed:
            yield f"--{name}{equals}{value}"


FORMS = (OutputForm(_BEGIN, _document), OutputForm(_FRAGMENT, _fragment))
