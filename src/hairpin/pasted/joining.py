"""Joins what was found in a text to the evidence of one host.

The outputs of one host and moment become readings.  Fragments of one reading are joined: the tables of several
listings, the values of several sysctls, what several commands tell about a container.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from hairpin import __version__
from hairpin.evidence.reading import PASTED, SCHEMA, Evidence, Reading
from hairpin.pasted.containers import containers_of, networks_of
from hairpin.pasted.form import Part, Recognised

_OF_HOST = ("docker-", "podman-", "typed-", "firewalld-", "ufw-", "daemon-json", "file", "versions", "os-release", "outcome", "uname", "units")
_JOINED = ("sysctl", "ip-neigh-text", "iptables-", "sockets")
"""The keys of readings whose fragments are put one behind the other.  Of any other key, a later reading with the same
key, namespace and origin replaces an earlier one."""


class Output(msgspec.Struct, frozen=True):
    """An output in a text: its place, the command that prints it, and its parts."""

    recognised: Recognised
    origin: str
    parts: tuple[Part, ...]


def evidence_of(outputs: tuple[Output, ...], *, name: str) -> Evidence:
    """Return the evidence of the host that these outputs describe.  ``name``: the host's name; empty if the text does
    not tell it."""
    listed = "".join(msgspec.json.encode(each.recognised).decode() + "\n" for each in outputs)
    readings = [_reading(PASTED, "", name or "-", listed)]
    kernel = ""
    for key, netns, origin, text in _texts(outputs):
        if key == "uname":
            kernel = text.strip()
            continue
        readings.append(_reading(key, netns, origin, text))
    numbered = tuple(msgspec.structs.replace(each, id=f"e{number}") for number, each in enumerate(readings, 1))
    return Evidence(SCHEMA, __version__, "", name, kernel, numbered)


def _reading(key: str, netns: str, origin: str, text: str) -> Reading:
    return Reading("e0", key, netns, origin, "", 0, "text", text)


_Text = tuple[str, str, str, str]


def _texts(outputs: tuple[Output, ...]) -> Iterator[_Text]:
    """Yield key, namespace, origin and text of each reading."""
    found: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
    for output in outputs:
        for part in output.parts:
            netns = "" if part.key.startswith(_OF_HOST) else part.netns
            origin = part.origin or output.origin
            place = (part.key, netns, part.origin)
            is_joined = part.key.startswith((*_JOINED, "docker-containers", "docker-networks", "podman-containers", "podman-networks", "typed-", "outcome"))
            before = found.get(place)
            texts = [*before[1], part.text] if before is not None and is_joined else [part.text]
            found[place] = (before[0] if before is not None and is_joined else origin, texts)
    documents: dict[str, dict[str, list[dict[str, Any]]]] = {"docker": {}, "podman": {}}
    for (key, netns, _), (origin, texts) in found.items():
        engine, _, what = key.removeprefix("typed-").partition("-")
        if engine in documents and what in ("containers", "networks"):
            listed = documents[engine].setdefault("typed" if key.startswith("typed-") else what, [])
            listed += [msgspec.json.decode(line) for text in texts for line in text.splitlines()]
        elif key.startswith("iptables-"):
            yield key, netns, origin, _tables(texts)
        else:
            yield key, netns, origin, "".join(texts)
    for engine, of_engine in documents.items():
        if containers := containers_of(of_engine.get("containers", []), of_engine.get("typed", [])):
            yield f"{engine}-containers", "", f"{engine} inspect", _lines(containers)
        if networks := networks_of(of_engine.get("networks", [])):
            yield f"{engine}-networks", "", f"{engine} network inspect", _lines(networks)


def _lines(documents: Iterable[dict[str, Any]]) -> str:
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in documents)


def _tables(texts: list[str]) -> str:
    """Return the tables of several texts of ``iptables-save``, each table once: the last one that has it."""
    found: dict[str, list[str]] = {}
    for text in texts:
        table = ""
        for line in text.splitlines():
            if line.startswith("*"):
                table = line.strip()
                found[table] = []
            elif table and line.strip() != "COMMIT" and not line.startswith("#"):
                found[table].append(line)
    return "".join("\n".join([table, *lines, "COMMIT"]) + "\n" for table, lines in found.items())


