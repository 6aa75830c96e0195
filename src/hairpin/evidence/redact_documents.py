"""Renames names in the JSON documents of container engines, field by field, because the field tells whether a word is a
name."""

import json
from collections.abc import Callable

from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading
from hairpin.evidence.redact_text import Text

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


_UNIT_LABEL = "PODMAN_SYSTEMD_UNIT"
"""The key whose value is the name of a unit, which ``redact_own`` renames."""


class Documents:
    """Renames one reading at a time: ``docker-containers``, ``-networks`` or ``-info`` (also of Podman or of Docker's
    own files), ``swarm-services``, ``swarm-tasks``, ``podman-pods``, or the events of
    an engine."""

    def __init__(self, names: NameMap, text: Text) -> None:
        self._names = names
        self._text = text

    def redact(self, reading: Reading) -> str:
        """Return the text with its names renamed.

        The text has one document on each line.  A line that is not JSON is treated as text."""
        kind = reading.key.rpartition("-")[2]
        rename = {"containers": self._container, "networks": self._network, "info": self._info,
                  "services": self._service, "tasks": self._task, "events": self._event,
                  "pods": self._pod}[kind]  # fmt: skip
        return "".join(f"{self._line(line, rename)}\n" for line in reading.text.splitlines() if line.strip())

    def _line(self, line: str, rename: Callable[[dict[str, Json]], None]) -> str:
        try:
            document: Json = json.loads(line)
        except (ValueError, RecursionError):
            return self._text.plain(line)
        for one in document if isinstance(document, list) else [document]:
            if isinstance(one, dict):
                rename(one)
        return json.dumps(self._strings(document), ensure_ascii=False, separators=(",", ":"))

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

    def _container(self, container: dict[str, Json]) -> None:
        _apply(container, "Name", self._slash_name)
        _apply(container, "User", self._names.name)
        _apply(container, "ImageName", self._names.image)
        config = _member(container, "Config")
        _apply(config, "Image", self._names.image)
        _apply(config, "Hostname", self._names.name)
        labels = _member(config, "Labels")
        for label in labels:
            if label != _UNIT_LABEL:
                _apply(labels, label, self._names.name)
        host = _member(container, "HostConfig")
        _apply(host, "NetworkMode", self._network_mode)
        _apply(host, "Links", self._link)
        _apply(host, "ExtraHosts", self._extra_host)
        networks = _member(_member(container, "NetworkSettings"), "Networks")
        for endpoint in networks.values():
            if isinstance(endpoint, dict):
                _apply(endpoint, "Aliases", self._names.name)
                _apply(endpoint, "DNSNames", self._names.name)
                _apply(endpoint, "Links", self._link)
        renamed = {self._names.name(key): value for key, value in networks.items()}
        networks.clear()
        networks.update(renamed)
        _apply(_member(container, "State"), "Error", self._text.words)

    def _network(self, network: dict[str, Json]) -> None:
        _apply(network, "Name", self._names.name)
        _apply(network, "name", self._names.name)
        for endpoint in _member(network, "Containers").values():
            if isinstance(endpoint, dict):
                _apply(endpoint, "Name", self._names.name)
        for labels in (_member(network, "Labels"), _member(network, "labels")):
            for label in labels:
                _apply(labels, label, self._names.name)

    def _event(self, event: dict[str, Json]) -> None:
        for key in ("Image", "from"):
            _apply(event, key, self._names.image)
        _apply(event, "Name", self._names.name)
        attributes = _member(_member(event, "Actor"), "Attributes")
        _apply(attributes, "image", self._names.image)
        for key in ("name", "com.docker.compose.service"):
            _apply(attributes, key, self._names.name)

    def _service(self, service: dict[str, Json]) -> None:
        _apply(_member(service, "Spec"), "Name", self._names.name)

    def _pod(self, pod: dict[str, Json]) -> None:
        _apply(pod, "Name", self._names.name)

    def _task(self, task: dict[str, Json]) -> None:
        _apply(_member(task, "Status"), "Err", self._text.words)

    def _info(self, info: dict[str, Json]) -> None:
        _apply(info, "Name", self._names.name)
        _apply(info, "User", self._names.name)
        _apply(_member(info, "host"), "hostname", self._names.name)

    def _slash_name(self, name: str) -> str:
        return f"/{self._names.name(name[1:])}" if name.startswith("/") else self._names.name(name)

    def _network_mode(self, mode: str) -> str:
        kind, colon, name = mode.partition(":")
        if not colon:
            return self._names.name(mode)
        return f"{kind}:{self._names.name(name)}" if kind == "container" else mode

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


def _apply(document: dict[str, Json], key: str, rename: Callable[[str], str]) -> None:
    """Rename the string at ``key``, or the strings of the list at ``key``.  The document itself is changed."""
    match document.get(key):
        case str() as text:
            document[key] = rename(text)
        case list() as items:
            document[key] = [rename(item) if isinstance(item, str) else item for item in items]
        case _:
            pass
