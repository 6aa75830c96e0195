"""Tables and lines of Docker and Podman: ``docker ps``, ``docker network ls``, ``docker port`` and ``docker run``.

A table tells less than ``docker inspect``.  What it tells becomes an object in the form of ``docker inspect`` that lacks
the other fields.
"""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from hairpin.pasted.form import Form, Found, Part, Paste
from hairpin.pasted.forms.published import port_bindings, published

_PS_HEAD = re.compile(r"\s*CONTAINER ID\s+IMAGE\b.*")
_COLUMNS = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES", "SIZE", "NETWORKS")
_NETWORKS_HEAD = re.compile(r"\s*NETWORK ID\s+NAME\s+DRIVER(?:\s+SCOPE)?\s*$")
_NETWORK_ROW = re.compile(r"\s*([0-9a-f]{12,64})\s+(\S+)\s+([\w/.:-]+)(?:\s+(local|swarm|global))?\s*$")
_RUN = re.compile(r".*\b(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s")
_STATUS = re.compile(r"(Up|Exited \((\d+)\)|Created|Restarting \((\d+)\)|Paused|Dead|Removal)\b.*?(\((?:healthy|unhealthy|health: starting|Paused)\))?\s*$")
_PORT_ROW = re.compile(r"\s*(?:(?P<first>\S+)\s+)?(\d{1,5}/(?:tcp|udp|sctp)) -> (\S+)\s*$")


def engine_of(words: tuple[str, ...]) -> str:
    """Return the engine whose command it is: ``podman``, or ``docker`` for any other."""
    return "podman" if words[:1] == ("podman",) else "docker"


def _ps(paste: Paste, start: int) -> Found | None:
    head = paste.lines[start]
    end = paste.block(start + 1, lambda line: line.strip() and not _PS_HEAD.match(line))
    starts = {name: head.index(name) for name in _COLUMNS if name in head}
    found: list[dict[str, Any]] = []
    for line in paste.lines[start + 1 : end]:
        row = _row(line, head, starts)
        if row is None:
            break
        found.append(_listed(row))
    command = paste.command_above(start)
    if not found and not command.words:
        return Found(start + 1, "docker ps")
    engine = engine_of(command.words)
    return Found(start + 1 + len(found), f"{engine} ps", tuple(_fragments(f"{engine}-containers", found)))


def _row(line: str, head: str, starts: dict[str, int]) -> dict[str, str] | None:
    """Return the cells of a row by column: by the head's positions, or by the gaps if the paste has lost them."""
    names = sorted(starts, key=lambda name: starts[name])
    ends = [*(starts[name] for name in names[1:]), None]
    by_place = {name: line[starts[name] : end].strip() for name, end in zip(names, ends, strict=True)}
    if re.fullmatch(r"[0-9a-f]{12,64}", by_place.get("CONTAINER ID", "")) and _STATUS.match(by_place.get("STATUS", "")):
        return by_place
    cells = re.split(r"\s{2,}|\t", line.strip())
    if not re.fullmatch(r"[0-9a-f]{12,64}", cells[0]):
        return None
    status = next((number for number, cell in enumerate(cells) if _STATUS.match(cell)), None)
    if status is None or len(cells) < 3:  # noqa: PLR2004 - an id, a status and a name
        return None
    ports = cells[status + 1 : -1]
    return {"CONTAINER ID": cells[0], "IMAGE": cells[1], "STATUS": cells[status], "PORTS": ", ".join(ports), "NAMES": cells[-1]}


def _listed(row: dict[str, str]) -> dict[str, Any]:
    status = _STATUS.match(row.get("STATUS", ""))
    word = status[1].split()[0].lower() if status is not None else ""
    state = {"up": "running", "exited": "exited"}.get(word, word)
    if status is not None and status[4] == "(Paused)":
        state = "paused"
    facts: dict[str, Any] = {
        "Id": row["CONTAINER ID"],
        "Name": "/" + (row.get("NAMES") or row["CONTAINER ID"]).split(",")[0],
        "State": {"Status": state, "Running": state in ("running", "paused")},
        "Config": {"Image": row.get("IMAGE", "")},
    }
    if status is not None and (status[2] or status[3]):
        facts["State"]["ExitCode"] = int(status[2] or status[3])
    bindings = published(row.get("PORTS", ""))
    facts["NetworkSettings"] = {"Ports": bindings}
    named = {key: value for key, value in bindings.items() if value}
    facts["HostConfig"] = {"PortBindings": named}
    exposed = [key for key, value in bindings.items() if value is None]
    if exposed:
        facts["Config"]["ExposedPorts"] = {key: {} for key in bindings}
    return facts


def _networks(paste: Paste, start: int) -> Found | None:
    end = paste.block(start + 1, _NETWORK_ROW.match)
    rows = [found for line in paste.lines[start + 1 : end] if (found := _NETWORK_ROW.match(line)) is not None]
    engine = engine_of(paste.command_above(start).words)
    made = [{"Id": row[1], "Name": row[2], "Driver": row[3], "Scope": row[4] or "local"} for row in rows]
    return Found(end, f"{engine} network ls", tuple(_fragments(f"{engine}-networks", made)))


