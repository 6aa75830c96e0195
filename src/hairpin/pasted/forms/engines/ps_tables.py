"""The tables of ``docker ps``, ``podman ps``, ``nerdctl ps`` and ``docker compose ps``, with any columns.

    table := head row*
    row   := cell*                                  # in the columns of the head
           | ID IMAGE … STATUS [PORTS] NAMES [SIZE] # if the paste has lost the columns, or a row is wrapped

A table has fewer facts than ``docker inspect``.  A row becomes an object in the form of ``docker inspect``, without the
fields that the table does not show.

Source: docker cli/command/formatter/container.go; podman cmd/podman/containers/ps.go; compose
cmd/formatter/container.go; compose 1 compose/cli/formatter.py
"""

import re
from typing import Any

from hairpin.pasted.form import Command, Found, OutputForm, Paste
from hairpin.pasted.forms.engines.engine_words import engine_of, fragments
from hairpin.pasted.forms.engines.published import PORTS, bindings_in
from hairpin.sought import Sought

_COLUMNS = (
    "CONTAINER ID", "LOCAL VOLUMES", "RUNNING FOR", "CREATED AT", "POD ID", "CGROUPNS", "NETWORKS", "PLATFORM",
    "SERVICE", "COMMAND", "CREATED", "RUNTIME", "PODNAME", "MOUNTS", "STATUS", "LABELS", "IMAGE", "STATE", "PORTS",
    "NAMES", "USERNS", "PIDNS", "NAME", "SIZE", "IPC", "MNT", "NET", "PID", "UTS",
)  # fmt: skip
_COLUMN = Sought(rf"\s*({'|'.join(_COLUMNS)})(?=\s|$)")
_HEAD = Sought(r"\s*(?:CONTAINER ID|NAMES?|IMAGE|STATUS|PORTS)\s+[A-Z]")
_ID = Sought(r"[0-9a-f]{12}(?:[0-9a-f]{52})?")
_NAME = r"[A-Za-z0-9][\w.-]*(?:,[\w./-]+)*"
_AGE = r"(?:Less than a second|About an? \w+|\d+ (?:second|minute|hour|day|week|month|year)s?)"
_STATE = (
    rf"(?:Up {_AGE}(?: ago)?(?: \((?:healthy|unhealthy|health: starting|starting|Paused)\))*|Exited \(-?\d+\) {_AGE} "
    rf"ago|Restarting \(-?\d+\) {_AGE} ago|Created|Initialized|Removal In Progress|Dead|Stopping|(?i:running|paused"
    rf"|restarting|created)(?:\((?:\d+|\w+)\)| \((?:un)?healthy\)| \(starting\))?|(?i:exited) ?\(-?\d+\)|Up(?: \([\w: "
    rf"]+\))?|Exit -?\d+)"
)
_STATUS = Sought(_STATE)
_ROW = Sought(
    rf"[\s>]*(?P<id>[0-9a-f]{{12}}(?:[0-9a-f]{{52}})?)\s+(?P<image>\S+)\s+(?P<command>.*?)\s+(?P<status>{_STATE})\s+"
    rf"(?:(?P<ports>{PORTS})\s+)?(?P<names>{_NAME})(?:\s+[\d.]+ ?[kMGT]?B \(virtual [^)]*\))?\s*"
)
_HEADLESS = Sought(r"[\s>]*[0-9a-f]{12}\s+\S+\s+\".*(?:Up|Exited|Created|Restarting)\b")
_WRAPPED = 6
"""The largest number of lines over which a row may be wrapped."""
_Row = dict[str, str]


def _columns(head: str) -> tuple[tuple[str, int], ...]:
    """Return the columns of a head line with their positions; no column if the line has any other word."""
    found: list[tuple[str, int]] = []
    at = 0
    while at < len(head) and head[at:].strip():
        match = _COLUMN.match(head, at)
        if match is None:
            return ()
        found.append((match[1], match.start(1)))
        at = match.end()
    names = {name for name, _ in found}
    is_listing = "CONTAINER ID" in names or "NAMES" in names or ("NAME" in names and "PORTS" in names)
    return tuple(found) if is_listing and len(found) > 1 and len(names) == len(found) else ()


def _head(paste: Paste, start: int) -> tuple[tuple[tuple[str, int], ...], int]:
    """Return the columns, and the index after the head.  The head may be wrapped over several lines."""
    columns = _columns(paste.lines[start])
    names = {name for name, _ in columns}
    if columns and not names & {"NAMES", "NAME"} and start + 1 < len(paste.lines):
        wrapped = _columns(paste.lines[start] + "  " + paste.lines[start + 1].strip())
        if any(name == "NAMES" for name, _ in wrapped):
            return wrapped, start + 2
    return columns, start + 1


def _table(paste: Paste, start: int) -> Found | None:
    columns, at = _head(paste, start)
    command = paste.command_above(start)
    if not columns or (command.words and not _lists(command)):
        return None
    rows, end = _rows(paste, at, columns)
    return _listing(rows, end, command, {name for name, _ in columns})


