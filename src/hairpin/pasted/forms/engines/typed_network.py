"""Command lines that make an internal network or connect a container to a network: ``docker network create --internal``
and ``docker network connect``, and the same of Podman.

Source: docker cli/command/network/create.go, connect.go; podman cmd/podman/networks/create.go
"""

from typing import Any

from hairpin.pasted.form import Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import fragments
from hairpin.sought import Sought

_LINE = Sought(
    r"\s*(?:(?:[-*\u2022]|\d+[.)])\s+)?`?\s*(?:(?:\[[^\]]*\]|\S*)[$#>%\u276f]\s+)?(?:sudo\s+)?(?:/\S*/)?"
    r"(?P<engine>docker|podman|nerdctl)\s+network\s+(?P<verb>create|connect)\s+(?P<words>[^`;|&#]+)"
)
_WITH_VALUE = frozenset((
    "--aux-address", "--config-from", "--driver", "-d", "--gateway", "--ip-range", "--ipam-driver", "--ipam-opt",
    "--label", "--opt", "-o", "--scope", "--subnet", "--alias", "--ip", "--ip6", "--link", "--link-local-ip",
    "--driver-opt", "--interface-name", "--route", "--dns", "--mac-address", "--gw-priority",
))  # fmt: skip
_NAME = Sought(r"[A-Za-z0-9][\w.-]*$")


def internal_network(name: str) -> dict[str, Any]:
    """Return the internal network in the form of ``docker network inspect`` and of ``podman network inspect``."""
    return {"Name": name, "name": name, "Driver": "bridge", "driver": "bridge", "Internal": True, "internal": True}


def _network(paste: Paste, start: int) -> Found | None:
    typed = _LINE.match(paste.lines[start])
    if typed is None:
        return None
    names, options = _words(typed["words"].split())
    engine = "podman" if typed["engine"] == "podman" else "docker"
    told = f"{engine} network {typed['verb']}"
    if typed["verb"] == "create":
        made = [internal_network(names[0])] if "--internal" in options and len(names) == 1 else []
    else:
        made = [{"Name": names[0], "name": names[0], "Connected": names[1]}] if len(names) > 1 else []
    return Found(start + 1, told, tuple(fragments(f"typed-{engine}-networks", made))) if made else None


def _words(words: list[str]) -> tuple[list[str], set[str]]:
    """Return the names and the options without values."""
    names: list[str] = []
    options: set[str] = set()
    at = 0
    while at < len(words):
        word = words[at]
        at += 2 if word in _WITH_VALUE else 1
        if word.startswith("-"):
            options.add(word.removesuffix("=true"))
        elif _NAME.match(word) is not None:
            names.append(word)
    return names, options


FORMS = (OutputForm(_LINE, _network, ("docker", "podman", "nerdctl")),)
