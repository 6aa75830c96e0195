"""Renames names in the JSON documents of container engines, field by field, because the field tells whether a word is a
name."""

import json
from collections.abc import Callable
from typing import Literal

from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading
from hairpin.evidence.redact_text import Text

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


Renaming = Literal[
    "name", "image", "words", "slash-name", "network-mode", "compose-mode", "depends-on", "link", "extra-host"
]
"""How a string is renamed: a name, an image, a sentence with names in it, or a form of the engines that has names."""
_NO_NAMES = frozenset((
    "PODMAN_SYSTEMD_UNIT", "com.docker.compose.project.config_files", "com.docker.compose.project.working_dir",
    "com.docker.compose.oneoff", "com.docker.compose.depends_on",
))  # fmt: skip
"""Labels whose value is no name: that of a unit, which ``redact_own`` renames, a path, or names with more beside."""
_RENAMED: dict[str, dict[str, Renaming]] = {
    "containers": {
        "Name": "slash-name", "User": "name", "ImageName": "image", "Config.Image": "image", "Config.Hostname": "name",
        "Config.Labels.*": "name", "Config.Labels.com/docker/compose/project/config_files": "words",
        "Config.Labels.com/docker/compose/project/working_dir": "words",
        "Config.Labels.com/docker/compose/depends_on": "depends-on",
        "HostConfig.NetworkMode": "network-mode", "HostConfig.Links": "link", "HostConfig.ExtraHosts": "extra-host",
        "NetworkSettings.Networks.*.Aliases": "name",
        "NetworkSettings.Networks.*.DNSNames": "name", "NetworkSettings.Networks.*.Links": "link",
        "State.Error": "words",
    },
    "networks": {"Name": "name", "name": "name", "Containers.*.Name": "name", "Labels.*": "name", "labels.*": "name"},
    "events": {
        "Image": "image", "from": "image", "Name": "name", "Actor.Attributes.image": "image",
        "Actor.Attributes.name": "name", "Actor.Attributes.com/docker/compose/service": "name",
    },
    "services": {"Spec.Name": "name"},
    "quadlets": {
        "User": "name", "Name": "name", "Image": "image", "File": "words", "Said": "words", "Runs": "words",
        "Networks": "name",
    },
    "files": {
        "User": "name", "Project": "name", "Service": "name", "Files": "words", "Of": "words", "DependsOn": "name",
        "Networks.Name": "name", "Networks.Aliases": "name", "Mode": "compose-mode",
    },
    "pods": {"Name": "name"},
    "tasks": {"Status.Err": "words"},
    "info": {"Name": "name", "User": "name", "host.hostname": "name"},
}  # fmt: skip
"""How the strings of each kind of document are renamed, by their place.  ``*``: each member.  ``/``: a dot of a key."""


class Documents:
    """Renames one reading at a time: ``docker-containers``, ``-networks`` or ``-info`` (also of Podman or of Docker's
    own files), ``swarm-services``, ``swarm-tasks``, ``podman-pods``, ``quadlets``,
    ``compose-files``, or the events of an engine."""

    def __init__(self, names: NameMap, text: Text) -> None:
        self._names = names
        self._text = text

    def redact(self, reading: Reading) -> str:
        """Return the text with its names renamed.

        The text has one document on each line.  A line that is not JSON is treated as text."""
        kind = reading.key.rpartition("-")[2]
        return "".join(f"{self._line(line, kind)}\n" for line in reading.text.splitlines() if line.strip())

    def _line(self, line: str, kind: str) -> str:
        try:
            document: Json = json.loads(line)
        except (ValueError, RecursionError):
            return self._text.plain(line)
        for one in document if isinstance(document, list) else [document]:
            for place, how in _RENAMED[kind].items():
                _apply(one, place.split("."), self._by(how))
            if kind == "containers" and isinstance(one, dict):
                networks = _member(_member(one, "NetworkSettings"), "Networks")
                renamed = {self._names.name(key): value for key, value in networks.items()}
                networks.clear()
                networks.update(renamed)
        return json.dumps(self._strings(document), ensure_ascii=False, separators=(",", ":"))

    def _by(self, how: Renaming) -> Callable[[str], str]:
        return {
            "name": self._names.name, "image": self._names.image, "words": self._text.words,
            "slash-name": self._slash_name, "network-mode": self._network_mode, "link": self._link,
            "extra-host": self._extra_host, "compose-mode": self._compose_mode, "depends-on": self._depends_on,
        }[how]  # fmt: skip

    def _strings(self, value: Json) -> Json:
        """Return the value with addresses and ids renamed in every string and key."""
        match value:
            case str():
                return self._text.plain(value)
            case list():
                return [self._strings(item) for item in value]
            case dict():
                return {self._text.plain(key): self._strings(item) for key, item in value.items()}
            case _:
                return value

    def _slash_name(self, name: str) -> str:
        return f"/{self._names.name(name[1:])}" if name.startswith("/") else self._names.name(name)

    def _network_mode(self, mode: str) -> str:
        kind, colon, name = mode.partition(":")
        if not colon:
            return self._names.name(mode)
        return f"{kind}:{self._names.name(name)}" if kind == "container" else mode

    def _compose_mode(self, mode: str) -> str:
        kind, colon, name = mode.partition(":")
        return f"{kind}:{self._names.name(name)}" if colon and name else mode

    def _depends_on(self, label: str) -> str:
        """Return Compose's label ``db:service_started:false,…`` with its services renamed."""
        each = (one.partition(":") for one in label.split(",") if one)
        return ",".join(f"{self._names.name(name)}{colon}{rest}" for name, colon, rest in each)

    def _link(self, link: str) -> str:
        """Return a link of Docker's ``--link``, ``/container:/alias/name``, renamed."""
        return ":".join("/".join(map(self._names.name, part.split("/"))) for part in link.split(":"))

    def _extra_host(self, entry: str) -> str:
        name, colon, address = entry.partition(":")
        return f"{self._names.name(name)}{colon}{address}"


def _member(document: dict[str, Json], key: str) -> dict[str, Json]:
    """Return the object at ``key``; an empty object if the document has no object there."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _apply(document: Json, place: list[str], rename: Callable[[str], str]) -> None:
    """Rename the string, or the strings of the list, at the place.  The document itself is changed."""
    if isinstance(document, list):
        for one in document:
            _apply(one, place, rename)
    if not isinstance(document, dict):
        return
    key, rest = place[0].replace("/", "."), place[1:]
    for each in tuple(document) if key == "*" else (key,):
        match document.get(each):
            case value if rest:
                _apply(value, rest, rename)
            case str() as text if key != "*" or each not in _NO_NAMES:
                document[each] = rename(text)
            case list() as items:
                document[each] = [rename(item) if isinstance(item, str) else item for item in items]
            case _:
                pass
