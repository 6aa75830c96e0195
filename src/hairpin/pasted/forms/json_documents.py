"""JSON documents in a text: ``docker inspect``, ``docker network inspect``, ``nft -j``, daemon.json.

Of a document only the fields are kept that the collector keeps, by the same lists (``collect.sh``).  Therefore no
environment of a container comes into the evidence.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from hairpin.pasted.form import Form, Found, Part, Paste
from hairpin.pasted.forms.docker_tables import engine_of

_BEGIN = re.compile(r"\s*(?:\[\s*(?:\{.*)?|\{(?:\s*\"[\w.-]+\"\s*:.*)?\s*|\[\]\s*)$")
_LONGEST = 1 << 22
_DECODER = json.JSONDecoder()


def _document(paste: Paste, start: int) -> Found | None:
    read = _decoded(paste, start)
    if read is None:
        return None
    value, end = read
    items = value if isinstance(value, list) else [value]
    found = [each for each in items if isinstance(each, dict)]
    if not found:
        return None
    command = paste.command_above(start)
    engine = engine_of(command.words)
    first = found[0]
    if isinstance(first.get("Config"), dict) or "NetworkSettings" in first:
        if isinstance(value, dict) and "Id" not in first:
            return None
        return Found(end, f"{engine} inspect", tuple(_kept(found, f"{engine}-containers", "CONTAINER_PATHS")))
    if "IPAM" in first or ("subnets" in first and "driver" in first):
        return Found(end, f"{engine} network inspect", tuple(_kept(found, f"{engine}-networks", "NETWORK_PATHS")))
    if "ServerVersion" in first:
        return Found(end, "docker info", tuple(_kept(found[:1], "docker-info", "INFO_PATHS")))
    if isinstance(value, dict) and first.keys() <= _daemon_keys() and first:
        return Found(end, "cat /etc/docker/daemon.json", tuple(_kept([first], "daemon-json", "DAEMON_KEYS")))
    return None


def _decoded(paste: Paste, start: int) -> tuple[Any, int] | None:
    """Return the document that begins at this line, and the index behind its last line; None if it is no JSON."""
    first = paste.lines[start].lstrip()
    closing = "]" if first.startswith("[") else "}"
    depth = len(paste.lines[start]) - len(first)
    last = next(
        (
            index
            for index in range(start, len(paste.lines))
            if paste.lines[index].rstrip().rstrip(",").endswith(closing)
            and (index == start or len(paste.lines[index]) - len(paste.lines[index].lstrip()) <= depth)
            and _closes(paste, start, index)
        ),
        None,
    )
    if last is None:
        return None
    text = "\n".join(paste.lines[start : last + 1])
    if len(text) > _LONGEST:
        return None
    try:
        value, _ = _DECODER.raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return value, last + 1


def _closes(paste: Paste, start: int, index: int) -> bool:
    text = "".join(paste.lines[start : index + 1])
    return text.count("{") <= text.count("}") and text.count("[") <= text.count("]")


def _kept(found: list[dict[str, Any]], key: str, paths: str) -> Iterator[Part]:
    allowed = _paths(paths)
    for each in found:
        kept = {name: value for name, value in each.items() if name in allowed} if paths == "DAEMON_KEYS" else _picked(each, allowed)
        yield Part(key, msgspec.json.encode(kept).decode() + "\n", "")


_Tree = dict[str, Any]


def _picked(value: Any, tree: _Tree) -> Any:
    """Return the value with the fields that the tree of paths allows; an empty tree allows the whole value."""
    if not tree:
        return value
    if isinstance(value, list):
        return [_picked(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _picked(inner, tree[name] if name in tree else tree["*"])
        for name, inner in value.items()
        if name in tree or "*" in tree
    }


def allowed_of(name: str) -> frozenset[str]:
    """Return the first parts of the paths of an allow-list of the collector."""
    return frozenset(_paths(name))


@cache
def _paths(name: str) -> _Tree:
    """Return an allow-list of the collector as a tree.  In a path, ``%`` stands for a dot of a name."""
    found = re.search(rf"^{name}='([^']*)'", (files("hairpin") / "collect" / "collect.sh").read_text(), re.MULTILINE)
    assert found is not None
    tree: _Tree = {}
    for path in found[1].split():
        at = tree
        for part in path.split("."):
            at = at.setdefault(part.replace("%", "."), {})
    return tree


def _daemon_keys() -> set[str]:
    return {*_paths("DAEMON_KEYS"), "log-driver", "log-opts", "storage-driver", "storage-opts", "insecure-registries", "registry-mirrors", "exec-opts", "graph", "debug", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey", "labels", "max-concurrent-downloads", "runtimes", "default-runtime", "selinux-enabled", "userns-remap", "builder", "default-ulimits", "metrics-addr"}


FORMS = (Form(_BEGIN, _document),)