def _lists(command: Command) -> bool:
    return "ps" in command.words or "ls" in command.words or "list" in command.words


def _listing(rows: list[_Row], end: int, command: Command, columns: set[str]) -> Found:
    engine = engine_of(command.words)
    quoted = any('"' in row.get("COMMAND", "") for row in rows)
    if not command.words and rows and "COMMAND" in columns and "CONTAINER ID" in columns and not quoted:
        engine = "podman"  # docker puts commands in quotation marks
    known = columns & {"STATUS", "STATE", "PORTS"}
    parts = tuple(fragments(f"{engine}-containers", [container_of_row(row) for row in rows])) if known else ()
    return Found(end, f"{engine} ps", parts)


def _rows(paste: Paste, start: int, columns: tuple[tuple[str, int], ...]) -> tuple[list[_Row], int]:
    rows: list[_Row] = []
    at = end = start
    while at < len(paste.lines) and at not in paste.commands and paste.lines[at].strip():
        row, taken = _row_at(paste, at, columns)
        if row is None:
            if _ID.match(paste.lines[at].strip()) is None:
                break
            at += 1  # a row that cannot be read: its container stays unknown
            continue
        rows.append(row)
        at = end = at + taken
    return rows, end


def _row_at(paste: Paste, at: int, columns: tuple[tuple[str, int], ...]) -> tuple[_Row | None, int]:
    """Return the row that begins at this line, and its number of lines."""
    line = paste.lines[at]
    placed = _cells_by_place(line, columns)
    if placed is not None:
        return placed, 1
    for number in range(1, _WRAPPED + 1):
        lines = paste.lines[at : at + number]
        if len(lines) < number or (number > 1 and (not lines[-1].strip() or _ID.match(lines[-1].strip()))):
            break
        if at + number - 1 in paste.commands:
            break
        for text in ("".join(lines), " ".join(each.strip() for each in lines)):
            row = _ROW.fullmatch(text)
            if row is not None:
                return _cells_of(row), number
    return _split(line, columns), 1


def _cells_of(row: re.Match[str]) -> _Row:
    names = {
        "CONTAINER ID": "id",
        "IMAGE": "image",
        "COMMAND": "command",
        "STATUS": "status",
        "PORTS": "ports",
        "NAMES": "names",
    }
    return {column: row[name] or "" for column, name in names.items()}


def _cells_by_place(line: str, columns: tuple[tuple[str, int], ...]) -> _Row | None:
    """Return the cells by the positions in the head; None if a cell does not have its column's form."""
    ends = [*(place for _, place in columns[1:]), len(line)]
    cells: _Row = {}
    for (name, place), end in zip(columns, ends, strict=True):
        if place and line[place - 1 : place].strip():
            return None
        cells[name] = line[place:end].strip()
    return cells if _is_row(cells) else None


def _split(line: str, columns: tuple[tuple[str, int], ...]) -> _Row | None:
    """Return the cells by the gaps between them.  The cell for ports may be empty."""
    cells = re.split(r"\s{2,}|\t", line.strip())
    names = [name for name, _ in columns]
    if len(cells) == len(names) - 1 and "PORTS" in names:
        cells.insert(names.index("PORTS"), "")
    if len(cells) != len(names):
        return None
    row = dict(zip(names, cells, strict=True))
    return row if _is_row(row) else None


_CHECKED: dict[str, Sought] = {
    "CONTAINER ID": _ID,
    "STATUS": _STATUS,
    "PORTS": Sought(rf"(?:{PORTS})?"),
    "NAMES": Sought(_NAME),
    "NAME": Sought(_NAME),
    "IMAGE": Sought(r"\S+"),
    "SERVICE": Sought(r"[\w.-]+"),
}


def _is_row(cells: _Row) -> bool:
    return all(pattern.fullmatch(cells[name]) for name, pattern in _CHECKED.items() if name in cells)


def container_of_row(row: _Row) -> dict[str, Any]:
    """Return the container of a row in the form of ``docker inspect``."""
    name = (row.get("NAMES") or row.get("NAME") or row["CONTAINER ID"]).split(",")[0].removeprefix("/")
    facts: dict[str, Any] = {"Name": "/" + name}
    if row.get("CONTAINER ID"):
        facts["Id"] = row["CONTAINER ID"]
    if row.get("STATUS") or row.get("STATE"):
        facts["State"] = state_of(row.get("STATUS") or row["STATE"])
    config: dict[str, Any] = {"Image": row["IMAGE"]} if row.get("IMAGE") else {}
    if "PORTS" in row and not re.search(r"[x*]", row["PORTS"]):  # a masked address tells nothing of the port
        bindings = bindings_in(row["PORTS"])
        facts["NetworkSettings"] = {"Ports": bindings}
        facts["HostConfig"] = {"PortBindings": {key: value for key, value in bindings.items() if value}}
        if any(value is None for value in bindings.values()):
            config["ExposedPorts"] = {key: {} for key in bindings}
    if row.get("SERVICE"):
        config["Labels"] = {"com.docker.compose.service": row["SERVICE"]}
    networks = [each.strip() for each in row.get("NETWORKS", "").split(",") if each.strip()]
    if networks:
        if len(networks) == 1:  # of several, the table does not tell which one came first
            facts.setdefault("HostConfig", {})["NetworkMode"] = networks[0]
        facts.setdefault("NetworkSettings", {})["Networks"] = {each: {} for each in networks}
    return {**facts, **({"Config": config} if config else {})}