def _ports(paste: Paste, start: int) -> Found | None:
    """Return what ``docker port NAME`` prints; its container is named by the command alone."""
    command = paste.command_above(start)
    if command.words[1:2] != ("port",) or len(command.words) < 3:  # noqa: PLR2004 - docker port NAME
        return None
    end = paste.block(start, _PORT_ROW.match)
    text = ", ".join(f"{row[3]}->{row[2]}" for line in paste.lines[start:end] if (row := _PORT_ROW.match(line)))
    bindings = published(text)
    made = {
        "Name": "/" + command.words[2],
        "NetworkSettings": {"Ports": bindings},
        "HostConfig": {"PortBindings": bindings},
    }
    engine = engine_of(command.words)
    return Found(end, f"{engine} port", tuple(_fragments(f"{engine}-containers", [made])))


_WITH_VALUE = frozenset(
    "-p --publish --name --network --net -v --volume -e --env --env-file -w --workdir -u --user -h --hostname --restart "
    "--mount --dns --dns-search --dns-option --add-host --link --label -l --ip --ip6 --mac-address --memory -m --cpus "
    "--cpuset-cpus --cpu-shares -c --log-driver --log-opt --entrypoint --device --cap-add --cap-drop --security-opt "
    "--sysctl --ulimit --tmpfs --shm-size --expose --network-alias --net-alias --pid --ipc --uts --userns --cgroup-parent "
    "--gpus --runtime --platform --pull --health-cmd --health-interval --health-retries --health-timeout --stop-signal "
    "--stop-timeout --volumes-from --volume-driver --group-add --cidfile --annotation --isolation --oom-score-adj "
    "--memory-swap --memory-swappiness --memory-reservation --pod --secret --storage-opt --blkio-weight --kernel-memory "
    "--pids-limit -a --attach --detach-keys --domainname --label-file --init-path --device-cgroup-rule".split()
)


def _run(paste: Paste, start: int) -> Found | None:
    text, end = _continued(paste, start)
    match = _RUN.match(text)
    if match is None:
        return None
    try:
        words = shlex.split(text[match.end() :])
    except ValueError:
        words = text[match.end() :].split()
    engine = "podman" if re.search(r"\bpodman\s", match[0]) else "docker"
    made = _of_run(words)
    if made is None:
        return None
    return Found(end, f"{engine} run", tuple(_fragments(f"typed-{engine}-containers", [made])))


def _continued(paste: Paste, start: int) -> tuple[str, int]:
    r"""Return the command line with the lines that continue it, and the index behind them.  A line is continued by a
    backslash at its end, or by an option at the beginning of the next line (a wrapped line)."""
    text = paste.lines[start].strip()
    end = start + 1
    while end < len(paste.lines):
        following = paste.lines[end].strip()
        if text.endswith("\\"):
            text = text[:-1].rstrip() + " " + following
        elif following.startswith("-") and re.match(r"--?[a-z]", following) and len(text) > 20:  # noqa: PLR2004
            text += " " + following
        else:
            break
        end += 1
    return text, end


def _of_run(words: list[str]) -> dict[str, Any] | None:
    """Return the container that the words of ``docker run`` ask for; None if no image is named."""
    options: dict[str, list[str]] = {}
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        name, equals, value = words[at].partition("=")
        if not equals and name in _WITH_VALUE and at + 1 < len(words):
            value = words[at + 1]
            at += 1
        elif not equals and re.fullmatch(r"-[pehlumvwc]\S+", name) and not name.startswith("--"):
            name, value = name[:2], name[2:]  # -p8080:80
        options.setdefault(name, []).append(value)
        at += 1
    if at >= len(words) or not re.match(r"[\w<$.{/-]", words[at]):
        return None
    mode = next((options[name][-1] for name in ("--network", "--net") if name in options), "default").partition(":")
    bindings = port_bindings(options.get("-p", []) + options.get("--publish", []))
    image = words[at]
    made: dict[str, Any] = {
        "Config": {"Image": image},
        "HostConfig": {"NetworkMode": "".join(mode) if mode[0] == "container" else mode[0], "PortBindings": bindings},
        "NetworkSettings": {"Ports": bindings},
    }
    if "--name" in options:
        made["Name"] = "/" + options["--name"][-1]
    if "--restart" in options:
        made["HostConfig"]["RestartPolicy"] = {"Name": options["--restart"][-1].partition(":")[0]}
    if "-P" in options or "--publish-all" in options:
        made["HostConfig"]["PublishAllPorts"] = True
    return made


def _fragments(key: str, made: list[dict[str, Any]]) -> Iterator[Part]:
    for each in made:
        yield Part(key, msgspec.json.encode(each).decode() + "\n", "")


FORMS = (Form(_PS_HEAD, _ps), Form(_NETWORKS_HEAD, _networks), Form(_PORT_ROW, _ports), Form(_RUN, _run))
