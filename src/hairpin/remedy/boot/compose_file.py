"""Edits of compose files that a repair needs.

Each edit changes one key of one service.  hairpin shows the new lines, and does not write the file.

Only files in plain block style are edited, line by line.  For a file in another style, hairpin only names the key.

Source: compose-spec 05-services.md ``ports`` ``networks`` ``restart``
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.change.calls import ConnectContainer, SetRestartPolicy
from hairpin.change.step import Ask, Step
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container
from hairpin.host.host import Host

Key = Literal["restart", "networks", "ports"]


class ComposeEdit(msgspec.Struct, frozen=True):
    """An edit of one key of a container's service.  ``new``: the key's new value, or the value that is added to the
    key's list.  ``old``: the removed value.  ``outside``: whether the added network belongs to no service of the
    compose project."""

    container: Container
    key: Key
    new: str
    old: str = ""
    outside: bool = False


def compose_edits(steps: Iterable[Step], configured: Configured | None, host: Host) -> Iterator[ComposeEdit]:
    """Yield the repair's edits for containers of compose projects.  ``configured``: the place of the setting that the
    repair undoes, such as the option ``-p`` of a container."""
    for step in steps:
        call = step.call if isinstance(step, Ask) else None
        if isinstance(call, SetRestartPolicy) and (found := _of_project(call.name, host)) is not None:
            yield ComposeEdit(found, "restart", call.policy)
        if isinstance(call, ConnectContainer) and call.verb == "connect":
            found = _of_project(call.name, host)
            if found is not None:
                prefix = f"{found.project}_"
                outside = not call.network.startswith(prefix)
                yield ComposeEdit(found, "networks", call.network.removeprefix(prefix), outside=outside)
    owner = _of_project(configured.owner, host) if configured is not None else None
    published = re.fullmatch(r"-p (\[[^]]*\]|[\d.]+):(\d+:\d+(?:/udp)?)", configured.option) if configured else None
    if owner is not None and published is not None:
        yield ComposeEdit(owner, "ports", published[2], old=f"{published[1]}:{published[2]}")


def _of_project(name: str, host: Host) -> Container | None:
    found = host.container(name) if name else None
    return found if found is not None and found.project and found.service else None


def with_edit(text: str, edit: ComposeEdit) -> str | None:
    """Return the compose file with the edit and no other change.  Return None if the file has no such service, or if it
    writes the key in another style.  A file that already has the value is returned unchanged."""
    lines = text.split("\n")
    service = _section(lines, 0, len(lines), "services")
    own = _section(lines, *service, edit.container.service) if service is not None else None
    if own is None:
        return None
    match edit.key:
        case "restart":
            return _joined(_with_restart(lines, own, edit.new))
        case "ports":
            return _joined(_with_port(lines, own, edit))
        case "networks":
            grown = _with_network(lines, own, edit.new)
            return _joined(_declared(grown, edit.new) if grown is not None and edit.outside else grown)


def _joined(lines: list[str] | None) -> str | None:
    return "\n".join(lines) if lines is not None else None


_Span = tuple[int, int]
"""The first line of a key's block, and the first line after it."""


def _section(lines: list[str], first: int, last: int, name: str) -> _Span | None:
    """Return the lines of the block below the key, within the lines of the outer block; None if the key has no
    block."""
    indent = _indent_of_block(lines, first, last)
    head = re.compile(rf"{' ' * indent}(['\"]?){re.escape(name)}\1\s*:\s*(?:#.*)?")
    for at in range(first, last):
        if head.fullmatch(lines[at]):
            behind = range(at + 1, last)
            return at + 1, next((n for n in behind if _is_text(lines[n]) and _ends(lines[n], indent)), last)
    return None


def _ends(line: str, indent: int) -> bool:
    """Return whether a line ends the block.

    A list item does not end the block if it begins in the key's own column."""
    depth = _indent(line)
    return depth < indent or (depth == indent and not line.lstrip().startswith("- "))


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _indent_of_block(lines: list[str], first: int, last: int) -> int:
    return next((_indent(lines[n]) for n in range(first, last) if _is_text(lines[n])), 0)


def _with_restart(lines: list[str], own: _Span, policy: str) -> list[str]:
    indent = " " * _indent_of_block(lines, *own)
    for at in range(*own):
        found = re.fullmatch(rf"({indent}restart\s*:\s*)(\"[^\"]*\"|'[^']*'|[\w:-]+)(.*)", lines[at])
        if found is not None:
            return [*lines[:at], f"{found[1]}{policy}{found[3]}", *lines[at + 1 :]]
    return [*lines[: own[0]], f"{indent}restart: {policy}", *lines[own[0] :]]


def _with_port(lines: list[str], own: _Span, edit: ComposeEdit) -> list[str] | None:
    ports = _section(lines, *own, "ports")
    if ports is None:
        return None
    said = [edit.old, f"{edit.old}/tcp"] if "/" not in edit.old else [edit.old]
    for at in range(*ports):
        found = re.fullmatch(r"(\s*-\s+)(['\"]?)([^'\"#]*?)\2(\s*(?:#.*)?)", lines[at])
        if found is not None and found[3].strip() in said:
            new = found[3].strip().removeprefix(edit.old.removesuffix(edit.new))
            return [*lines[:at], f"{found[1]}{found[2]}{new}{found[2]}{found[4]}", *lines[at + 1 :]]
    return None


def _with_network(lines: list[str], own: _Span, network: str) -> list[str] | None:
    """Return the lines with one more network.  A service that names no network is on the project's default network.
    If the service named no network, the lines also name the project's default network."""
    indent = " " * _indent_of_block(lines, *own)
    if not any(re.match(rf"{indent}networks\s*:", lines[at]) for at in range(*own)):
        added = [f"{indent}networks:", f"{indent}  - default", f"{indent}  - {network}"]
        return [*lines[: own[0]], *added, *lines[own[0] :]]
    listed = _section(lines, *own, "networks")
    items = [at for at in range(*listed) if _is_text(lines[at])] if listed is not None else []
    if not items or not all(lines[at].lstrip().startswith("- ") for at in items):
        return None
    if any(lines[at].lstrip()[2:].strip(" '\"") == network for at in items):
        return lines
    item = f"{' ' * _indent(lines[items[-1]])}- {network}"
    return [*lines[: items[-1] + 1], item, *lines[items[-1] + 1 :]]


def _declared(lines: list[str], network: str) -> list[str] | None:
    """Return the lines with the network declared at the file's end as external."""
    known = _section(lines, 0, len(lines), "networks")
    if known is not None:
        if _section(lines, *known, network) is not None:
            return lines
        indent = " " * (_indent_of_block(lines, *known) or 2)
        return [*lines[: known[0]], f"{indent}{network}:", f"{indent}  external: true", *lines[known[0] :]]
    if any(re.match(r"networks\s*:", line) for line in lines):
        return None
    end = len(lines) - 1 if not lines[-1] else len(lines)
    return [*lines[:end], "networks:", f"  {network}:", "    external: true", *lines[end:]]
