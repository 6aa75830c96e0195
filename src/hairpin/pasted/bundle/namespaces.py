"""Finds the container to which a network namespace of ``ip netns`` belongs.

The documents of ``docker inspect`` and ``podman inspect`` name the file of each container's namespace.  If these
documents do not name the file, the container is found by its address, which no other container of the host has.
"""

import json
import re
from typing import Any

from hairpin.pasted.values import object_of, objects_of

_ADDRESS = re.compile(r"\binet6? ([0-9a-fA-F.:]+)/\d+ .*scope global")
_LONGEST = 4 << 20


class Sandboxes:
    """The network namespaces of the containers that these documents describe."""

    def __init__(self, documents: tuple[str, ...]) -> None:
        self._by_file: dict[str, str] = {}
        self._by_address: dict[str, str] = {}
        for text in documents:
            for each in _containers(text):
                self._add(each)

    def _add(self, container: dict[str, Any]) -> None:
        name = str(container.get("Name") or "").removeprefix("/")
        settings = object_of(container.get("NetworkSettings"))
        if not name or not settings:
            return
        file = str(settings.get("SandboxKey") or "").rpartition("/")[2]
        if file:
            self._by_file.setdefault(file, name)
        networks = object_of(settings.get("Networks"))
        for each in (settings, *map(object_of, networks.values())):
            for key in ("IPAddress", "GlobalIPv6Address"):
                if address := str(each.get(key) or "").partition("/")[0]:
                    self._by_address.setdefault(address, name)

    def name_of(self, netns: str, addresses: str) -> str:
        """Return the namespace as readings name it: ``container:NAME``, or ``netns:NAME`` if it is no container's.

        ``addresses``: the output of ``ip addr`` in it."""
        name = self._by_file.get(netns)
        if name is None:
            held = (self._by_address.get(each) for each in _ADDRESS.findall(addresses))
            name = next((each for each in held if each is not None), None)
        return f"netns:{netns}" if name is None else f"container:{name}"


def _containers(text: str) -> list[dict[str, Any]]:
    if len(text) > _LONGEST or "NetworkSettings" not in text:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return objects_of(found)