def state_of(status: str) -> dict[str, Any]:
    """Return the state that the words of the column STATUS mean."""
    word = re.split(r"[\s(]", status.strip())[0].lower()
    state = {"up": "running", "exit": "exited", "initialized": "created", "removal": "removing"}.get(word, word)
    if "(Paused)" in status:
        state = "paused"
    facts: dict[str, Any] = {"Status": state, "Running": state in ("running", "paused", "restarting")}
    code = re.match(r"(?i:Exited|Restarting|Exit) ?\(?(-?\d+)", status)
    if code is not None:
        facts["ExitCode"] = int(code[1])
    health = re.search(r"\((?:health: )?(healthy|unhealthy|starting)\)", status)
    if health is not None:
        facts["Health"] = {"Status": health[1]}
    return facts


def _headless(paste: Paste, start: int) -> Found | None:
    """Return rows without a head: ``docker ps | grep web``."""
    columns = (
        ("CONTAINER ID", 0),
        ("IMAGE", 0),
        ("COMMAND", 0),
        ("CREATED", 0),
        ("STATUS", 0),
        ("PORTS", 0),
        ("NAMES", 0),
    )
    rows: list[_Row] = []
    at = start
    while at < len(paste.lines) and _HEADLESS.match(paste.lines[at]):
        match = _ROW.fullmatch(paste.lines[at])
        if match is None:
            break
        rows.append(_cells_of(match))
        at += 1
    return _listing(rows, at, paste.command_above(start), {name for name, _ in columns}) if rows else None


_FORMATTED = Sought(rf"\s*(?P<name>[A-Za-z0-9][\w.-]*)(?:\s+(?P<ports>{PORTS}))?\s*")
_FORMATTED_HEAD = Sought(r"\s*[A-Za-z0-9][\w.-]*\s+(?:[\d.:\[\]]*:\d+(?:-\d+)?->\d|\d+/(?:tcp|udp))")


def _rows_by_format(paste: Paste, start: int) -> Found | None:
    """Return the rows of ``docker ps --format '{{.Names}} {{.Ports}}'``."""
    first = start
    while first > 0 and first - 1 not in paste.commands and re.fullmatch(_NAME, paste.lines[first - 1].strip()):
        first -= 1  # containers that publish no port
    command = paste.command_above(first)
    asked = re.findall(r"\{\{\s*\.(\w+)\s*\}\}", command.text)
    if asked != ["Names", "Ports"] or "ps" not in command.words:
        return None
    end = paste.block(start, _FORMATTED.fullmatch)
    found = (_FORMATTED.fullmatch(line) for line in paste.lines[start:end])
    rows = [{"NAMES": row["name"], "PORTS": row["ports"] or ""} for row in found if row is not None]
    rows += [{"NAMES": line.strip(), "PORTS": ""} for line in paste.lines[first:start]]
    return _listing(rows, end, command, {"NAMES", "PORTS"})


_COMPOSE_HEAD = Sought(r"\s*Name\s+Command\s+State(?:\s+Ports)?\s*$")
_COMPOSE_ROW = Sought(
    r"(?P<name>[\w.-]+)\s+(?P<command>\S.*?)\s+(?P<status>Up(?: \([\w: ]+\))?|Exit -?\d+|Restarting"
    r"|Paused)(?:\s+(?P<ports>\S.*))?"
)


def _compose(paste: Paste, start: int) -> Found | None:
    """Return the table of ``docker-compose ps`` of Compose 1.  Compose 1 wraps each cell within its column."""
    end = paste.block(start + 1, lambda line: line.strip(), blank=0)
    rows: list[_Row] = []
    place = -1
    for line in paste.lines[start + 1 : end]:
        if re.fullmatch(r"\s*-{5,}\s*", line):
            continue
        row = _COMPOSE_ROW.fullmatch(line.strip())
        if row is not None:
            rows.append({"NAMES": row["name"], "STATUS": row["status"], "PORTS": row["ports"] or ""})
            place = line.index(row["ports"]) if row["ports"] else -1
        elif rows and place > 0 and line[:1].isspace():
            rows[-1]["PORTS"] += line[place:].strip()
        elif not rows:
            return None
    whole = [row for row in rows if re.fullmatch(rf"(?:{PORTS})?", row["PORTS"])]
    return Found(
        end, "docker-compose ps", tuple(fragments("docker-containers", [container_of_row(row) for row in whole]))
    )


FORMS = (
    OutputForm(_HEAD, _table),
    OutputForm(_COMPOSE_HEAD, _compose),
    OutputForm(_HEADLESS, _headless),
    OutputForm(_FORMATTED_HEAD, _rows_by_format),
)
