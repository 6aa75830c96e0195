"""The outputs of ``docker network ls`` and ``docker port``, and the same of Podman."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hairpin.pasted.form import Found, Fragment, OutputForm, Paste
from hairpin.pasted.forms.engines.published import bindings_in
from hairpin.sought import Sought

_NETWORKS_HEAD = Sought(r"\s*NETWORK ID\s+NAME\s+(?:DRIVER(?:\s+SCOPE)?|VERSION\s+PLUGINS)\s*$")
_NETWORK_ROW = Sought(
    r"\s*(?P<id>[0-9a-f]{12}(?:[0-9a-f]{52})?)\s+(?P<name>\S+)\s+(?P<driver>[\w/.:-]+)"
    r"(?:\s+(?P<scope>local|swarm|global))?\s*$"
)
_CNI_ROW = Sought(
    r"\s*(?P<id>[0-9a-f]{12}(?:[0-9a-f]{52})?)?\s*(?P<name>[\w.-]+)\s+\d+\.\d+\.\d+\s+"
    r"(?P<driver>[\w-]+)(?:,[\w-]+)*\s*$"
)
_PORT_ROW = Sought(r"\s*(?:(?P<owner>[\w.-]+)\s+)?(?P<own>\d{1,5}/(?:tcp|udp|sctp)) -> (?P<at>\S+)\s*$")
_PORT_ALONE = Sought(r"\s*(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]*\]|::):\d{1,5}\s*$")
_LEAST_WORDS = 3


def engine_of(words: tuple[str, ...]) -> str:
    """Return the engine of the command: ``podman`` for Podman's command, ``docker`` for any other."""
    return "podman" if words[:1] == ("podman",) else "docker"


def _networks(paste: Paste, start: int) -> Found | None:
    row = _CNI_ROW if "VERSION" in paste.lines[start] else _NETWORK_ROW
    end = paste.block(start + 1, row.match)
    rows = [found for line in paste.lines[start + 1 : end] if (found := row.match(line)) is not None]
    has_scope = "SCOPE" in paste.lines[start]
    words = paste.command_above(start).words
    # Docker shows the scope, Podman does not.
    engine = engine_of(words) if words else "docker" if has_scope else "podman"
    made: list[dict[str, Any]] = []
    for each in rows:
        if engine == "podman":
            made.append({"name": each["name"], "id": each["id"] or each["name"], "driver": each["driver"]})
        else:
            made.append(
                {
                    "Id": each["id"],
                    "Name": each["name"],
                    "Driver": each["driver"],
                    "Scope": each["scope"] if has_scope else "local",
                }
            )
    return Found(max(end, start + 1), f"{engine} network ls", tuple(fragments(f"{engine}-networks", made)))


def _ports(paste: Paste, start: int) -> Found | None:
    """Return what ``docker port NAME`` prints.  The command names the container; with ``podman port -a`` each row names
    it."""
    command = paste.command_above(start)
    is_asked = command.words[1:2] == ("port",) or command.words[1:3] == ("container", "port")
    plain = [word for word in command.words[1:] if not word.startswith("-") and word not in ("port", "container")]
    end = paste.block(start, _PORT_ROW.match)
    rows: dict[str, list[str]] = {}
    for line in paste.lines[start:end]:
        row = _PORT_ROW.match(line)
        owner = (row["owner"] or (plain[0] if plain else "")) if row is not None else ""
        if row is not None and owner:
            rows.setdefault(owner, []).append(f"{row['at']}->{row['own']}")
    engine = engine_of(command.words)
    if not is_asked:
        return None if command.words else Found(end, "docker port")
    return Found(
        end,
        f"{engine} port",
        tuple(fragments(f"{engine}-containers", [_publishing(each, rows[each]) for each in rows])),
    )


def _publishing(owner: str, rows: list[str]) -> dict[str, Any]:
    bindings = bindings_in(", ".join(rows))
    made: dict[str, Any] = {"NetworkSettings": {"Ports": bindings}, "HostConfig": {"PortBindings": bindings}}
    made["Name"] = "/" + owner
    if re.fullmatch(r"[0-9a-f]{12,64}", owner):
        made["Id"] = owner
    return made


def _port(paste: Paste, start: int) -> Found | None:
    """Return what ``docker port NAME PORT`` prints, which is only addresses."""
    words = paste.command_above(start).words
    if (
        words[1:2] != ("port",)
        or len(words) <= _LEAST_WORDS
        or not re.fullmatch(r"\d+(?:/(?:tcp|udp|sctp))?", words[3])
    ):
        return None
    own = words[3] if "/" in words[3] else f"{words[3]}/tcp"
    end = paste.block(start, _PORT_ALONE.match)
    engine = engine_of(words)
    made = _publishing(words[2], [f"{line.strip()}->{own}" for line in paste.lines[start:end]])
    return Found(end, f"{engine} port", tuple(fragments(f"{engine}-containers", [made])))


def fragments(key: str, made: list[dict[str, Any]]) -> Iterator[Fragment]:
    """Yield each object as a part."""
    for each in made:
        yield Fragment(key, msgspec.json.encode(each).decode() + "\n", "")


FORMS = (OutputForm(_NETWORKS_HEAD, _networks), OutputForm(_PORT_ROW, _ports), OutputForm(_PORT_ALONE, _port))
